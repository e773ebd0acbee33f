import { clearTimer, setTimer } from '../../host.js';
import type { Poller } from '../../poller.js';
import type { PollerSource, TaskThreads } from './setup.js';
import { type Outcome, type Seen, type Step, ANNOUNCED, BEGUN, STOP, newFlags } from './tasks.js';
import { PATIENCE_MS, until } from './waiting.js';

/** A task that another thread performs. */
export class RunningTask {
  readonly #flags: Int32Array;
  readonly #outcome: Promise<Outcome>;

  constructor(flags: Int32Array, outcome: Promise<Outcome>) {
    this.#flags = flags;
    this.#outcome = outcome;
  }

  /** Returns when the other thread has begun with the task. */
  begun(): void {
    until('another thread', () => Atomics.load(this.#flags, BEGUN) === 1);
  }

  /** Whether the other thread has performed its step `announce`, or has sent its first signal. */
  hasAnnounced(): boolean {
    return Atomics.load(this.#flags, ANNOUNCED) === 1;
  }

  /** Ends a step `sleep` or `signal`. */
  stop(): void {
    Atomics.store(this.#flags, STOP, 1);
    Atomics.notify(this.#flags, STOP);
  }

  /** The results of the steps. */
  async done(): Promise<readonly unknown[]> {
    const outcome = await this.#outcome;
    if ('error' in outcome) throw new Error(`in another thread: ${outcome.error}`);
    return outcome.results;
  }

  /** The result of a last step `wait`. */
  async seen(): Promise<Seen> {
    return (await this.done()).at(-1) as Seen;
  }
}

/** The other threads that one clause uses. */
export class Threads {
  readonly #taskThreads: TaskThreads;
  readonly #source: PollerSource;
  readonly #tasks: RunningTask[] = [];

  constructor(taskThreads: TaskThreads, source: PollerSource) {
    this.#taskThreads = taskThreads;
    this.#source = source;
  }

  /** Has another thread perform `steps`. */
  start(...steps: Step[]): RunningTask {
    return this.#post({ steps });
  }

  /** Has another thread perform `steps` with its own view of `poller`. */
  startOn(poller: Poller, ...steps: Step[]): RunningTask {
    return this.#post({ steps, handle: this.#source.share!(poller) });
  }

  /** Has another thread write one byte to `fd`, `ms` from now or later. */
  writeAfter(ms: number, fd: number): RunningTask {
    return this.start({ do: 'sleep', ms }, { do: 'write', fd });
  }

  /** Wakes `poller` until `tasks` have ended, and waits until no wake is pending. */
  async wakeUntilEnded(poller: Poller, tasks: readonly RunningTask[]): Promise<void> {
    let ended = 0;
    const count = (): void => void ended++;
    for (const task of tasks) void task.done().then(count, count);
    for (const deadline = performance.now() + PATIENCE_MS; ended < tasks.length; ) {
      if (performance.now() > deadline) throw new Error(`${ended} of ${tasks.length} threads were woken`);
      poller.wake();
      await new Promise<void>((resolve) => setTimer(resolve, 1));
    }
    while (poller.wait(0).woken);
  }

  /** Stops all tasks. Resolves with false where one of them has not ended after `patienceMs`. */
  async finish(patienceMs: number): Promise<boolean> {
    for (const task of this.#tasks) task.stop();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      timer = setTimer(() => resolve(false), patienceMs);
    });
    const all = Promise.allSettled(this.#tasks.map((task) => task.done())).then(() => true);
    const finished = await Promise.race([all, tooLate]);
    clearTimer(timer);
    return finished;
  }

  #post(task: { readonly steps: readonly Step[]; readonly handle?: unknown }): RunningTask {
    const flags = newFlags();
    const outcome = this.#taskThreads.post({ ...task, flags });
    const running = new RunningTask(flags, outcome);
    this.#tasks.push(running);
    return running;
  }
}
