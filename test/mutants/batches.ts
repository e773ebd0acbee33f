import { EDGE, EXCLUSIVE, ONESHOT, type Batch, type PollerOptions } from 'pollux';
import * as sys from 'pollux/sys';
import type { Delivery, Mutant, Mutation } from './mutant.js';
import { type Row, eventOf, invented } from './rows.js';

const MODES = EDGE | ONESHOT;
const LARGE = 1024;
let lastBatchRows: readonly Row[] = [];

/** The options with a large capacity in the place of a small one. */
function enlarged(options: PollerOptions): PollerOptions {
  const { capacity } = options;
  return typeof capacity === 'number' && capacity >= 1 && capacity < 100 ? { ...options, capacity: LARGE } : options;
}

/** Waits, and adds the kept events of descriptors without a new event. */
function withKept(mutant: Mutant, timeoutMs: number | undefined): { kept: Row[]; delivery: Delivery } {
  const before = ((mutant.memory.get('kept') as Row[] | undefined) ?? []).filter(({ isLive }) => isLive());
  const delivery = mutant.look(before.length > 0 ? 0 : timeoutMs);
  return { kept: before.filter(({ fd }) => !delivery.rows.some((row) => row.fd === fd)), delivery };
}

/** Delivers as many of `rows` as fit, and keeps the others. */
function inTurn(mutant: Mutant, { woken }: Delivery, rows: readonly Row[]): Delivery {
  const lasting = rows.map((row) => {
    const [data, interest] = [row.data(), mutant.interestOf(row.fd)];
    return { ...row, data: () => data, isLive: () => mutant.interestOf(row.fd) === interest };
  });
  mutant.memory.set('kept', lasting.slice(mutant.capacity));
  return { rows: lasting.slice(0, mutant.capacity), woken };
}

function accessorsOf(batch: Batch): Omit<Batch, typeof Symbol.iterator> {
  return {
    length: batch.length,
    woken: batch.woken,
    fdAt: (index) => batch.fdAt(index),
    readinessAt: (index) => batch.readinessAt(index),
    dataAt: (index) => batch.dataAt(index),
  };
}

