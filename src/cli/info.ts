import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ROOT } from '../addon/addon-file.js';
import { addonFile, binding } from '../addon/binding.js';
import { messageOf } from '../errors.js';
import { wrapped } from '../lab/text.js';
import { backends, createPoller } from '../poller/open-poller.js';
import { RUNTIME } from '../runtime.js';
import { print } from './output.js';
import { parseOptions } from './usage-error.js';

/** null: unknown here, or without a limit. */
type Value = string | number | readonly string[] | null;
type Facts = Readonly<Record<string, Value>>;

/** The width of the table. */
const COLUMNS = 80;
/** The units of the numbers. */
const UNITS: Facts = { 'timeout resolution': 'ns', 'epoll watches': 'per user', 'listen backlog': 'at most' };

/** `pollux info`: prints the facts that a bug report should begin with. */
export function infoCommand(args: string[]): number {
  const { json } = parseOptions(args, { json: { type: 'boolean', default: false } });
  const facts: Facts = { ...runtimeFacts(), ...backendFacts(), ...limitFacts() };
  print(json ? JSON.stringify(facts, null, 2) : table(facts));
  return 0;
}

/** The facts that are known, one per row. */
function table(facts: Facts): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  const rows = Object.entries(facts).flatMap(([name, value]) => {
    const words = wordsFor(name, value);
    return words.length === 0
      ? []
      : wrapped(words, COLUMNS - width - 2).map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${line}`);
  });
  return rows.join('\n');
}

function wordsFor(name: string, value: Value): string[] {
  if (value === null) return [];
  if (typeof value === 'object')
    return value.length === 0 && name === 'backends'
      ? ['none']
      : value
          .join(', ')
          .split(' ')
          .filter((word) => word !== '');
  // A path is one word, even if it contains blanks.
  return name === 'binary' ? [String(value)] : `${value} ${UNITS[name] ?? ''}`.trim().split(/\s+/);
}

function runtimeFacts(): Facts {
  const { version } = require('../../package.json') as { version: string };
  return { pollux: version, runtime: RUNTIME, platform: `${platform()} ${arch()}, kernel ${release()}` };
}

function backendFacts(): Facts {
  const available = backends();
  if (available.length === 0) {
    return {
      backends: [],
      capabilities: [],
      lacks: [],
      'timeout resolution': null,
      binary: null,
      'made from': null,
      problem: whyNoAddon(),
    };
  }
  const poller = createPoller();
  const { timeoutResolutionNs, ...flags } = poller.capabilities;
  poller.close();
  const namesOf = (wanted: boolean): string[] =>
    Object.entries(flags)
      .filter(([, has]) => has === wanted)
      .map(([name]) => name);
  return {
    backends: available,
    capabilities: namesOf(true),
    lacks: namesOf(false),
    'timeout resolution': timeoutResolutionNs,
    binary: addonFile(),
    'made from': whatItIsMadeFrom(),
    problem: null,
  };
}

/** Whether the addon in use is a released one or was built here, and whether it was made from the sources beside it. */
function whatItIsMadeFrom(): string {
  const file = addonFile();
  const place = relative(ROOT, dirname(file));
  const kind = process.env['POLLUX_BINDING']
    ? 'chosen by POLLUX_BINDING'
    : place.startsWith('prebuilds')
      ? 'a released binary'
      : 'built on this machine';
  const { backend, sources } = binding();
  const { sourceDigest } = require(join(ROOT, 'native', 'source-digest.js')) as {
    sourceDigest(backend: string): string;
  };
  if (sources === '') return `${kind}, which does not say from which sources`;
  const expected = sourceDigest(backend === 'epoll' ? 'linux' : 'bsd');
  if (sources === expected) return `${kind}, from the sources in native`;
  return `${kind}, NOT from the sources in native: from those with the digest ${sources.slice(0, 12)}, they have ${expected.slice(0, 12)}`;
}

function whyNoAddon(): string {
  try {
    return addonFile();
  } catch (error) {
    return messageOf(error);
  }
}

function limitFacts(): Facts {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(read('/proc/self/limits') ?? '') ?? [];
  return {
    descriptors: numberIn(soft),
    'descriptors at most': numberIn(hard),
    'epoll watches': numberIn(read('/proc/sys/fs/epoll/max_user_watches')),
    'listen backlog': numberIn(read('/proc/sys/net/core/somaxconn')),
  };
}

/** The number in `text`; null where it is `unlimited` or missing. */
function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** The text of a file in /proc; undefined where this kernel does not have the file. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
