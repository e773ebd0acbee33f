import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('life and death of processes', { sanitized: ['epoll'] });
const unlessDeno = test.unless(
  on('deno', 'Deno does not end a worker that is blocked in a native call, and terminate() does not wait for it'),
);

const PROGRAM = programFile('lifecycle');
const TIME_LIMIT_MS = 120_000;
const TERMINATIONS = Number(process.env['POLLUX_TERMINATIONS'] ?? 200);
const SEEDS = process.env['POLLUX_SEED'] === undefined ? [1, 2] : [Number(process.env['POLLUX_SEED'])];

interface Outcome {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

function run(...args: string[]): Outcome {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    timeout: Math.max(TIME_LIMIT_MS, 100 * TERMINATIONS),
    killSignal: 'SIGKILL',
  });
  return { status, signal, stdout, stderr };
}

function exitsWith(status: number, ...args: string[]): void {
  assert.equal(run(...args), { status, signal: null, stdout: '', stderr: '' });
}

function isDone(...args: string[]): void {
  assert.equal(run(...args), { status: 0, signal: null, stdout: 'done\n', stderr: '' });
}

test('poller:exit.1 process.exit() while threads are blocked in wait() ends the process with its status', () => {
  exitsWith(7, 'exit while threads wait');
});

test('poller:exit.2 process.exit() while threads open, wait, wake and fail ends the process with its status', () => {
  exitsWith(7, 'exit while threads do everything');
});

test('poller:exit.3 process.exit() while threads load the addon ends the process with its status', () => {
  for (const delayMs of [0, 20, 40, 80]) exitsWith(7, 'exit while threads load the addon', String(delayMs));
});

test('poller:exit.4 process.exit() in the middle of a batch ends the process with its status', () => {
  exitsWith(7, 'exit in the middle of a batch');
});

test('poller:exit.5 a process ends although an unreferenced thread waits without a timeout', () => {
  isDone('end while a thread that does not count waits');
});

test('poller:exit.6 an uncaught exception ends the process while threads wait', () => {
  const { status, signal, stderr } = run('throw while threads wait');
  assert.equal([status, signal], [1, null], stderr);
  assert.match(stderr, /error: nobody catches this/i);
});

unlessDeno(
  'poller:unload.1 the addon is loaded in worker threads alone, and the first thread to load it ends first',
  () => {
    isDone('the addon is in threads only, and the first to load it ends first');
  },
);

unlessDeno('poller:unload.2 the addon is loaded again after its last thread has ended', () => {
  isDone('the addon is loaded anew after its last thread has ended');
});

test('poller:unload.3 a handle from before the addon was loaded again is refused', () => {
  isDone('a handle is no good once the addon was loaded anew');
});

for (const kind of ['own', 'shared']) {
  for (const seed of SEEDS) {
    const count = Math.ceil(TERMINATIONS / 2 / SEEDS.length);
    const where = kind === 'own' ? 'each with its poller' : 'on one poller';
    unlessDeno(
      `poller:terminate.1 ${count} threads, ${where}, are terminated at random points and leave nothing behind (seed ${seed})`,
      () => {
        isDone('terminations', String(count), String(seed), kind);
      },
    );
  }
}
