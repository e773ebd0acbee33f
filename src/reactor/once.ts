import { checkInterest, checkOptions, checkSignal, checkTimeout, onceAborted, type NamesOf } from '../arguments.js';
import { abortError, outOfRange, timedOut } from '../errors.js';
import { nowMs } from '../addon/clock.js';
import { deliverableBits, PRIORITY, READABLE, READ_CLOSED, readinessBits, WRITABLE } from '../interest.js';
import type { IdleClock } from './idle-clock.js';
import type { ReactorWatch } from './reactor-watch.js';
import { WheelEntry } from './timing-wheel.js';
import type { WatchHandler } from './watch.js';

export interface OnceOptions {
  /**
   * Milliseconds until ETIMEDOUT; with undefined, Infinity or a negative number it waits for ever. Never early, up to 8
   * ms late plus the host's own delay.
   */
  timeoutMs?: number | undefined;
  /** Rejects the promise with an AbortError when it is aborted. */
  signal?: AbortSignal | undefined;
}

const NAMES: NamesOf<OnceOptions> = { timeoutMs: true, signal: true };

/** What the calls of `once()` ask of their reactor. */
interface Watching {
  watch(fd: number, interest: number, handler: WatchHandler): ReactorWatch;
  /** Applies the interest of `watch` now; throws if the registration is gone. */
  applyNow(watch: ReactorWatch): void;
}

/** All calls of `once()` in one reactor: one watch per descriptor, however many wait for it. */
export class OnceCalls {
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
      const call = new OnceCall(group, interest, timeoutMs, resolve, reject);
      group.enter(call);
      if (timeoutMs >= 0 && timeoutMs < Infinity) this.#clock.add(call, nowMs() + timeoutMs);
      if (signal !== undefined) call.abortBy(signal);
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

  /** False where the number belongs to another file by now: only the kernel knows. */
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

/** The calls of `once()` that wait for one descriptor. */
class Group {
  /** How many of the calls ask for each of `BITS`. */
  readonly #askers = BITS.map(() => 0);
  readonly calls = new Set<OnceCall>();
  readonly clock: IdleClock;
  readonly #onEnd: () => void;
  watch!: ReactorWatch;

  constructor(clock: IdleClock, onEnd: () => void) {
    this.clock = clock;
    this.#onEnd = onEnd;
  }

  enter(call: OnceCall): void {
    this.calls.add(call);
    this.#count(call, 1);
  }

  deliver(readiness: number): void {
    for (const call of [...this.calls]) {
      const due = readiness & deliverableBits(call.interest);
      if (due !== 0) call.resolve(due);
    }
  }

  /** `call` no longer waits: bits that no other call asks for are no longer watched. */
  leave(call: OnceCall): void {
    if (!this.calls.delete(call)) return;
    this.#count(call, -1);
    if (this.watch.closed) return;
    if (this.calls.size === 0) {
      this.watch.close();
      return;
    }
    const interest = BITS.reduce((union, bit, index) => (this.#askers[index]! > 0 ? union | bit : union), 0);
    if (interest !== this.watch.interest) this.watch.interest = interest;
  }

  #count(call: OnceCall, difference: 1 | -1): void {
    BITS.forEach((bit, index) => {
      if ((call.interest & bit) !== 0) this.#askers[index]! += difference;
    });
  }

  end(reason: Error | undefined): void {
    this.#onEnd();
    if (reason === undefined) return;
    for (const call of [...this.calls]) call.reject(reason);
  }
}

/** One call of `once()`, and its timeout in the timing wheel. */
class OnceCall extends WheelEntry {
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
