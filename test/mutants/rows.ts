import { ERROR, HANGUP, PRIORITY, READABLE, READ_CLOSED, WRITABLE, type Batch, type PollEvent } from 'pollux';

/** One event that a mutant passes on. */
export interface Row {
  readonly fd: number;
  readonly readiness: number;
  /** Read at the time of the access, as in the inner poller. */
  readonly data: () => unknown;
  /** False once the registration was removed. */
  readonly isLive: () => boolean;
}

/** The events of a batch of the inner poller. */
export function rowsOf(batch: Batch): Row[] {
  return Array.from({ length: batch.length }, (_, index) => ({
    fd: batch.fdAt(index),
    readiness: batch.readinessAt(index),
    data: () => batch.dataAt(index),
    isLive: () => batch.readinessAt(index) !== 0,
  }));
}

/** The event with other bits; no event if the bits are 0. */
export function withBits(row: Row, readiness: number): Row[] {
  return readiness === 0 ? [] : [{ ...row, readiness }];
}

/** An event that the inner poller has not reported. */
export function invented(fd: number, readiness: number): Row {
  return { fd, readiness, data: () => undefined, isLive: () => true };
}

export function eventOf(row: Row): PollEvent {
  const { fd, readiness } = row;
  return {
    fd,
    readiness,
    data: row.data(),
    readable: (readiness & READABLE) !== 0,
    writable: (readiness & WRITABLE) !== 0,
    priority: (readiness & PRIORITY) !== 0,
    readClosed: (readiness & READ_CLOSED) !== 0,
    hangup: (readiness & HANGUP) !== 0,
    error: (readiness & ERROR) !== 0,
  };
}

/** A batch over rows. */
export class RowsBatch implements Batch {
  readonly #rows: readonly Row[];
  readonly woken: boolean;

  constructor(rows: readonly Row[], woken: boolean) {
    this.#rows = rows;
    this.woken = woken;
  }

  get length(): number {
    return this.#rows.length;
  }

  fdAt(index: number): number {
    return this.#at(index).fd;
  }

  readinessAt(index: number): number {
    const row = this.#at(index);
    return row.isLive() ? row.readiness : 0;
  }

  dataAt(index: number): unknown {
    const row = this.#at(index);
    return row.isLive() ? row.data() : undefined;
  }

  *[Symbol.iterator](): Iterator<PollEvent> {
    for (const row of this.#rows) if (row.isLive()) yield eventOf(row);
  }

  #at(index: number): Row {
    if (typeof index !== 'number') throw Object.assign(new TypeError('index'), { code: 'ERR_INVALID_ARG_TYPE' });
    const row = this.#rows[index];
    if (row === undefined) throw Object.assign(new RangeError('index'), { code: 'ERR_OUT_OF_RANGE' });
    return row;
  }
}
