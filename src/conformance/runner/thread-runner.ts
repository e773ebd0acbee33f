import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { clearTimer, setTimer } from '../../host.js';
import type { Poller, PollerOptions } from '../../poller.js';
import type { Clause } from '../kit/clause.js';
import type { Environment } from '../kit/needs.js';
import type { Setup } from '../kit/setup.js';
import { environmentOf } from './environment.js';
import { withOptions } from './poller-source.js';
import { programs } from './programs.js';
import { runClause } from './run-clause.js';
import type { Runner, Verdict } from './runner.js';
import { ThreadPool } from './thread-pool.js';
import { type WatchdogData, WatchdogMemory } from './watchdog-memory.js';

export interface ThreadRunnerOptions {
  readonly createPoller: (options?: PollerOptions) => Poller;
  readonly pollerOptions: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly patienceMs: number;
}

/** Runs clauses in this thread, for a `createPoller` that another process cannot load. */
export class ThreadRunner implements Runner {
  readonly #options: ThreadRunnerOptions;
  readonly #memory = new WatchdogMemory();
  #watchdog: Worker | undefined;
  #taskThreads: ThreadPool | undefined;
  #setup: Setup | undefined;
  #clauses = 0;

  constructor(options: ThreadRunnerOptions) {
    this.#options = options;
  }

  async open(): Promise<Environment> {
    const { createPoller, pollerOptions, directory, timeoutMs, patienceMs } = this.#options;
    const source = withOptions({ createPoller }, pollerOptions);
    const environment = environmentOf(source, false);
    const taskThreads = new ThreadPool(undefined);
    await taskThreads.start();
    const workerData: WatchdogData = { words: this.#memory.words, timeoutMs };
    const watchdog = new Worker(join(__dirname, 'watchdog.js'), { workerData });
    await new Promise((resolve, reject) => watchdog.once('online', resolve).once('error', reject));
    watchdog.unref();
    this.#watchdog = watchdog;
    this.#taskThreads = taskThreads;
    const onOwned = (owned: ReadonlySet<number>): void => this.#memory.setDescriptors(owned);
    this.#setup = { source, environment, taskThreads, programs, directory, patienceMs, onOwned };
    return environment;
  }

  async run(clause: Clause): Promise<Verdict> {
    const { timeoutMs } = this.#options;
    this.#memory.setDescriptors(new Set());
    this.#memory.setRunning(++this.#clauses);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimer(() => reject(new Error(`stopped after ${timeoutMs} ms`)), timeoutMs);
    });
    late.catch(() => {});
    const run = async (context: Parameters<Clause['run']>[0]): Promise<void> => {
      await Promise.race([clause.run(context), late]);
    };
    const verdict = await runClause({ ...clause, run }, this.#setup!);
    clearTimer(timer);
    this.#memory.setRunning(0);
    return this.#memory.isRescued ? { reason: `stopped after ${timeoutMs} ms`, clean: verdict.clean } : verdict;
  }

  async close(): Promise<void> {
    await this.#watchdog?.terminate();
    await this.#taskThreads?.stop();
  }
}
