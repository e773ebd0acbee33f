// @ts-check
// npm run bench [-- --quick] [--row NAME]… [--write] [--compare REF]
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/set-up/set-up.mjs';
import { buildPeers, buildPrograms } from './harness/build.mjs';
import { compareWith } from './harness/compare.mjs';
import { findCores } from './harness/cores.mjs';
import { table } from './harness/figures.mjs';
import { Progress } from './harness/progress.mjs';
import { conditions, writeReport } from './harness/report.mjs';
import { pg, redis } from './rows/clients.mjs';
import { control } from './rows/control.mjs';
import { datagrams } from './rows/datagrams.mjs';
import { blocking, eventLoop, textbook } from './rows/echo.mjs';
import { idleEcho, idleWait } from './rows/idle.mjs';
import { importing } from './rows/import.mjs';
import { latency, spin } from './rows/latency.mjs';
import { memory } from './rows/memory.mjs';
import { million } from './rows/million.mjs';
import { runtimes } from './rows/runtimes.mjs';
import { costs } from './rows/costs.mjs';
import { downloads, gets } from './rows/streams.mjs';
import { where } from './rows/where.mjs';
import { timeouts } from './rows/timeouts.mjs';
import { wait } from './rows/wait.mjs';

/** @typedef {import('./harness/figures.mjs').Figure} Figure */
/** @typedef {import('./harness/echo-window.mjs').Context} Context */

/** @type {Record<string, (context: Context) => Promise<Figure[]>>} */
const ROWS = {
  echo: blocking,
  loop: eventLoop,
  textbook,
  latency,
  spin,
  wait,
  idle: idleWait,
  'idle-echo': idleEcho,
  downloads,
  gets,
  redis,
  pg,
  runtimes,
  timeouts,
  control,
  datagrams,
  memory,
  million,
  costs,
  where,
  import: importing,
};

/** Rows that write a page of their own. */
const WITH_A_PAGE = new Set(['costs', 'where']);

const HELP = `npm run bench -- [options]

  --row NAME   only this row; may be repeated: ${Object.keys(ROWS).join(', ')}
  --quick      fewer and shorter rounds: to see that it runs, not to quote
  --write      put the table into bench/README.md, and the tables of costs and where into docs/performance.md
  --compare REF   the same rows in another checkout of the repository, in turn with this one: medians, spread, ratio
  --figures FILE  also write what was measured to FILE, as JSON
`;

const { values: options } = parseArgs({
  options: {
    row: { type: 'string', multiple: true, default: Object.keys(ROWS) },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    compare: { type: 'string' },
    figures: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const { row: chosen = [], quick = false } = options;
const unknown = chosen.filter((name) => !Object.hasOwn(ROWS, name));

if (options.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `no such row: ${unknown.join(', ')}\n\n${HELP}` : HELP);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else if (process.platform !== 'linux') {
  process.stdout.write('The bench compares with epoll, so it runs on Linux only.\n');
} else if (options.compare !== undefined) {
  await compare(options.compare);
} else {
  await run();
}

/** @param {string} ref */
async function compare(ref) {
  const progress = new Progress();
  setUp();
  buildPrograms();
  buildPeers();
  const cores = findCores();
  const otherLoad = loadavg()[0] ?? NaN;
  const { text, isWhole } = await compareWith(ref, chosen, quick, progress);
  process.stdout.write(`${conditions(cores, otherLoad, quick)}; ${text}`);
  if (!isWhole) process.exitCode = 1;
}

async function run() {
  const progress = new Progress();
  setUp();
  progress.step('building the C programs');
  buildPrograms();
  progress.step('building the peers');
  const cores = findCores();
  const otherLoad = loadavg()[0] ?? NaN;
  /** @type {Context} */
  const context = {
    quick,
    cores,
    peers: buildPeers(),
    progress,
    write: options.write === true,
    conditions: () => conditions(cores, otherLoad, quick),
  };
  /** @type {Figure[]} */
  const figures = [];
  /** @type {Figure[]} */
  const ofReadme = [];
  for (const name of chosen) {
    const measured = await measure(name, context);
    figures.push(...measured);
    if (!WITH_A_PAGE.has(name)) ofReadme.push(...measured);
  }
  progress.done();
  const report = `${context.conditions()}\n\n${table(figures)}\n`;
  process.stdout.write(`${report}`);
  if (options.figures !== undefined) writeFileSync(options.figures, JSON.stringify(figures));
  if (options.write && ofReadme.length > 0) writeReport('figures', `${context.conditions()}\n\n${table(ofReadme)}\n`);
  if (figures.some(({ failed }) => failed)) process.exitCode = 1;
}

/** @param {string} name @param {Context} context @returns {Promise<Figure[]>} */
async function measure(name, context) {
  try {
    return await /** @type {(context: Context) => Promise<Figure[]>} */ (ROWS[name])(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\n${name}: ${reason}\n`);
    return [{ title: name, bar: '', reason: `could not run: ${reason.split('\n')[0]}`, failed: true }];
  }
}
