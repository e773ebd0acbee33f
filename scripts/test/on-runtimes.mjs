// npm run test:runtimes: the compiled suite and the conformance suite on every runtime that pollux is
// for. `--core` runs only the files that differ most between runtimes; `--runtime ID` one runtime;
// `--record` keeps the result in docs/results/runs/runtimes.json and writes docs/results/runtimes.md. Other arguments
// select files by a part of their name.
import { setUp, TO_TEST } from '../set-up/set-up.mjs';

setUp(TO_TEST);
const { runtimes } = await import('./runtimes.mjs');
const { record } = await import('../pages/runtimes.mjs');
const { runOnRuntimes } = await import('../../test/run-runtimes.mjs');

const args = process.argv.slice(2);
const has = (flag) => args.includes(flag);
const ids = args.filter((_, index) => args[index - 1] === '--runtime');
const parts = args.filter((arg, index) => !arg.startsWith('--') && args[index - 1] !== '--runtime');

const chosen = runtimes().filter(({ id }) => ids.length === 0 || ids.includes(id));
const results = await runOnRuntimes(chosen, { parts, isCore: has('--core') });
if (has('--record')) record(results);
process.exitCode = results.length > 0 && results.every(({ failed, passed }) => failed === 0 && passed > 0) ? 0 : 1;
