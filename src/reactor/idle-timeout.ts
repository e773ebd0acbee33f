import { WheelEntry } from './timing-wheel.js';

/** The clock that an idle timeout runs on. */
interface Clock {
  add(entry: WheelEntry, deadlineMs: number): void;
  delete(entry: WheelEntry): void;
}

/**
 * The idle timeout of one watch. An event costs one store: the entry stays where it is in the wheel,
 * and when its time has come it looks whether there was an event meanwhile.
 */
export class IdleTimeout extends WheelEntry {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #activeMs: number;
  #isCancelled = false;

  constructor(clock: Clock, ms: number, nowMs: number, onIdle: () => void) {
    super();
    this.#clock = clock;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#activeMs = nowMs;
    clock.add(this, nowMs + ms);
  }

  /** There was an event: the time begins anew. */
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
