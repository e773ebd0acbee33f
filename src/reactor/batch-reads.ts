import { sysBinding } from '../addon/binding.js';
import { FAILED, WOULD_BLOCK } from '../addon/exports.js';
import type { SystemError } from '../errors.js';
import { READABLE } from '../interest.js';
import type { Batch } from '../poller.js';
import { SubmissionQueue } from '../sys/submission-queue.js';
import { memoryOf, newQueue, outOfMemory } from './memory.js';
import { ReactorWatch } from './reactor-watch.js';
import { NO_READ, type WatchTraffic } from './watch-traffic.js';

/** The most reads in one crossing. */
const CAPACITY = 256;
/** The slab doubles when a batch needs more. It is larger than the most only where one read needs that. */
const LEAST_SLAB = 64 * 1024;
const MOST_SLAB = 4 * 1024 * 1024;
/** The bytes between two reads. At distances of 64 KiB the first bytes of all reads would compete for cache lines. */
const GAP = 64;
const NO_BYTES = new Uint8Array(0);

/** The reads of the watches with `receive` of a batch. */
export class BatchReads {
  #queue = new SubmissionQueue({ capacity: CAPACITY });
  #slab: Uint8Array = new Uint8Array(new ArrayBuffer(LEAST_SLAB));
  #used = 0;
  #wanted = LEAST_SLAB;
  /** The watches of the reads, in their order. */
  readonly #watches: ReactorWatch[] = [];
  readonly #onGrowth: () => void;

  /** `onGrowth` is called when the slab has been replaced by a larger one. */
  constructor(onGrowth: () => void) {
    this.#onGrowth = onGrowth;
  }

  /**
   * Makes the reads for the events of `batch` from `first` on. Returns the first event that the slab or the queue has
   * no room for, or the length of the batch: the handlers of the events before it come next, and then `finish()`.
   */
  make(batch: Batch<ReactorWatch>, first: number): number {
    if (this.#slab.length < this.#wanted) this.#grow();
    let index = first;
    for (; index < batch.length; index++) {
      const readiness = batch.readinessAt(index);
      if ((readiness & READABLE) === 0) continue;
      const watch = batch.dataAt(index);
      if (!(watch instanceof ReactorWatch) || watch.traffic === undefined) continue;
      if (!isDue(watch, watch.traffic)) continue;
      if (!this.#add(watch, watch.traffic, readiness)) break;
    }
    if (this.#watches.length > 0) this.#queue.submit();
    return index;
  }

  /** Shows the read of a watch to its handler. */
  show(traffic: WatchTraffic): void {
    const received = this.#queue.resultAt(traffic.read);
    traffic.show(received, received === FAILED ? this.#queue.errorAt(traffic.read) : undefined, this.#slab);
    traffic.read = NO_READ;
  }

  /**
   * Shows a read that is made now: `watch` did not ask for it when the others were made, and an earlier handler of the
   * batch has changed that; or there was no memory for it.
   */
  readNow(watch: ReactorWatch, traffic: WatchTraffic): void {
    const bytes = memoryOf(traffic.receive);
    traffic.offset = 0;
    if (bytes === undefined) return traffic.show(FAILED, outOfMemory(watch.fd), this.#slab);
    try {
      traffic.show(sysBinding().read(watch.fd, bytes, 0, traffic.receive), undefined, bytes);
    } catch (error) {
      traffic.show(FAILED, error as SystemError, bytes);
    }
  }

  /** The handlers have run. `keep` gets the watches whose read was not shown and has taken something. */
  finish(keep: (watch: ReactorWatch) => void): void {
    const count = this.#watches.length;
    if (count === 0) return;
    for (let index = 0; index < count; index++) {
      const watch = this.#watches[index]!;
      const traffic = watch.traffic!;
      if (traffic.read !== NO_READ) this.#keep(watch, traffic, keep);
    }
    this.#watches.length = 0;
    this.#used = 0;
    this.#queue.reset();
  }

  #add(watch: ReactorWatch, traffic: WatchTraffic, readiness: number): boolean {
    const count = this.#watches.length;
    const { receive } = traffic;
    if (this.#used + receive > this.#slab.length || count === CAPACITY) {
      if (count < CAPACITY) this.#wanted = Math.max(receive, Math.min(2 * this.#slab.length, MOST_SLAB));
      if (count > 0) return false;
      this.#grow();
      if (receive > this.#slab.length) return true;
    }
    traffic.read = this.#queue.read(watch.fd, this.#slab, this.#used, receive);
    traffic.offset = this.#used;
    traffic.readiness = readiness;
    this.#used += receive + GAP - (receive % GAP);
    this.#watches.push(watch);
    return true;
  }

  #keep(watch: ReactorWatch, traffic: WatchTraffic, keep: (watch: ReactorWatch) => void): void {
    const { readiness, offset } = traffic;
    this.show(traffic);
    const { received, receiveError: error } = traffic;
    traffic.hide();
    if (watch.closed || received === WOULD_BLOCK) return;
    const bytes = memoryOf(Math.max(0, received));
    bytes?.set(this.#slab.subarray(offset, offset + bytes.length));
    traffic.kept =
      bytes === undefined
        ? { received: FAILED, error: outOfMemory(watch.fd), readiness, bytes: NO_BYTES }
        : { received, error, readiness, bytes };
    keep(watch);
  }

  /** Without memory the slab stays as it is. */
  #grow(): void {
    const slab = memoryOf(Math.max(this.#wanted, this.#slab.length));
    if (slab === undefined) return;
    this.#slab = slab;
    this.#queue = newQueue(CAPACITY) ?? this.#queue;
    this.#onGrowth();
  }
}

/** Whether the handler of `watch` will want to see a read. What was kept comes first, with an event of its own. */
function isDue(watch: ReactorWatch, traffic: WatchTraffic): boolean {
  if (traffic.receive === 0 || traffic.kept !== undefined) return false;
  return (watch.deliverable & READABLE) !== 0 && !watch.mustDisarm && !watch.isSpent;
}
