import type { AsyncResource } from 'node:async_hooks';
import { nowMs } from '../addon/clock.js';
import { clearTimer, hasRealTimers, MOST_TIMER_MS, nextTurn, setTimer } from '../host.js';
import { TICKS_COME_LATE } from '../runtime.js';
import { TimingWheel, WheelEntry } from './timing-wheel.js';

/** A timer of the host that is later than this counts as lost. If it comes all the same, it does no harm. */
const LOST_MS = 20;

/** What the clock asks of its reactor. */
interface Looking {
  /** Delivers one batch, without blocking. False: there was no event. */
  look(): boolean;
  /** How many looks it takes to see everything that is ready, and one more. */
  mostLooks(): number;
}

/**
 * The timing wheel of a reactor, and the one timer of the host that drives it. Both are made for the first timeout.
 *
 * Before anything expires the poller is looked at, so that events count that came while the loop was blocked. In the
 * host's event loop each batch that is found has a turn of its own, with the ticks and microtasks that follow it.
 */
export class IdleClock {
  readonly #reactor: Looking;
  readonly #context: AsyncResource;
  #wheel: TimingWheel | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Nothing in the wheel is due before this time. */
  #timerMs = Infinity;
  /** Whether the timer is the host's own, not that of a fake clock. */
  #isTimerReal = true;
  #looksLeft = 0;
  /** All events up to this time were seen. A timeout that is due by this time and had no event has expired. */
  #judgedMs = 0;
  #isExpiring = false;
  #isClosed = false;

  /** Looks take place in the async context `context`, not in that of the first timeout. */
  constructor(context: AsyncResource, reactor: Looking) {
    this.#context = context;
    this.#reactor = reactor;
  }

  /** Whether callbacks of expired timeouts are being called. */
  get isExpiring(): boolean {
    return this.#isExpiring;
  }

  /** Milliseconds until something may expire. */
  remainingMs(): number {
    return this.#timerMs === Infinity ? Infinity : Math.max(0, this.#timerMs - nowMs());
  }

  idleTimeout(ms: number, onIdle: () => void): IdleTimeout {
    return new IdleTimeout(this, ms, nowMs(), onIdle);
  }

  /** `entry` expires at `deadlineMs`, on the clock of nowMs(). */
  add(entry: WheelEntry, deadlineMs: number): void {
    if (this.#isClosed) return;
    this.#wheel ??= new TimingWheel(nowMs());
    const dueMs = this.#wheel.add(entry, deadlineMs);
    if (!this.#isExpiring) this.#schedule(dueMs);
  }

  delete(entry: WheelEntry): void {
    this.#wheel?.delete(entry);
  }

  /** Expires what is due, after a look. For `run()`, where there are no turns of the host. */
  expire(): void {
    if (this.#timerMs === Infinity || this.#timerMs > nowMs()) return;
    this.#beginToLook();
    while (this.#findsMore());
    this.#advance();
  }

  /** Nothing expires any more, not even the rest of what is expiring now. */
  close(): void {
    clearTimer(this.#timer);
    this.#timerMs = Infinity;
    this.#isClosed = true;
  }

  #beginToLook(): void {
    this.#looksLeft = this.#reactor.mostLooks();
    this.#judgedMs = nowMs();
  }

  /**
   * Looks once, if a look is left. False: what is due at `#judgedMs` and is still in the wheel had no event by then.
   * Where every look finds events, the last one has still shown whatever was ready at the first.
   */
  #findsMore(): boolean {
    if (this.#isClosed || this.#looksLeft === 0) return false;
    const lookMs = nowMs();
    this.#looksLeft--;
    if (this.#reactor.look()) return true;
    this.#judgedMs = lookMs;
    return false;
  }

  #advance(): void {
    if (this.#wheel === undefined || this.#isClosed) return;
    this.#timerMs = Infinity;
    this.#isExpiring = true;
    try {
      this.#wheel.advance(this.#judgedMs);
    } finally {
      this.#isExpiring = false;
      if (!this.#isClosed) this.#schedule(this.#wheel.nextMs());
    }
  }

  #schedule(dueMs: number): void {
    if (dueMs === Infinity) return;
    const presentMs = nowMs();
    const isLost = this.#isTimerLost(presentMs);
    if (dueMs >= this.#timerMs && !isLost) return;
    // A timer that is only late stays: it would never fire if each new timeout replaced it.
    if (!isLost) clearTimer(this.#timer);
    this.#timerMs = Math.max(presentMs, Math.min(dueMs, this.#timerMs));
    this.#isTimerReal = hasRealTimers();
    this.#timer = setTimer(this.#onTimer, Math.min(Math.max(1, this.#timerMs - presentMs), MOST_TIMER_MS));
    // A fake clock may have numbers for timers.
    this.#timer.unref?.();
  }

  /** Whether the timer was set on a fake clock that is gone, or is overdue. */
  #isTimerLost(presentMs: number): boolean {
    return presentMs - this.#timerMs > LOST_MS || (!this.#isTimerReal && hasRealTimers());
  }

  readonly #onTimer = (): void => this.#context.runInAsyncScope(this.#begin);
  readonly #onTurn = (): void => this.#context.runInAsyncScope(this.#step);

  /** The host's timers count whole milliseconds, and may fire before `#timerMs`. */
  readonly #begin = (): void => {
    this.#beginToLook();
    if (TICKS_COME_LATE) nextTurn(this.#onTurn);
    else this.#step();
  };

  /** The ticks and microtasks of a batch run before the next batch, and before anything expires. */
  readonly #step = (): void => {
    if (this.#findsMore()) nextTurn(this.#onTurn);
    else this.#advance();
  };
}

/**
 * The idle timeout of one watch. An event costs one store: the entry stays where it is in the wheel. When its time has
 * come, it goes back into the wheel if there was an event meanwhile.
 */
export class IdleTimeout extends WheelEntry {
  readonly #clock: IdleClock;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #activeMs: number;
  #isCancelled = false;

  constructor(clock: IdleClock, ms: number, nowMs: number, onIdle: () => void) {
    super();
    this.#clock = clock;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#activeMs = nowMs;
    clock.add(this, nowMs + ms);
  }

  /** There was an event at `nowMs`: the time starts again. */
  touch(nowMs: number): void {
    this.#activeMs = nowMs;
    if (this.slot === undefined) this.#clock.add(this, nowMs + this.#ms);
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#clock.delete(this);
  }

  override expire(nowMs: number): void {
    if (this.#isCancelled) return;
    const deadlineMs = this.#activeMs + this.#ms;
    if (deadlineMs > nowMs) this.#clock.add(this, deadlineMs);
    else this.#onIdle();
  }
}
