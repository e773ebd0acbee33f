import { ERROR, HANGUP, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Batch, PollEvent } from '../../poller.js';

/** An event of a driver with the numbers of this process. */
export interface Row {
  readonly fd: number;
  readonly readiness: number;
  readonly data: unknown;
}

/** The events that one answer of a driver had. Whether an event is stale is not asked again. */
export class DriverBatch implements Batch {
  readonly woken: boolean;
  readonly #rows: readonly Row[];

  constructor(rows: readonly Row[], woken: boolean) {
    this.#rows = rows;
    this.woken = woken;
  }

  get length(): number {
    return this.#rows.length;
  }

  fdAt(index: number): number {
    return this.#rows[index]!.fd;
  }

  readinessAt(index: number): number {
    return this.#rows[index]!.readiness;
  }

  dataAt(index: number): unknown {
    return this.#rows[index]!.data;
  }

  *[Symbol.iterator](): IterableIterator<PollEvent> {
    for (const { fd, readiness, data } of this.#rows) {
      yield {
        fd,
        readiness,
        data,
        readable: (readiness & READABLE) !== 0,
        writable: (readiness & WRITABLE) !== 0,
        priority: (readiness & PRIORITY) !== 0,
        readClosed: (readiness & READ_CLOSED) !== 0,
        hangup: (readiness & HANGUP) !== 0,
        error: (readiness & ERROR) !== 0,
      };
    }
  }
}
