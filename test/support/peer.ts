import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Methods } from '../workers/peer.js';
import { WORKERS } from './paths.js';

type Answer<Name extends keyof Methods> = Promise<ReturnType<Methods[Name]>>;

/** Another thread with a poller or a view of one, whose methods a test calls. */
export class Peer {
  readonly worker: Worker;

  constructor(workerData?: unknown) {
    this.worker = new Worker(join(WORKERS, 'peer.js'), { workerData });
  }

  /** Calls a method there, and awaits what it returns. One at a time. */
  async call<Name extends keyof Methods>(method: Name, ...args: Parameters<Methods[Name]>): Answer<Name> {
    this.worker.postMessage({ method, args });
    const [{ result, error }] = await once(this.worker, 'message');
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  }

  /** Ends the thread; resolves when it has ended. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** The code of the error that `act` throws, or rejects with. */
export async function codeOf(act: () => unknown): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  throw new Error('nothing was thrown');
}
