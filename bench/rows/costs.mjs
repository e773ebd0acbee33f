// @ts-check
// What single things cost, and a message in each of the ways that pollux has: the tables of docs/performance.md.
import { join } from 'node:path';
import { grid } from '../harness/figures.mjs';
import { c, node, ROOT, withParticipants } from '../harness/participant.mjs';
import { writeReport } from '../harness/report.mjs';
import { alternate, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/**
 * @typedef {object} Cost
 * @property {string} title
 * @property {string} name       of the probe
 * @property {string} [bare]     of the C program: what it is made of
 * @property {number} loops
 * @property {number} [units]    in one loop
 */

const READY = 64;

/** @type {Cost[]} */
const SINGLE = [
  { title: 'a crossing: a call of the addon that does next to nothing', name: 'crossing', loops: 200_000 },
  { title: '`read()` of one byte of /dev/zero', name: 'read', bare: 'read', loops: 100_000 },
  {
    title: `the same in a SubmissionQueue, ${READY} in one crossing`,
    name: 'queued',
    bare: 'read',
    loops: 3000,
    units: READY,
  },
  { title: '`wait(0)` that finds nothing', name: 'wait', bare: 'wait', loops: 100_000 },
  {
    title: `an event of a batch of ${READY}, by \`fdAt()\` and \`readinessAt()\``,
    name: 'event',
    bare: 'event',
    loops: 3000,
    units: READY,
  },
  { title: 'the same by `for … of`', name: 'iterated', bare: 'event', loops: 2000, units: READY },
  {
    title: 'the same with a handler of a reactor, in `run()`',
    name: 'handler',
    bare: 'event',
    loops: 2000,
    units: READY,
  },
  { title: "a turn of Node's event loop with one event and its handler", name: 'turn', loops: 20_000 },
];

/** @type {Cost[]} */
const MESSAGES = [
  ['batch', 'a batch loop: `wait()` and `read()`'],
  ['queue', 'a batch loop with a SubmissionQueue'],
  ['handler', 'a reactor, handlers that `read()`'],
  ['receive', 'a reactor with `receive`'],
  ['stream', "FdStream, `'data'`"],
  ['net', "net.Socket, `'data'`"],
].map(([way, title = '']) => ({ title, name: `message-${way}`, bare: 'message', loops: 400, units: READY }));

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function costs(context) {
  const { quick, cores, progress } = context;
  const rounds = quick ? 3 : 21;
  const samples = await withParticipants(async (start) => {
    progress.step('costs: warming up');
    const probe = start(node('probes/costs.cjs'), cores.server);
    const bare = start(c('costs'), cores.server);
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const { name, bare: base, loops, units = 1 } of [...SINGLE, ...MESSAGES]) {
      turns[name] = async () => (await probe.ask(`${name} ${loops}`)).cpuNs / loops / units;
      if (base !== undefined) {
        const bareUnits = base === 'event' || base === 'message' ? READY : 1;
        const bareLoops = base === 'event' || base === 'message' ? 2000 : 200_000;
        turns[`C ${base}`] = async () => (await bare.ask(`${base} ${bareLoops}`)).cpuNs / bareLoops / bareUnits;
      }
      for (let i = 0; i < 5; i++) await turns[name]?.();
    }
    progress.step('costs');
    return alternate(turns, rounds, progress.rounds(rounds));
  });
  const figures = [...SINGLE, ...MESSAGES].map((cost) => toFigure(cost, samples));
  if (context.write) {
    const page = join(ROOT, 'docs/performance.md');
    writeReport('costs', `${context.conditions()}\n\n${table(SINGLE, samples)}\n`, page);
    writeReport('messages', `${context.conditions()}\n\n${table(MESSAGES, samples)}\n`, page);
  }
  return figures;
}

/** @param {Cost} cost @param {Record<string, number[]>} samples @returns {Figure} */
function toFigure({ title, name, bare }, samples) {
  const isMessage = name.startsWith('message-');
  return {
    title: `cost of ${isMessage ? 'a message by ' : ''}${title.replace(/`/g, '')}`,
    bar: '',
    unit: 'ns',
    spread: spread(samples[name] ?? []),
    ...(bare === undefined ? {} : { against: `C ${spread(samples[`C ${bare}`] ?? []).median.toFixed(0)} ns` }),
  };
}

/** @param {Cost[]} all @param {Record<string, number[]>} samples */
function table(all, samples) {
  const lines = all.map(({ title, name, bare }) => {
    const { median, least, most } = spread(samples[name] ?? []);
    const base = bare === undefined ? NaN : spread(samples[`C ${bare}`] ?? []).median;
    const ns = (/** @type {number} */ value) => (Number.isNaN(value) ? '–' : `${value.toFixed(0)} ns`);
    return [title, ns(median), `${ns(least)} – ${ns(most)}`, ns(base), ns(median - base)];
  });
  return grid([['', 'measured', 'min – max', 'the system calls, in C', 'above them'], ...lines]);
}
