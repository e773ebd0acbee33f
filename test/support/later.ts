import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { share, type Poller } from 'pollux';
import type { Scope } from './scope.js';

const PROGRAM = `
  const { workerData: { signal, delayMs, fd, sys, pollux, handle }, parentPort } = require('node:worker_threads');
  const poller = handle && require(pollux).attachPoller(handle);
  parentPort.postMessage('ready');
  Atomics.wait(signal, 0, 0);
  Atomics.wait(signal, 1, 0, delayMs);
  if (poller) {
    poller.wake();
    poller.close();
  } else {
    require(sys).write(fd, Buffer.from('x'));
  }
`;

/**
 * An action of another thread some time after `start()`, while this thread may be blocked; at the end of the scope at
 * the latest.
 */
export interface Later {
  start(): void;
  /** When that thread has ended. */
  readonly ended: Promise<unknown>;
}

/** A thread that writes one byte to `fd`, not before `delayMs` after `start()`. */
export function writeLater(scope: Scope, fd: number, delayMs: number): Promise<Later> {
  return later(scope, { sys: require.resolve('pollux/sys'), fd, delayMs });
}

/** A thread that calls `poller.wake()`, not before `delayMs` after `start()`. */
export function wakeLater(scope: Scope, poller: Poller, delayMs: number): Promise<Later> {
  return later(scope, { pollux: require.resolve('pollux'), handle: share(poller), delayMs });
}

async function later(scope: Scope, workerData: object): Promise<Later> {
  const signal = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(PROGRAM, { eval: true, workerData: { ...workerData, signal } });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  const start = (): void => {
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  scope.atEnd(start);
  return { start, ended };
}
