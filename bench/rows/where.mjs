// @ts-check
// Where the processor time of a server goes, by perf(1): a table of docs/performance.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCore } from '../harness/cores.mjs';
import { CONNECTIONS, warmUp } from '../harness/echo-window.mjs';
import { grid } from '../harness/figures.mjs';
import { c, node, ROOT, withParticipants } from '../harness/participant.mjs';
import { writeReport } from '../harness/report.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {{ title: string, ns: number, shares: Record<string, number> }} Profile */

const SERVERS = {
  'C, `c/echo.c`': c('echo'),
  'a batch loop with a SubmissionQueue': node('servers/pollux-queue.cjs'),
  'a reactor with `receive` and `send`': node('servers/pollux-receive.cjs'),
  'a reactor, handlers that read and write': node('servers/pollux-reactor.cjs'),
  FdStreams: node('servers/pollux-streams.cjs'),
  'node:net': node('servers/node-net.cjs'),
};

/** What a line of perf's report is of, by the name of the object. The first that matches. */
const PARTS = {
  kernel: /^\[kernel|^\[unknown|^\[vdso/,
  addon: /pollux\.node$|\.glibc\.node$|\.musl\.node$/,
  'compiled JavaScript': /^\[JIT\]|^\/\/anon|^perf-\d+\.map$/,
  'C library': /^(libc|libpthread|ld-linux)\b|^libc\.so/,
  'the program itself': /./,
};

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function where(context) {
  const title = 'where the time of an echoed message goes';
  if (spawnSync('perf', ['--version']).status !== 0) {
    return [{ title, bar: '', reason: 'perf is not installed: apt-get install linux-perf' }];
  }
  /** @type {Profile[]} */
  const profiles = [];
  for (const [name, command] of Object.entries(SERVERS)) {
    context.progress.step(`${title}: ${name}`);
    profiles.push({ title: name, ...(await profile(context, command)) });
  }
  if (context.write) {
    const head = ['', 'all', ...Object.keys(PARTS)];
    const us = (/** @type {number} */ ns) => `${(ns / 1000).toFixed(2)} µs`;
    const lines = profiles.map(({ title, ns, shares }) => [
      title,
      us(ns),
      ...Object.keys(PARTS).map((part) => us((ns * (shares[part] ?? 0)) / 100)),
    ]);
    const report = `${context.conditions()}\n\n${grid([head, ...lines])}\n`;
    writeReport('where', report, join(ROOT, 'docs/performance.md'));
  }
  return profiles.map(({ title: name, ns, shares }) => ({
    title: `${title}: ${name.replace(/`/g, '')}`,
    bar: '',
    unit: 'ns',
    spread: { median: ns, least: ns, most: ns },
    against: Object.keys(PARTS)
      .map((part) => `${part} ${(shares[part] ?? 0).toFixed(1)} %`)
      .join(', '),
  }));
}

/**
 * Processor time per message of one server, and the shares of it in percent.
 * @param {Context} context @param {string[]} command
 */
function profile(context, command) {
  const { quick, cores } = context;
  const messages = quick ? 50_000 : 400_000;
  return withParticipants(async (start) => {
    const server = start(command, cores.server);
    const { port } = await server.answer();
    await warmUp(context, port);
    const folder = mkdtempSync(join(tmpdir(), 'pollux-bench-'));
    try {
      const data = join(folder, 'perf.data');
      const load = onCore(cores.load, c('load', port, CONNECTIONS, 2000, messages, server.pid));
      const { cpuNs } = JSON.parse(
        run('perf', ['record', '-q', '-F', '997', '-o', data, '-p', String(server.pid), '--', ...load]),
      );
      const report = run('perf', ['report', '-i', data, '--sort', 'dso', '--stdio', '--percent-limit', '0']);
      return { ns: cpuNs / messages, shares: sharesOf(report) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** @param {string} report */
function sharesOf(report) {
  /** @type {Record<string, number>} */
  const shares = {};
  for (const [, percent, object = ''] of report.matchAll(/^\s*([\d.]+)%\s+(\S.*?)\s*$/gm)) {
    const part = Object.entries(PARTS).find(([, pattern]) => pattern.test(object))?.[0] ?? 'the program itself';
    shares[part] = (shares[part] ?? 0) + Number(percent);
  }
  return shares;
}

function run(/** @type {string} */ command, /** @type {string[]} */ args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${stderr.trim()}`);
  return stdout;
}
