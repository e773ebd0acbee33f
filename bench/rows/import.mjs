// @ts-check
// What loading the package adds to an empty script.
import { c, node, runOnce } from '../harness/participant.mjs';
import { alternate, differences, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const SIDES = {
  emptyScript: 'empty.cjs',
  require: 'require.cjs',
  poller: 'poller.cjs',
  emptyModule: 'empty.mjs',
  import: 'import.mjs',
  importEmpty: 'import-empty.mjs',
};

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function importing({ quick, progress }) {
  const rounds = quick ? 5 : 31;
  progress.step('import: scripts that load the package, and empty ones');
  /** @type {Record<string, number[]>} */
  const cpu = {};
  const run = (/** @type {string} */ name, /** @type {string} */ file) => async () => {
    const { wallNs, cpuNs } = await runOnce(c('spawn', ...node(`probes/import/${file}`)), undefined);
    (cpu[name] ??= []).push(cpuNs / 1e6);
    return wallNs / 1e6;
  };
  const sides = Object.fromEntries(Object.entries(SIDES).map(([name, file]) => [name, run(name, file)]));
  const wall = await alternate(sides, rounds, progress.rounds(rounds));
  const figure = (
    /** @type {string} */ title,
    /** @type {keyof typeof SIDES} */ name,
    /** @type {keyof typeof SIDES} */ base,
  ) => ({
    title,
    unit: /** @type {const} */ ('ms'),
    spread: differences(cpu[name] ?? [], cpu[base] ?? []),
    against:
      `${spread(cpu[name] ?? []).median.toFixed(1)} ms, empty ${spread(cpu[base] ?? []).median.toFixed(1)} ms; ` +
      `wall clock + ${differences(wall[name] ?? [], wall[base] ?? []).median.toFixed(1)} ms`,
  });
  return [
    { ...figure("require('pollux'): above an empty script", 'require', 'emptyScript'), bar: '≤ 4 ms', limit: 4 },
    {
      ...figure("import 'pollux': above the import of an empty CommonJS file", 'import', 'importEmpty'),
      bar: '≤ 5 ms',
      limit: 5,
    },
    { ...figure("import 'pollux': above an empty module", 'import', 'emptyModule'), bar: '' },
    { ...figure('require and first createPoller(): above an empty script', 'poller', 'emptyScript'), bar: '' },
  ];
}