/** Faults of batches. */
export const BATCHES: Readonly<Record<string, Mutation>> = {
  'over-capacity': {
    wrong: 'a batch holds more than its capacity',
    options: enlarged,
  },
  'overflow-lost': {
    wrong: 'events that do not fit into a batch are lost',
    options: enlarged,
    rows(rows) {
      return rows.slice(0, this.capacity);
    },
  },
  unfair: {
    wrong: 'the lowest numbers are always delivered first',
    options: enlarged,
    rows(rows) {
      const sorted = [...rows].sort((a, b) => a.fd - b.fd);
      for (const { fd } of sorted.slice(this.capacity)) {
        const interest = this.interestOf(fd);
        if ((interest & MODES) !== 0) this.inner.modify(fd, interest & ~EXCLUSIVE);
      }
      return sorted.slice(0, this.capacity);
    },
  },
  'overflow-in-javascript': {
    wrong: 'events that do not fit into a batch are taken from the kernel and kept in JavaScript',
    options: enlarged,
    wait(timeoutMs) {
      const { kept, delivery } = withKept(this, timeoutMs);
      return inTurn(this, delivery, [...kept, ...delivery.rows]);
    },
  },
  'latest-first': {
    wrong: 'an event that comes again is delivered before events that wait for their turn',
    options: enlarged,
    wait(timeoutMs) {
      const { kept, delivery } = withKept(this, timeoutMs);
      return inTurn(this, delivery, [...delivery.rows, ...kept]);
    },
  },
  'iterates-backwards': {
    wrong: 'iteration begins with the last event',
    batch(batch) {
      return {
        ...accessorsOf(batch),
        *[Symbol.iterator]() {
          yield* [...batch].reverse();
        },
      };
    },
  },
  'batch-grows': {
    wrong: 'an iteration that reaches its end adds what is ready by then',
    batch(batch) {
      const look = (): Row[] => (this.inner.closed ? [] : this.look(0).rows);
      return {
        ...accessorsOf(batch),
        *[Symbol.iterator]() {
          yield* batch;
          for (const row of batch.length > 0 ? look() : []) yield eventOf(row);
        },
      };
    },
  },
  'batch-of-one-less': {
    wrong: 'a batch holds one event less than its capacity',
    rows(rows) {
      return rows.length > 1 ? rows.slice(1) : rows;
    },
  },
  'closed-take-places': {
    wrong: 'closed descriptors take places in the batch',
    rows(rows) {
      const closed = [...this.interests.keys()].filter((fd) => {
        try {
          sys.isNonBlocking(fd);
          return false;
        } catch {
          return true;
        }
      });
      return rows.slice(0, Math.max(0, this.capacity - closed.length));
    },
  },
  'at-most-1024': {
    wrong: 'a batch never has more than 1024 events',
    rows: (rows) => rows.slice(0, 1024),
  },
  'first-1000-only': {
    wrong: 'only the first 1000 registrations are checked',
    rows(rows) {
      const looked = new Set([...this.interests.keys()].slice(0, 1000));
      return rows.filter(({ fd }) => looked.has(fd));
    },
  },
  'stale-kept': {
    wrong: 'events of the current batch stay valid after remove() and close()',
    rows: (rows) =>
      rows.map((row) => ({
        ...row,
        data: (
          (data) => () =>
            data
        )(row.data()),
        isLive: () => true,
      })),
  },
  'generation-ignored': {
    wrong: 'an event is taken for one of the registration that has the number now',
    rows(rows) {
      return rows.map((row) => ({
        ...row,
        isLive: () => !this.inner.closed && this.inner.has(row.fd),
      }));
    },
  },
  'one-event-object': {
    wrong: 'iteration yields the same object each time',
    batch(batch) {
      const shared = (this.memory.get('event') ?? this.memory.set('event', {}).get('event')) as object;
      return {
        length: batch.length,
        woken: batch.woken,
        fdAt: (index) => batch.fdAt(index),
        readinessAt: (index) => batch.readinessAt(index),
        dataAt: (index) => batch.dataAt(index),
        *[Symbol.iterator]() {
          for (const event of batch) yield Object.assign(shared, event) as typeof event;
        },
      };
    },
  },
  'index-unchecked': {
    wrong: 'an index outside the batch is undefined',
    batch(batch, rows) {
      return {
        length: batch.length,
        woken: batch.woken,
        fdAt: (index) => rows[index]?.fd ?? -1,
        readinessAt: (index) => (rows[index] === undefined ? 0 : batch.readinessAt(index)),
        dataAt: (index) => (rows[index] === undefined ? undefined : batch.dataAt(index)),
        [Symbol.iterator]: () => batch[Symbol.iterator](),
      };
    },
  },
  'iterates-once': {
    wrong: 'a batch can be iterated once',
    batch(batch) {
      let iterations = 0;
      return {
        length: batch.length,
        woken: batch.woken,
        fdAt: (index) => batch.fdAt(index),
        readinessAt: (index) => batch.readinessAt(index),
        dataAt: (index) => batch.dataAt(index),
        *[Symbol.iterator]() {
          if (iterations++ === 0) yield* batch;
        },
      };
    },
  },
  'one-batch-for-all': {
    wrong: 'all pollers share one batch',
    batch(batch, rows) {
      lastBatchRows = rows;
      const shared = (index: number): Row => {
        batch.fdAt(index);
        return lastBatchRows[index] ?? invented(-1, 0);
      };
      return {
        length: batch.length,
        woken: batch.woken,
        fdAt: (index) => shared(index).fd,
        readinessAt: (index) => (shared(index).isLive() ? shared(index).readiness : 0),
        dataAt: (index) => shared(index).data(),
        [Symbol.iterator]: () => batch[Symbol.iterator](),
      };
    },
  },
  'uniterated-comes-again': {
    wrong: 'an event that was not read is delivered again',
    rows(rows) {
      const unseen = ((this.memory.get('unseen') as Row[] | undefined) ?? []).filter(
        ({ fd, isLive }) => isLive() && !rows.some((row) => row.fd === fd),
      );
      const all = [...rows, ...unseen];
      this.memory.set('unseen', all);
      return all.map((row) => ({ ...row, isLive: () => (this.memory.set('unseen', []), row.isLive()) }));
    },
  },
};
