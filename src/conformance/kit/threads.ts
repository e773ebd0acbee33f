import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { clearTimer, setTimer } from '../../host.js';
import type { Poller } from '../../poller.js';
import { type Outcome, type Seen, type Step, type Task, ANNOUNCED, BEGUN, FLAGS, STOP } from './steps.js';
import type { Subject } from './subject.js';
import { PATIENCE_MS, until } from './traffic.js';

const HELPERS = 4;

/** Threads that outlast clauses, so that a clause does not pay for starting them. */
export class HelperThreads {
  readonly #idle: Worker[] = [];
  readonly module: string | undefined;

  /** `module` is where the helpers find `attachPoller()`. */
  constructor(module: string | undefined) {
    this.module = module;
  }

  /** Starts them, unless they run. Their own descriptors are open when this resolves. */
  async start(): Promise<void> {
    if (this.#idle.length > 0) return;
    const helpers = Array.from({ length: HELPERS }, () => new Worker(join(__dirname, 'helper-thread.js')));
    await Promise.all(helpers.map((helper) => this.#idleAfter(helper)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((helper) => helper.terminate()));
  }

  /** Gives `task` to an idle helper. */
  post(task: Task): Promise<Outcome> {
    const helper = this.#idle.pop();
    if (helper === undefined) throw new Error('no helper thread is idle');
    const outcome = new Promise<Outcome>((resolve) => {
      helper.ref();
      helper.once('message', (message: Outcome) => {
        helper.unref();
        this.#idle.push(helper);
        resolve(message);
      });
    });
    helper.postMessage(task);
    return outcome;
  }

  async #idleAfter(helper: Worker): Promise<void> {
    const flags = new Int32Array(new SharedArrayBuffer(4 * FLAGS));
    await new Promise<void>((resolve, reject) => {
      helper.once('message', () => resolve()).once('error', reject);
      helper.postMessage({ steps: [], flags, module: undefined } satisfies Task);
    });
    helper.unref();
    this.#idle.push(helper);
  }
}

/** Something that another thread does. */
export class Errand {
  readonly #flags: Int32Array;
  readonly #outcome: Promise<Outcome>;

  constructor(flags: Int32Array, outcome: Promise<Outcome>) {
    this.#flags = flags;
    this.#outcome = outcome;
  }

  /** Returns when the other thread has begun; what it does next may not have happened yet. */
  begun(): void {
    until('another thread', () => Atomics.load(this.#flags, BEGUN) === 1);
  }

  /** Whether the other thread has come to its step `announce`, or has sent its first signal. */
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

/** The other threads, as one clause uses them. */
export class Threads {
  readonly #helpers: HelperThreads;
  readonly #subject: Subject;
  readonly #errands: Errand[] = [];

  constructor(helpers: HelperThreads, subject: Subject) {
    this.#helpers = helpers;
    this.#subject = subject;
  }

  /** Has another thread do `steps`. */
  start(...steps: Step[]): Errand {
    return this.#post({ steps });
  }

  /** Has another thread do `steps` with a view of `poller` of its own. */
  startOn(poller: Poller, ...steps: Step[]): Errand {
    return this.#post({ steps, handle: this.#subject.share!(poller) });
  }

  /** Has another thread write one byte to `fd`, not before `ms` from now. */
  writeAfter(ms: number, fd: number): Errand {
    return this.start({ do: 'sleep', ms }, { do: 'write', fd });
  }

  /** Wakes `poller` until `errands` have ended, and takes the wake that is left over. */
  async wakeUntilEnded(poller: Poller, errands: readonly Errand[]): Promise<void> {
    let ended = 0;
    const count = (): void => void ended++;
    for (const errand of errands) void errand.done().then(count, count);
    for (const deadline = performance.now() + PATIENCE_MS; ended < errands.length; ) {
      if (performance.now() > deadline) throw new Error(`${ended} of ${errands.length} threads were woken`);
      poller.wake();
      await new Promise<void>((resolve) => setTimer(resolve, 1));
    }
    while (poller.wait(0).woken);
  }

  /** Whether what was started has come to its end. */
  async finish(patienceMs: number): Promise<boolean> {
    for (const errand of this.#errands) errand.stop();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      timer = setTimer(() => resolve(false), patienceMs);
    });
    const all = Promise.allSettled(this.#errands.map((errand) => errand.done())).then(() => true);
    const finished = await Promise.race([all, tooLate]);
    clearTimer(timer);
    return finished;
  }

  #post(task: { readonly steps: readonly Step[]; readonly handle?: unknown }): Errand {
    const flags = new Int32Array(new SharedArrayBuffer(4 * FLAGS));
    const outcome = this.#helpers.post({ ...task, flags, module: this.#helpers.module });
    const errand = new Errand(flags, outcome);
    this.#errands.push(errand);
    return errand;
  }
}
