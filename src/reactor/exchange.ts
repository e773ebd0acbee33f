import type { SystemError } from '../errors.js';
import { EDGE, ERROR, HANGUP, ONESHOT, READABLE, WRITABLE } from '../interest.js';
import type { Batch } from '../poller.js';
import { BatchReads } from './batch-reads.js';
import type { HandlerErrors } from './handler-errors.js';
import type { ReactorWatch } from './reactor-watch.js';
import { TurnSends } from './turn-sends.js';
import { NO_READ, type WatchTraffic } from './watch-traffic.js';

/**
 * What a reactor reads and writes for its watches: the reads of a batch in one crossing, before its handlers, and what
 * they send in another. Made for the first watch that receives or sends.
 */
export class Exchange {
  readonly #errors: HandlerErrors;
  readonly #onOwed: () => void;
  readonly #reads = new BatchReads(() => this.#sends.forgetSlab());
  readonly #sends: TurnSends;
  /** How many watches receive. */
  receivers = 0;
  /** The watches that have an event which no batch brings. */
  #owed: ReactorWatch[] = [];
  /** The traffic of the watch whose handler is running. */
  #shown: WatchTraffic | undefined;

  /** `onOwed` is called when there is an event which no batch brings: `deliverOwed()` delivers it. */
  constructor(errors: HandlerErrors, onOwed: () => void) {
    this.#errors = errors;
    this.#onOwed = onOwed;
    this.#sends = new TurnSends({
      keeps: (watch) => watch.unsentBegins(),
      failed: (watch, error) => this.#fail(watch, error),
    });
  }

  get hasSends(): boolean {
    return !this.#sends.isEmpty;
  }

  get isOwing(): boolean {
    return this.#owed.length > 0;
  }

  /** Reads for the events of `batch` from `first` on. Returns where the group of events ends that it has read for. */
  beginGroup(batch: Batch<ReactorWatch>, first: number): number {
    this.#sends.flush();
    return this.receivers === 0 ? batch.length : this.#reads.make(batch, first);
  }

  /** The handlers of the group have run. */
  endGroup(): void {
    this.#sends.flush();
    this.#reads.finish(this.#keep);
  }

  /** Delivers one event. False: the event was nobody's. */
  deliver(watch: ReactorWatch, traffic: WatchTraffic, readiness: number): boolean {
    let isOurs = true;
    if (traffic.hasUnsent && (readiness & (WRITABLE | HANGUP | ERROR)) !== 0) isOurs = this.#sendUnsent(watch, traffic);
    // What still waits has used up the room.
    const told = traffic.hasUnsent ? readiness & ~WRITABLE : readiness;
    let due = watch.isSpent || watch.mustDisarm ? 0 : told & watch.deliverable;
    if (due !== 0) {
      isOurs = true;
      watch.beginEvent();
    }
    if (traffic.failure !== undefined) due |= ERROR;
    if (due === 0) return isOurs;
    if ((due & READABLE) !== 0) {
      if (traffic.read !== NO_READ) this.#reads.show(traffic);
      else if (traffic.kept !== undefined) this.#showKept(watch, traffic);
      else if (traffic.receive > 0) this.#reads.readNow(watch, traffic);
    }
    this.#call(watch, traffic, due);
    return true;
  }

  /** Delivers the events that no batch brings. */
  deliverOwed(): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const watch of owed) this.#deliverOwedTo(watch, watch.traffic!);
    this.#sends.flush();
  }

  /** `watch` may get again what was kept for it. */
  resumed(watch: ReactorWatch): void {
    const { traffic, deliverable } = watch;
    if (traffic?.kept !== undefined && (deliverable & READABLE) !== 0) this.#owe(watch, traffic);
  }

  send(watch: ReactorWatch, buffer: ArrayBufferView, offset: number, length: number | undefined): void {
    this.#sends.add(watch, buffer, offset, length, this.#shown);
  }

  /** Makes the sends of the turn. Calls nothing of the user. */
  flush(): void {
    this.#sends.flush();
  }

  /** Makes the sends of the turn if one is of `watch`. */
  flushFor(watch: ReactorWatch): void {
    if (this.#sends.has(watch)) this.#sends.flush();
  }

  /** `watch` has ended. */
  forget(watch: ReactorWatch): void {
    if (watch.traffic!.receive > 0) this.receivers--;
    this.#sends.withdraw(watch);
  }

  #call(watch: ReactorWatch, traffic: WatchTraffic, due: number): void {
    traffic.showFailure();
    this.#shown = traffic;
    this.#errors.deliver(watch, due);
    this.#shown = undefined;
    traffic.hide();
  }

  readonly #keep = (watch: ReactorWatch): void => this.resumed(watch);

  /** The kernel has told an edge of what is kept, and perhaps of more, which the handler did not see. */
  #showKept(watch: ReactorWatch, traffic: WatchTraffic): void {
    traffic.showKept();
    if ((watch.interest & (EDGE | ONESHOT)) === EDGE) watch.rearm();
  }

  #owe(watch: ReactorWatch, traffic: WatchTraffic): void {
    if (traffic.isOwed) return;
    traffic.isOwed = true;
    this.#owed.push(watch);
    this.#onOwed();
  }

  #deliverOwedTo(watch: ReactorWatch, traffic: WatchTraffic): void {
    traffic.isOwed = false;
    if (watch.closed) return;
    const { kept } = traffic;
    const mayRead = kept !== undefined && (watch.deliverable & READABLE) !== 0 && !watch.mustDisarm && !watch.isSpent;
    let due = traffic.failure === undefined ? 0 : ERROR;
    if (mayRead) {
      due |= READABLE | (kept.readiness & watch.deliverable & ~WRITABLE);
      watch.takeEvent();
      this.#showKept(watch, traffic);
    }
    if (due !== 0) this.#call(watch, traffic, due);
  }

  /** Writes what waits. Says whether anything was written. */
  #sendUnsent(watch: ReactorWatch, traffic: WatchTraffic): boolean {
    const unsent = traffic.unsent!;
    const before = unsent.length;
    let error: SystemError | undefined;
    try {
      unsent.writeTo(watch.fd);
    } catch (reason) {
      error = reason as SystemError;
    }
    if (error !== undefined) traffic.failure ??= error;
    if (unsent.isEmpty) watch.unsentEnds();
    if (unsent.length === before && !unsent.isEmpty) return false;
    watch.touch();
    const { onDrain } = traffic;
    if (!unsent.isEmpty || onDrain === undefined || (error !== undefined && unsent.isStream)) return true;
    this.#errors.guard(() => watch.runInAsyncScope(onDrain, undefined, watch), watch);
    return true;
  }

  #fail(watch: ReactorWatch, error: SystemError): void {
    const traffic = watch.traffic!;
    traffic.failure ??= error;
    if (traffic.hasUnsent && traffic.unsent!.isStream) {
      traffic.unsent!.clear();
      watch.unsentEnds();
    }
    this.#owe(watch, traffic);
  }
}
