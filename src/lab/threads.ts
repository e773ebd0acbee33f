import { join } from 'node:path';
import type { RunningTask } from '../conformance/kit/threads.js';
import { Threads } from '../conformance/kit/threads.js';
import { ThreadPool } from '../conformance/runner/thread-pool.js';
import { attachPoller, createPoller, type PollerHandle, share } from '../index.js';
import type { Poller } from '../poller.js';

/** How long the threads are given to fall asleep, and to notice what happened. */
const MOMENT_MS = 50;
/** How long the first thread is given to report something. */
const PATIENCE_MS = 1000;

let pool: ThreadPool | undefined;

/** Ends the threads of the lab, if there are any. */
export async function endThreads(): Promise<void> {
  await pool?.stop();
  pool = undefined;
}

/** A thread for each poller that is blocked in a wait. */
export class BlockedThreads {
  readonly #pollers: readonly Poller[];
  readonly #threads: Threads;
  readonly #tasks: readonly RunningTask[];

  private constructor(pollers: readonly Poller[], running: ThreadPool) {
    this.#pollers = pollers;
    this.#threads = new Threads(running, {
      createPoller,
      share,
      attachPoller: (handle) => attachPoller(handle as PollerHandle),
    });
    this.#tasks = pollers.map((poller) => this.#threads.startOn(poller, { do: 'announce' }, { do: 'wait' }));
  }

  /** Resolves when the threads of `pollers` wait. */
  static async start(pollers: readonly Poller[]): Promise<BlockedThreads> {
    pool ??= new ThreadPool(join(__dirname, '..', 'index.js'));
    await pool.start();
    const blocked = new BlockedThreads(pollers, pool);
    while (!blocked.#tasks.every((task) => task.hasAnnounced())) await moment(1);
    await moment(MOMENT_MS);
    return blocked;
  }

  /** What each thread was told, 0 for one that slept on. The threads are free again when the promise resolves. */
  async end(): Promise<number[]> {
    const seen = this.#tasks.map((task) => task.seen());
    await Promise.race([...seen, moment(PATIENCE_MS)]);
    await moment(MOMENT_MS);
    const ended = this.#pollers.map(() => false);
    for (const [index, each] of seen.entries()) void each.then(() => (ended[index] = true));
    await moment(0);
    for (const [index, poller] of this.#pollers.entries())
      if (!ended[index]) await this.#threads.wakeUntilEnded(poller, [this.#tasks[index]!]);
    const all = await Promise.all(seen);
    return all.map(({ events }) => events.reduce((bits, { readiness }) => bits | readiness, 0));
  }
}

function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
