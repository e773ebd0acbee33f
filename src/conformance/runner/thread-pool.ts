import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TaskThreads } from '../kit/setup.js';
import { type Outcome, type Task, newFlags } from '../kit/tasks.js';

/** As many as the clause that needs most of them uses at once. */
const THREADS = 4;

/** What a thread of the pool is sent. */
export interface PoolMessage {
  readonly task: Task;
  /** The module that exports `attachPoller()`. */
  readonly module: string | undefined;
}

/** Threads that outlast the clauses, so that no clause pays for starting them. */
export class ThreadPool implements TaskThreads {
  readonly #idle: Worker[] = [];
  readonly #module: string | undefined;

  /** `module` is where the threads find `attachPoller()`. */
  constructor(module: string | undefined) {
    this.#module = module;
  }

  async start(): Promise<void> {
    if (this.#idle.length > 0) return;
    const threads = Array.from({ length: THREADS }, () => new Worker(join(__dirname, 'pool-thread.js')));
    await Promise.all(threads.map((thread) => this.#idleAfter(thread)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }

  post(task: Task): Promise<Outcome> {
    const thread = this.#idle.pop();
    if (thread === undefined) throw new Error('no thread of the pool is free');
    const outcome = new Promise<Outcome>((resolve) => {
      thread.ref();
      thread.once('message', (message: Outcome) => {
        thread.unref();
        this.#idle.push(thread);
        resolve(message);
      });
    });
    thread.postMessage({ task, module: this.#module } satisfies PoolMessage);
    return outcome;
  }

  /** Resolves when `thread` has performed an empty task. */
  async #idleAfter(thread: Worker): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      thread.once('message', () => resolve()).once('error', reject);
      thread.postMessage({ task: { steps: [], flags: newFlags() }, module: undefined } satisfies PoolMessage);
    });
    thread.unref();
    this.#idle.push(thread);
  }
}
