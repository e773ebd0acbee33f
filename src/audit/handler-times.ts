/** How long the events of a poller are handled, and whether other events wait meanwhile. */
export class HandlerTimes {
  readonly #mostMs: number;
  /** The event that is being handled: its index in the batch, −1: none; its descriptor; and since when. */
  #index = -1;
  #fd = -1;
  #sinceMs = 0;
  /** The last event of a batch took long: whether others wait is seen in the next batch. */
  #candidate: readonly [fd: number, ms: number] | undefined;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /**
   * The program looks at the event `index` of its batch: the one before has been handled. Returns the descriptor of
   * that one, and its time, where it took long: this event has waited for it.
   */
  looked(index: number, fd: number, nowMs: number): readonly [fd: number, ms: number] | undefined {
    if (index === this.#index) return undefined;
    const ms = nowMs - this.#sinceMs;
    const slow: readonly [number, number] | undefined =
      this.#index >= 0 && index > this.#index && ms > this.#mostMs ? [this.#fd, ms] : undefined;
    this.#index = index;
    this.#fd = fd;
    this.#sinceMs = nowMs;
    return slow;
  }

  /** The last event of the batch has been handled. `isAnyReady` says whether something is ready now. */
  pause(nowMs: number, isAnyReady: () => boolean): void {
    const ms = nowMs - this.#sinceMs;
    if (this.#index >= 0 && ms > this.#mostMs && isAnyReady()) this.#candidate = [this.#fd, ms];
    this.#index = -1;
  }

  /** What the program has done since its last look is unknown. */
  stop(): void {
    this.#index = -1;
  }

  /** A batch has come. Returns who kept its events waiting. */
  resume(length: number, fdAt: (index: number) => number): readonly [fd: number, ms: number] | undefined {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (candidate === undefined) return undefined;
    for (let index = 0; index < length; index++) if (fdAt(index) !== candidate[0]) return candidate;
    return undefined;
  }
}
