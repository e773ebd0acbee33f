import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createPoller, share } from '../poller/open-poller.js';
import { Reactor } from '../reactor/reactor.js';
import { EchoServer, type EchoMode } from './echo-server.js';
import type { EchoWorkerData } from './echo-worker.js';

/** A running echo server. */
export interface EchoLoop {
  /** Closes everything but the listener. */
  end(): void;
  /** Resolves with the exit status, once everything is closed. */
  readonly ended: Promise<number>;
}

/**
 * In a worker: a thread that is blocked in `wait()` runs no signal handler, so the main thread keeps the signals and
 * ends the loop with `wake()`.
 */
export function blockingLoop(listener: number, mode: EchoMode): EchoLoop {
  const poller = createPoller();
  const workerData: EchoWorkerData = { poller: share(poller), listener, mode };
  const worker = new Worker(join(__dirname, 'echo-worker.js'), { workerData });
  const ended = new Promise<number>((resolve, reject) => {
    worker.once('error', reject).once('exit', resolve);
  }).finally(() => poller.close());
  return { end: () => poller.wake(), ended };
}

/** Serves in the event loop of this thread. */
export function hostLoop(listener: number, mode: EchoMode): EchoLoop {
  let settle!: { resolve(status: number): void; reject(reason: unknown): void };
  const ended = new Promise<number>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const reactor = new Reactor({
    onError: (error) => {
      server.close();
      settle.reject(error);
    },
  });
  const server = new EchoServer(reactor, listener, mode);
  const end = (): void => {
    server.close();
    settle.resolve(0);
  };
  return { end, ended };
}
