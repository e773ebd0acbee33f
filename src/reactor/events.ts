import { checkInterest, checkOptions, checkSignal, onceAborted, type NamesOf } from '../arguments.js';
import { abortError, outOfRange } from '../errors.js';
import { EDGE, EXCLUSIVE, ONESHOT } from '../interest.js';
import type { ReactorWatch } from './reactor-watch.js';
import type { WatchHandler } from './watch.js';

export interface EventsOptions {
  /** Ends the iteration with an AbortError when it is aborted. */
  signal?: AbortSignal | undefined;
}

const NAMES: NamesOf<EventsOptions> = { signal: true };

interface Step {
  resolve(result: IteratorResult<number, undefined>): void;
  reject(reason: Error): void;
}

const DONE: IteratorResult<number, undefined> = { done: true, value: undefined };

/** See `Reactor.events()`. */
export class EventIterator implements AsyncIterableIterator<number> {
  readonly #begin: (handler: WatchHandler) => ReactorWatch;
  readonly #isEdge: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #steps: Step[] = [];
  #watch: ReactorWatch | undefined;
  #forgetSignal: (() => void) | undefined;
  /** Edge mode: the bits that came between two steps. */
  #seen = 0;
  #ended = false;
  #failure: Error | undefined;

  constructor(
    register: (interest: number, handler: WatchHandler) => ReactorWatch,
    interest: number,
    options: EventsOptions,
  ) {
    checkOptions(options, NAMES);
    const { signal } = options;
    checkSignal(signal);
    this.#isEdge = typeof interest === 'number' && (interest & EDGE) !== 0;
    this.#begin = (handler) => register(this.#modeFor(interest), handler);
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<number, undefined>> {
    return new Promise((resolve, reject) => {
      this.#steps.push({ resolve, reject });
      this.#advance();
    });
  }

  async return(): Promise<IteratorResult<number, undefined>> {
    this.#end();
    return DONE;
  }

  async throw(reason: Error): Promise<IteratorResult<number, undefined>> {
    this.#end();
    throw reason;
  }

  /** The interest to watch with: ONESHOT, so that each step asks again, unless in edge mode. */
  #modeFor(interest: number): number {
    checkInterest(interest, false);
    if (this.#isEdge) return interest & ~ONESHOT;
    if ((interest & EXCLUSIVE) === 0) return interest | ONESHOT;
    throw outOfRange('interest', 'must not contain EXCLUSIVE without EDGE: each step asks with ONESHOT', interest);
  }

  /** Resolves the first step, if that is possible now. */
  #advance(): void {
    if (this.#ended) return this.#flush();
    try {
      if (this.#signal?.aborted === true) throw abortError(this.#signal);
      if (this.#watch === undefined) this.#open();
      else if (this.#seen !== 0) this.#yield();
      else if (!this.#isEdge) this.#watch.rearm();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #open(): void {
    this.#watch = this.#begin((readiness) => {
      this.#seen |= readiness;
      this.#yield();
    });
    this.#watch.onEnd = (reason) =>
      this.#end(
        reason !== undefined && (reason as NodeJS.ErrnoException).code !== 'ERR_POLLER_CLOSED' ? reason : undefined,
      );
    if (this.#signal !== undefined) this.#forgetSignal = onceAborted(this.#signal, this.#onAbort);
  }

  readonly #onAbort = (): void => this.#end(abortError(this.#signal!));

  #yield(): void {
    const step = this.#steps.shift();
    if (step === undefined) return;
    const value = this.#seen;
    this.#seen = 0;
    step.resolve({ done: false, value });
    if (this.#steps.length > 0) this.#advance();
  }

  #end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#forgetSignal?.();
    this.#watch?.close();
    this.#flush();
  }

  /** After the end: one step is rejected with the failure; the others are done. */
  #flush(): void {
    for (const step of this.#steps.splice(0)) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) step.reject(failure);
      else step.resolve(DONE);
    }
  }
}
