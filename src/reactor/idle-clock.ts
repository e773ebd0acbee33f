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

  /** `look` delivers what has happened; it is called before anything expires. */
  constructor(look: () => void) {
    this.#look = look;
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
    this.#wheel ??= new TimingWheel(performance.now());
    const dueMs = this.#wheel.add(entry, deadlineMs);
    if (!this.#isExpiring) this.#schedule(dueMs);
  }

  delete(entry: WheelEntry): void {
    this.#wheel?.delete(entry);
  }

  /** Expires what is due. */
  expire(): void {
    if (this.#timerMs !== Infinity && this.#timerMs <= performance.now()) this.#advance();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timerMs = Infinity;
    this.#wheel = undefined;
  }

  #advance(): void {
    if (this.#wheel === undefined) return;
    this.#timerMs = Infinity;
    this.#isExpiring = true;
    this.#wheel.advance(performance.now());
    this.#isExpiring = false;
    // What has expired may have closed the reactor.
    if (this.#wheel !== undefined) this.#schedule(this.#wheel.nextMs());
  }

  #schedule(dueMs: number): void {
    if (dueMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = setTimeout(this.#onTimer, Math.max(1, dueMs - performance.now())).unref();
  }

  /** The host's timers count whole milliseconds, and may come before `#timerMs`. */
  readonly #onTimer = (): void => {
    this.#look();
    this.#advance();
  };
}
