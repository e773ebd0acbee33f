import { asMicrotask, nextTurn } from '../host.js';
import { EXCLUSIVE } from '../interest.js';
import type { Poller } from '../poller.js';
import type { ReactorWatch } from './reactor-watch.js';

/**
 * Whether a reactor of this thread has delivered a batch in this turn of the host. The ticks that follow a batch often
 * change an interest again. The flag stays set until the next turn in which a change is deferred. That change is then
 * applied after one more look of the host's loop, which does not block, and whose batch is delivered as the new
 * interest asks.
 */
let isTurnOfBatch = false;

/** What the changes ask of their reactor. */
interface Changing {
  /** The host has called back: nothing is deferred any more. */
  applying(): void;
  /** The poller refused a change: ends `watch`, whose descriptor was closed before it. */
  refused(watch: ReactorWatch, reason: Error): void;
  /** Reports an error that no caller gets. */
  report(error: unknown, watch: ReactorWatch): void;
}

/** The changes of interest of a reactor's watches, of which the poller learns before the next wait. */
export class InterestChanges {
  readonly #poller: Poller;
  readonly #reactor: Changing;
  #pending: ReactorWatch[] = [];
  #isDeferred = false;
  #isApplying = false;

  constructor(poller: Poller, reactor: Changing) {
    this.#poller = poller;
    this.#reactor = reactor;
  }

  /** Whether the host will call back to apply changes. */
  get isDeferred(): boolean {
    return this.#isDeferred;
  }

  /** Whether there is a change of which the poller has not learned. */
  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  /** Whether changes are being applied. */
  get isApplying(): boolean {
    return this.#isApplying;
  }

  /** A batch is delivered in this turn: changes wait for the ticks and microtasks that follow it. */
  beginBatch(): void {
    isTurnOfBatch = true;
  }

  /** The poller has to learn what `watch` asks for. */
  add(watch: ReactorWatch): void {
    if (watch.isPending) return;
    watch.isPending = true;
    this.#pending.push(watch);
  }

  /** Has the host call back, at the end of a turn with a batch, or else in a microtask. */
  defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    if (isTurnOfBatch) nextTurn(this.#endTurn);
    else void asMicrotask(this.apply);
  }

  readonly #endTurn = (): void => {
    isTurnOfBatch = false;
    this.apply();
  };

  /** Tells the poller what has changed. */
  readonly apply = (): void => {
    if (this.#isDeferred) {
      this.#isDeferred = false;
      this.#reactor.applying();
    }
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    this.#isApplying = true;
    for (const watch of pending) {
      watch.isPending = false;
      try {
        this.applyNow(watch);
      } catch (error) {
        // `onEnd` is told the reason.
        if (watch.onEnd === undefined) this.#reactor.report(error, watch);
      }
    }
    this.#isApplying = false;
  };

  /** Tells the poller what `watch` asks for. Throws where the registration is gone; `watch` has then ended. */
  applyNow(watch: ReactorWatch): void {
    const { mustDisarm, wanted } = watch;
    if (watch.closed || (!watch.mustRearm && !mustDisarm && wanted === watch.applied)) return;
    watch.mustRearm = watch.mustDisarm = false;
    try {
      this.#poller.modify(watch.fd, mustDisarm && !watch.hasUnsent ? 0 : wanted & ~EXCLUSIVE);
      watch.applied = wanted;
    } catch (error) {
      this.#reactor.refused(watch, error as Error);
      throw error;
    }
  }
}
