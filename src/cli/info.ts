import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { binding, bindingFile, ROOT } from '../binding.js';
import { backends, createPoller } from '../create-poller.js';
import { parseOptions } from './usage-error.js';

type Row = readonly [name: string, value: string];

/** `pollux info`: what a report about a problem should begin with. */
export function infoCommand(args: string[]): number {
  const { json } = parseOptions(args, { json: { type: 'boolean', default: false } });
  const rows = [...runtimeRows(), ...backendRows(), ...limitRows()];
  if (json) {
    console.log(JSON.stringify(Object.fromEntries(rows), null, 2));
  } else {
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, value] of rows) console.log(`${name.padEnd(width)}  ${value}`);
  }
  return 0;
}

function runtimeRows(): Row[] {
  const { versions } = process;
  const runtime = versions['bun'] !== undefined ? `bun ${versions['bun']}`
    : versions['deno'] !== undefined ? `deno ${versions['deno']}` : `node ${versions.node}`;
  const { version } = require('../../package.json') as { version: string };
  return [
    ['pollux', version],
    ['runtime', runtime],
    ['platform', `${platform()} ${arch()}, kernel ${release()}`],
  ];
}

function backendRows(): Row[] {
  const available = backends();
  if (available.length === 0) return [['backends', 'none'], ['binary', whyNoBinding()]];
  const poller = createPoller();
  const { timeoutResolutionNs, ...flags } = poller.capabilities;
  poller.close();
  const can = Object.entries(flags).filter(([, has]) => has).map(([name]) => name);
  const cannot = Object.entries(flags).filter(([, has]) => !has).map(([name]) => name);
  return [
    ['backends', available.join(', ')],
    ['capabilities', can.join(', ')],
    ...(cannot.length > 0 ? [['lacks', cannot.join(', ')] as const] : []),
    ['timeout resolution', `${timeoutResolutionNs} ns`],
    ['binary', bindingFile()],
    ['made from', whatItIsMadeFrom()],
  ];
}

/** Whether the binary in use is a released one or one built here, and whether it belongs to the sources beside it. */
function whatItIsMadeFrom(): string {
  const file = bindingFile();
  const place = relative(ROOT, dirname(file));
  const kind = process.env['POLLUX_BINDING'] ? 'chosen by POLLUX_BINDING'
    : place.startsWith('prebuilds') ? 'a released binary' : 'built on this machine';
  const { backend, sources } = binding();
  const { sourceDigest } = require(join(ROOT, 'native', 'source-digest.js')) as { sourceDigest(backend: string): string };
  if (sources === '') return `${kind}, which does not say from which sources`;
  const expected = sourceDigest(backend === 'epoll' ? 'linux' : 'bsd');
  if (sources === expected) return `${kind}, from the sources in native`;
  return `${kind}, NOT from the sources in native: from those with the digest ${sources.slice(0, 12)}, they have ${expected.slice(0, 12)}`;
}

function whyNoBinding(): string {
  try {
    return bindingFile();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function limitRows(): Row[] {
  const rows: Row[] = [];
  const nofile = /^Max open files\s+(\S+)\s+(\S+)/m.exec(read('/proc/self/limits') ?? '');
  if (nofile) rows.push(['descriptors', `${nofile[1]} (hard limit ${nofile[2]})`]);
  const watches = read('/proc/sys/fs/epoll/max_user_watches');
  if (watches !== undefined) rows.push(['epoll watches', `${watches} per user`]);
  const backlog = read('/proc/sys/net/core/somaxconn');
  if (backlog !== undefined) rows.push(['listen backlog', `${backlog} at most`]);
  return rows;
}

/** The text of a file of the kernel, or undefined where this kernel has none. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
