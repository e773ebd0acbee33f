// @ts-check
// npm run bench [-- --quick] [--row NAME]… [--write]
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setUp } from '../scripts/set-up/set-up.mjs';
import { buildPeers, buildPrograms } from './harness/build.mjs';
import { findCores } from './harness/cores.mjs';
import { table } from './harness/figures.mjs';
import { Progress } from './harness/progress.mjs';
import { conditions, writeReport } from './harness/report.mjs';
import { control } from './rows/control.mjs';
import { datagrams } from './rows/datagrams.mjs';
import { blocking, eventLoop } from './rows/echo.mjs';
import { idleEcho, idleWait } from './rows/idle.mjs';
import { importing } from './rows/import.mjs';
import { latency } from './rows/latency.mjs';
import { memory } from './rows/memory.mjs';
import { million } from './rows/million.mjs';
import { timeouts } from './rows/timeouts.mjs';
import { wait } from './rows/wait.mjs';

/** @typedef {import('./harness/figures.mjs').Figure} Figure */
/** @typedef {import('./harness/echo-window.mjs').Context} Context */

/** @type {Record<string, (context: Context) => Promise<Figure[]>>} */
const ROWS = {
  echo: blocking,
  loop: eventLoop,
  latency,
  wait,
  idle: idleWait,
  'idle-echo': idleEcho,
  timeouts,
  control,
  datagrams,
  memory,
  million,
  import: importing,
};

const HELP = `npm run bench -- [options]

  --row NAME   only this row; may be repeated: ${Object.keys(ROWS).join(', ')}
  --quick      fewer and shorter rounds: to see that it runs, not to quote
  --write      put the table into bench/README.md
`;

const { values: options } = parseArgs({
  options: {
    row: { type: 'string', multiple: true, default: Object.keys(ROWS) },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
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
} else {
  await run();
}

async function run() {
  const progress = new Progress();
  setUp();
  progress.step('building the C programs');
  buildPrograms();
  progress.step('building the peers');
  /** @type {Context} */
  const context = { quick, cores: findCores(), peers: buildPeers(), progress };
  const otherLoad = loadavg()[0] ?? NaN;
  /** @type {Figure[]} */
  const figures = [];
  for (const name of chosen) figures.push(...(await measure(name, context)));
  progress.done();
  const report = `${conditions(context.cores, otherLoad, quick)}\n\n${table(figures)}\n`;
  process.stdout.write(`${report}`);
  if (options.write) writeReport('figures', report);
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
