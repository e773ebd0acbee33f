import { AsyncResource } from 'node:async_hooks';
import { WheelEntry } from './timing-wheel.js';

/** What `reactor.after()` and `reactor.every()` return. */
export interface ReactorTimer {
  /** True once it was closed, its reactor was closed, or, for `after()`, its callback was called. */
  readonly closed: boolean;
  /** The callback is not called any more. Idempotent. */
  close(): void;
  /** The timer keeps the process alive while it is open: the default. */
  ref(): this;
  /** The timer does not keep the process alive. */
  unref(): this;
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/** What a timer asks of its reactor. */
export interface TimerOwner {
  /** Has `expire()` called when `deadlineMs` has passed. */
  add(entry: WheelEntry, deadlineMs: number): void;
  delete(entry: WheelEntry): void;
  /** Whether nothing expires any more. */
  isClosed(): boolean;
  /** One more timer, or one less, keeps the process alive. */
  countActive(difference: 1 | -1): void;
  /** Calls `callback` in the async context of `timer`, and raises what it throws there. */
  call(callback: () => unknown, timer: AsyncResource): void;
}

/** A timer of a reactor, on its timing wheel. The async context of its making is that of its callback. */
export class WheelTimer extends WheelEntry implements ReactorTimer {
  readonly #owner: TimerOwner;
  readonly #callback: () => unknown;
  /** 0: it is called once. */
  readonly #everyMs: number;
  readonly #context = new AsyncResource('pollux.timer');
  #dueMs: number;
  #closed = false;
  #isRef = true;

  /** `ms` from `presentMs` on, and every `everyMs` after that unless it is 0. */
  constructor(owner: TimerOwner, presentMs: number, ms: number, everyMs: number, callback: () => unknown) {
    super();
    this.#owner = owner;
    this.#callback = callback;
    this.#everyMs = everyMs;
    this.#dueMs = presentMs + ms;
    owner.countActive(1);
    owner.add(this, this.#dueMs);
  }

  get closed(): boolean {
    return #closed in this && (this.#closed || this.#owner.isClosed());
  }

  close(): void {
    if (this.closed) return;
    this.#closed = true;
    this.#owner.delete(this);
    if (this.#isRef) this.#owner.countActive(-1);
  }

  ref(): this {
    if (!this.#isRef && !this.closed) this.#owner.countActive(1);
    this.#isRef = true;
    return this;
  }

  unref(): this {
    if (this.#isRef && !this.closed) this.#owner.countActive(-1);
    this.#isRef = false;
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  override expire(nowMs: number): void {
    // What expired before this timer may have closed the reactor.
    if (this.closed) return;
    if (this.#everyMs === 0) {
      this.close();
    } else {
      // Periods that have passed altogether are not made up for.
      this.#dueMs += this.#everyMs * Math.max(1, Math.ceil((nowMs - this.#dueMs) / this.#everyMs));
      this.#owner.add(this, this.#dueMs);
    }
    this.#owner.call(this.#callback, this.#context);
  }
}
