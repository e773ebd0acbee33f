import type { AsyncResource } from 'node:async_hooks';
import { MOST_TIMER_MS } from '../most-timer-ms.js';
import { IdleTimeout } from './idle-timeout.js';
import { TimingWheel, type WheelEntry } from './timing-wheel.js';

/**
 * The timing wheel of a reactor and the one timer of the host that drives it. Nothing is set up
 * before the first timeout.
 */
export class IdleClock {
  readonly #look: () => void;
  #wheel: TimingWheel | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The wheel has nothing to do before. */
  #timerMs = Infinity;
  #isExpiring = false;
  #isClosed = false;
  readonly #context: AsyncResource;

  /**
   * `look` delivers what has happened; it is called before anything expires, in `context`: that of whoever set
   * the first timeout would be a stranger's.
   */
  constructor(context: AsyncResource, look: () => void) {
    this.#context = context;
    this.#look = look;
  }

  /** Whether what has expired is being told. */
  get isExpiring(): boolean {
    return this.#isExpiring;
  }

  /** Now, on the clock of the timeouts; 0 where no timeout was ever set. */
  nowMs(): number {
    return this.#wheel === undefined ? 0 : performance.now();
  }

  /** How long until something may expire. */
  remainingMs(): number {
    return this.#timerMs === Infinity ? Infinity : Math.max(0, this.#timerMs - performance.now());
  }

  idleTimeout(ms: number, onIdle: () => void): IdleTimeout {
    return new IdleTimeout(this, ms, performance.now(), onIdle);
  }

  /** `entry` expires at `deadlineMs`, on the clock of performance.now(). */
  add(entry: WheelEntry, deadlineMs: number): void {
    if (this.#isClosed) return;
    this.#wheel ??= new TimingWheel(performance.now());
    const dueMs = this.#wheel.add(entry, deadlineMs);
    if (!this.#isExpiring) this.#schedule(dueMs);
  }

  delete(entry: WheelEntry): void {
    this.#wheel?.delete(entry);
  }

  /** Expires what is due, after a look. */
  expire(): void {
    if (this.#timerMs === Infinity || this.#timerMs > performance.now()) return;
    this.#look();
    this.#advance();
  }

  /** Nothing expires any more, not among what is expiring now either. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timerMs = Infinity;
    this.#isClosed = true;
  }

  #advance(): void {
    if (this.#wheel === undefined || this.#isClosed) return;
    this.#timerMs = Infinity;
    this.#isExpiring = true;
    this.#wheel.advance(performance.now());
    this.#isExpiring = false;
    if (!this.#isClosed) this.#schedule(this.#wheel.nextMs());
  }

  #schedule(dueMs: number): void {
    if (dueMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = setTimeout(this.#onTimer, Math.min(Math.max(1, dueMs - performance.now()), MOST_TIMER_MS)).unref();
  }

  readonly #onTimer = (): void => this.#context.runInAsyncScope(this.#turn);

  /** The host's timers count whole milliseconds, and may come before `#timerMs`. */
  readonly #turn = (): void => {
    this.#look();
    this.#advance();
  };
}
