import { WheelEntry, type TimingWheel } from './timing-wheel.js';

/**
 * The idle timeout of one watch. An event costs one store: the entry stays where it is in the wheel,
 * and when its time has come it looks whether there was an event meanwhile.
 */
export class IdleTimeout extends WheelEntry {
  readonly #wheel: TimingWheel;
  readonly #ms: number;
  readonly #onIdle: () => void;
  #activeMs: number;

  constructor(wheel: TimingWheel, ms: number, nowMs: number, onIdle: () => void) {
    super();
    this.#wheel = wheel;
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#activeMs = nowMs;
    wheel.add(this, nowMs + ms);
  }

  /** There was an event: the time begins anew. */
  touch(nowMs: number): void {
    this.#activeMs = nowMs;
    if (this.slot === undefined) this.#wheel.add(this, nowMs + this.#ms);
  }

  cancel(): void {
    this.#wheel.delete(this);
  }

  override expire(nowMs: number): void {
    const deadlineMs = this.#activeMs + this.#ms;
    if (deadlineMs > nowMs) this.#wheel.add(this, deadlineMs);
    else this.#onIdle();
  }
}
