import { checkInterest, checkOptions, checkSignal, checkTimeout, onceAborted, type NamesOf } from '../arguments.js';
import { abortError, outOfRange, timedOut } from '../errors.js';
import { nowMs } from '../host.js';
import { deliverableBits, PRIORITY, READABLE, READ_CLOSED, readinessBits, WRITABLE } from '../interest.js';
import type { IdleClock } from './idle-clock.js';
import type { ReactorWatch } from './reactor-watch.js';
import { WheelEntry } from './timing-wheel.js';
import type { WatchHandler } from './watch.js';

export interface OnceOptions {
  /**
   * Milliseconds until ETIMEDOUT; undefined, negative and Infinity: never. Never early, up to 8 ms late plus the host's
   * own delay.
   */
  timeoutMs?: number | undefined;
  /** Ends the wait with an AbortError. */
  signal?: AbortSignal | undefined;
}

const NAMES: NamesOf<OnceOptions> = { timeoutMs: true, signal: true };

/** What the waiters ask of their reactor. */
interface Watching {
  watch(fd: number, interest: number, handler: WatchHandler): ReactorWatch;
  /** Tells the poller now; throws if the registration is gone. */
  applyNow(watch: ReactorWatch): void;
}

/** All calls of `once()` in one reactor: one watch per descriptor, however many wait for it. */
export class OnceWaiters {
  readonly #clock: IdleClock;
  readonly #reactor: Watching;
  readonly #groups = new Map<number, Group>();

  constructor(clock: IdleClock, reactor: Watching) {
    this.#clock = clock;
    this.#reactor = reactor;
  }

  wait(fd: number, interest: number, options: OnceOptions): Promise<number> {
    checkInterest(interest, false);
    checkOptions(options, NAMES);
    const { timeoutMs = Infinity, signal } = options;
    if (readinessBits(interest) === 0) throw outOfRange('interest', 'must ask for some readiness', interest);
    checkTimeout(timeoutMs, 'options.timeoutMs');
    checkSignal(signal);
    if (signal?.aborted === true) throw abortError(signal);
    const group = this.#groupOf(fd, interest);
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(group, interest, timeoutMs, resolve, reject);
      group.enter(waiter);
      if (timeoutMs >= 0 && timeoutMs < Infinity) this.#clock.add(waiter, nowMs() + timeoutMs);
      if (signal !== undefined) waiter.abortBy(signal);
    });
  }

  #groupOf(fd: number, interest: number): Group {
    const known = this.#groups.get(fd);
    if (known !== undefined && this.#join(known, interest)) return known;
    const group = new Group(this.#clock, () => {
      if (this.#groups.get(fd) === group) this.#groups.delete(fd);
    });
    group.watch = this.#reactor.watch(fd, readinessBits(interest), (readiness) => group.deliver(readiness));
    group.watch.onEnd = (reason) => group.end(reason);
    this.#groups.set(fd, group);
    return group;
  }

  /** False when the number is of another file by now: only the kernel can tell. */
  #join({ watch }: Group, interest: number): boolean {
    try {
      watch.interest |= readinessBits(interest);
      watch.rearm();
      this.#reactor.applyNow(watch);
      return true;
    } catch {
      return false;
    }
  }
}

const BITS = [READABLE, WRITABLE, PRIORITY, READ_CLOSED] as const;

/** Who waits for one descriptor. */
class Group {
  /** How many of them ask for each bit. */
  readonly #askers = BITS.map(() => 0);
  readonly waiters = new Set<Waiter>();
  readonly clock: IdleClock;
  readonly #onEnd: () => void;
  watch!: ReactorWatch;

  constructor(clock: IdleClock, onEnd: () => void) {
    this.clock = clock;
    this.#onEnd = onEnd;
  }

  enter(waiter: Waiter): void {
    this.waiters.add(waiter);
    this.#count(waiter, 1);
  }

  deliver(readiness: number): void {
    for (const waiter of [...this.waiters]) {
      const due = readiness & deliverableBits(waiter.interest);
      if (due !== 0) waiter.resolve(due);
    }
  }

  /** `waiter` waits no more: what the others do not ask for is watched no more. */
  leave(waiter: Waiter): void {
    if (!this.waiters.delete(waiter)) return;
    this.#count(waiter, -1);
    if (this.watch.closed) return;
    if (this.waiters.size === 0) {
      this.watch.close();
      return;
    }
    const interest = BITS.reduce((union, bit, index) => (this.#askers[index]! > 0 ? union | bit : union), 0);
    if (interest !== this.watch.interest) this.watch.interest = interest;
  }

  #count(waiter: Waiter, difference: 1 | -1): void {
    BITS.forEach((bit, index) => {
      if ((waiter.interest & bit) !== 0) this.#askers[index]! += difference;
    });
  }

  end(reason: Error | undefined): void {
    this.#onEnd();
    if (reason === undefined) return;
    for (const waiter of [...this.waiters]) waiter.reject(reason);
  }
}

/** One call of `once()`. In the timing wheel it stands for its timeout. */
class Waiter extends WheelEntry {
  readonly interest: number;
  readonly #group: Group;
  readonly #timeoutMs: number;
  readonly #resolve: (readiness: number) => void;
  readonly #reject: (reason: Error) => void;
  #forgetSignal: (() => void) | undefined;

  constructor(
    group: Group,
    interest: number,
    timeoutMs: number,
    resolve: (readiness: number) => void,
    reject: (reason: Error) => void,
  ) {
    super();
    this.#group = group;
    this.#timeoutMs = timeoutMs;
    this.interest = interest;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abortBy(signal: AbortSignal): void {
    this.#forgetSignal = onceAborted(signal, () => this.reject(abortError(signal)));
  }

  resolve(readiness: number): void {
    this.#settle();
    this.#resolve(readiness);
  }

  reject(reason: Error): void {
    this.#settle();
    this.#reject(reason);
  }

  override expire(): void {
    this.reject(timedOut('once', this.#group.watch.fd, 'event', this.#timeoutMs));
  }

  #settle(): void {
    this.#forgetSignal?.();
    this.#group.clock.delete(this);
    this.#group.leave(this);
  }
}
