import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { clearTimer, setTimer } from '../../host.js';
import type { Poller, PollerOptions } from '../../poller.js';
import type { Clause } from '../kit/clause.js';
import type { Bench } from '../kit/context.js';
import { type Verdict, execute } from './execute.js';
import type { Environment } from '../kit/needs.js';
import { probe } from './probe.js';
import type { Runner } from './runner.js';
import { withOptions } from '../kit/subject.js';
import { HelperThreads } from '../kit/threads.js';
import { type Watched, COUNT, FIRST, MOST_WATCHED, RESCUED, RUNNING } from './watched.js';

export interface InThreadOptions {
  readonly createPoller: (options?: PollerOptions) => Poller;
  readonly pollerOptions: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

/** Runs clauses in this thread, for a `createPoller` that no other process could load. */
export class InThreadRunner implements Runner {
  readonly #options: InThreadOptions;
  readonly #memory = new Int32Array(new SharedArrayBuffer(4 * (FIRST + MOST_WATCHED)));
  #watchdog: Worker | undefined;
  #bench: Bench | undefined;
  #clauses = 0;

  constructor(options: InThreadOptions) {
    this.#options = options;
  }

  async open(): Promise<Environment> {
    const { createPoller, pollerOptions, directory, timeoutMs, patienceMs } = this.#options;
    const subject = withOptions({ createPoller }, pollerOptions);
    const environment = probe(subject, false);
    const helpers = new HelperThreads(undefined);
    await helpers.start();
    const workerData: Watched = { memory: this.#memory, timeoutMs };
    const watchdog = new Worker(join(__dirname, 'watchdog.js'), { workerData });
    await new Promise((resolve, reject) => watchdog.once('online', resolve).once('error', reject));
    watchdog.unref();
    this.#watchdog = watchdog;
    this.#bench = { subject, environment, helpers, directory, patienceMs, onOwned: (owned) => this.#publish(owned) };
    return environment;
  }

  async run(clause: Clause): Promise<Verdict> {
    const { timeoutMs } = this.#options;
    this.#publish(new Set());
    Atomics.store(this.#memory, RESCUED, 0);
    this.#setRunning(++this.#clauses);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimer(() => reject(new Error(`stopped after ${timeoutMs} ms`)), timeoutMs);
    });
    late.catch(() => {});
    const run = async (context: Parameters<Clause['run']>[0]): Promise<void> => {
      await Promise.race([clause.run(context), late]);
    };
    const verdict = await execute({ ...clause, run }, this.#bench!);
    clearTimer(timer);
    this.#setRunning(0);
    return Atomics.load(this.#memory, RESCUED) === 1
      ? { reason: `stopped after ${timeoutMs} ms`, clean: verdict.clean }
      : verdict;
  }

  async close(): Promise<void> {
    await this.#watchdog?.terminate();
    await this.#bench?.helpers.stop();
  }

  #setRunning(clause: number): void {
    Atomics.store(this.#memory, RUNNING, clause);
    Atomics.notify(this.#memory, RUNNING);
  }

  #publish(owned: ReadonlySet<number>): void {
    let index = 0;
    for (const fd of owned) {
      if (index === MOST_WATCHED) break;
      Atomics.store(this.#memory, FIRST + index++, fd);
    }
    Atomics.store(this.#memory, COUNT, index);
  }
}
