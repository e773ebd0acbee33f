import { EDGE, READABLE } from '../../interest.js';
import type { PollEvent } from '../../poller.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { drain, receive, send } from '../kit/transfer.js';

export const batchClauses: readonly Clause[] = [
  {
    id: 'batch.1',
    title: 'a batch holds events up to its capacity, and the next waits deliver the rest',
    promise:
      'A batch holds as many events as are ready, up to the capacity. The next waits deliver the rest, and no descriptor twice if it is drained.',
    needs: ['capacity'],
    run({ open, expect, each }) {
      each(
        [
          [1, 5],
          [2, 5],
          [3, 13],
          [4, 4],
          [10, 3],
        ] as const,
        ([capacity, count]) => {
          const poller = open.poller({ capacity });
          const readers = open.readyPipes(count);
          for (const fd of readers) poller.add(fd, READABLE);
          const seen: number[] = [];
          while (seen.length < count) {
            const batch = poller.wait(0);
            expect.equal(batch.length, Math.min(capacity, count - seen.length), 'length');
            for (const { fd } of batch) {
              seen.push(fd);
              drain(fd);
            }
          }
          expect.none(poller);
          expect.equal(
            seen.sort((a, b) => a - b),
            readers,
            'descriptors',
          );
        },
      );
    },
  },
  {
    id: 'batch.2',
    title: 'level registrations beyond the capacity are reported in turn',
    promise:
      'When more level registrations are ready than a batch holds, they are reported in turn: the numbers of their reports never differ by more than one.',
    needs: ['capacity'],
    run({ open, expect, each }) {
      each(
        [
          [1, 5],
          [2, 5],
          [3, 13],
          [4, 4],
        ] as const,
        ([capacity, count]) => {
          const poller = open.poller({ capacity });
          const readers = open.readyPipes(count);
          for (const fd of readers) poller.add(fd, READABLE);
          const served = new Map(readers.map((fd) => [fd, 0]));
          for (let wait = 0; wait < count * 4; wait++) {
            const batch = poller.wait(0);
            expect.equal(batch.length, capacity, 'length');
            for (const { fd } of batch) served.set(fd, served.get(fd)! + 1);
            const counts = [...served.values()];
            expect.ok(Math.max(...counts) - Math.min(...counts) <= 1, `after ${wait + 1} waits: ${counts.join(' ')}`);
          }
        },
      );
    },
  },
  {
    id: 'batch.3',
    title: 'edges beyond the capacity are delivered by the next waits',
    promise: 'When more edge registrations are ready than a batch holds, the next waits deliver the others, each once.',
    needs: ['edge', 'capacity'],
    run({ open, expect, each, environment }) {
      each(
        modesOf(environment.capabilities).filter(({ mode }) => (mode & EDGE) !== 0),
        ({ mode }) => {
          const poller = open.poller({ capacity: 3 });
          const readers = open.readyPipes(13);
          for (const fd of readers) poller.add(fd, mode | READABLE);
          const seen: number[] = [];
          for (let batch = poller.wait(0); batch.length > 0; batch = poller.wait(0)) {
            expect.equal(batch.length, Math.min(3, 13 - seen.length), 'length');
            for (const { fd } of batch) seen.push(fd);
          }
          expect.equal(
            seen.sort((a, b) => a - b),
            readers,
            'descriptors',
          );
        },
      );
    },
  },
  {
    id: 'batch.4',
    title: 'an event from an iteration stays as it is',
    promise: 'Iteration yields plain objects that do not change after further waits or after remove().',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = [open.readyPipe(), open.readyPipe()];
      poller.add(a, READABLE, 'a');
      const kept: PollEvent[] = [...poller.wait(0)];
      poller.remove(a);
      poller.add(b, READABLE, 'b');
      expect.events(poller, [b, READABLE, 'b']);
      const [{ fd, readiness, data, readable, writable, priority, readClosed, hangup, error }] = kept as [PollEvent];
      expect.equal(kept.length, 1, 'events');
      expect.equal(
        { fd, readiness, data, readable, writable, priority, readClosed, hangup, error },
        {
          fd: a,
          readiness: READABLE,
          data: 'a',
          readable: true,
          writable: false,
          priority: false,
          readClosed: false,
          hangup: false,
          error: false,
        },
        'event',
      );
    },
  },
  {
    id: 'batch.5',
    title: 'an accessor with an index outside the batch throws',
    promise:
      'fdAt(), readinessAt() and dataAt() throw ERR_OUT_OF_RANGE when the index is not in the batch, and ERR_INVALID_ARG_TYPE when the index is no number.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      poller.add(open.readyPipe(), READABLE);
      const batch = poller.wait(0);
      expect.equal(batch.length, 1, 'length');
      const accessors = ['fdAt', 'readinessAt', 'dataAt'] as const;
      each([1, -1, 0.5, NaN, Infinity, 2 ** 32], (index) => {
        for (const name of accessors) expect.refuses(() => batch[name](index), RangeError, 'ERR_OUT_OF_RANGE');
      });
      each([undefined, null, '0', 0n], (index) => {
        for (const name of accessors)
          expect.refuses(() => batch[name](index as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      });
    },
  },
  {
    id: 'batch.6',
    title: 'a wait without events returns an empty batch',
    promise:
      'A wait that ends without an event returns a batch of length 0 that iterates over nothing, whatever the previous batch held.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      send(writer);
      expect.events(poller, [reader, READABLE]);
      receive(reader);
      for (const timeoutMs of [0, 1]) {
        const batch = poller.wait(timeoutMs);
        expect.equal([batch.length, [...batch], batch.woken], [0, [], false], 'length, events, woken');
        expect.refuses(() => batch.fdAt(0), RangeError, 'ERR_OUT_OF_RANGE');
      }
    },
  },
  {
    id: 'batch.7',
    title: 'a batch can be iterated several times at once',
    promise: 'Several iterations of one batch do not disturb each other, and each of them yields all events.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      for (const fd of open.readyPipes(3)) poller.add(fd, READABLE);
      const batch = poller.wait(0);
      const pairs = [...batch].flatMap((outer) => [...batch].map((inner) => `${outer.fd} ${inner.fd}`));
      expect.equal(new Set(pairs).size, 9, 'pairs');
    },
  },
  {
    id: 'batch.8',
    title: 'the batches of two pollers are independent',
    promise: 'The batch of one poller stays valid while another poller waits.',
    needs: ['javascript'],
    run({ open, expect }) {
      const [first, second] = [open.poller(), open.poller()];
      const [a, b] = [open.readyPipe(), open.readyPipe()];
      first.add(a, READABLE, 'a');
      second.add(b, READABLE, 'b');
      const [batchOfFirst, batchOfSecond] = [first.wait(0), second.wait(0)];
      expect.batch(batchOfFirst, [[a, READABLE, 'a']]);
      expect.batch(batchOfSecond, [[b, READABLE, 'b']]);
    },
  },
  {
    id: 'batch.9',
    title: 'a closed descriptor takes no place in a batch',
    promise:
      'A descriptor that was closed does not use up the capacity: with a capacity of 1 the descriptor that is still open is delivered.',
    needs: ['capacity'],
    run({ open, expect, close }) {
      const poller = open.poller({ capacity: 1 });
      const [closed, live] = [open.readyPipe(), open.readyPipe()];
      poller.add(closed, READABLE);
      poller.add(live, READABLE);
      close(closed);
      for (let round = 0; round < 3; round++) expect.events(poller, [live, READABLE]);
    },
  },
  {
    id: 'batch.10',
    title: 'a descriptor that becomes ready later is delivered within one round',
    promise:
      'A descriptor that becomes ready while others stay ready is delivered within one round, in which each ready descriptor is delivered once.',
    needs: ['capacity'],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 2 });
      for (const fd of open.readyPipes(6)) poller.add(fd, READABLE);
      const [late, writer] = open.pipe();
      poller.add(late, READABLE);
      for (let wait = 0; wait < 5; wait++) poller.wait(0);
      send(writer);
      const seen = Array.from({ length: 4 }, () => [...poller.wait(0)].map(({ fd }) => fd)).flat();
      expect.ok(seen.includes(late), `${late} is not in ${seen.join(' ')}`);
    },
  },
  {
    id: 'batch.11',
    title: 'reading the events of a batch does not affect the next wait',
    promise: 'The next wait delivers the same events whether the events of the last batch were read or not.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE);
        expect.equal(poller.wait(0).length, 1, 'length');
        if (mode === 0) expect.events(poller, [reader, READABLE]);
        else expect.none(poller);
      });
    },
  },
  {
    id: 'batch.12',
    title: 'iteration yields the events in the order of their indexes',
    promise: 'Each iteration yields the events of a batch in the order of the indexes 0 … length−1.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      for (const fd of open.readyPipes(7)) poller.add(fd, READABLE, `data ${fd}`);
      const batch = poller.wait(0);
      const indexed = Array.from({ length: batch.length }, (_, index) => [batch.fdAt(index), batch.dataAt(index)]);
      expect.equal(indexed.length, 7, 'length');
      for (let round = 0; round < 2; round++)
        expect.equal(
          [...batch].map(({ fd, data }) => [fd, data]),
          indexed,
          'iteration',
        );
    },
  },
  {
    id: 'batch.13',
    title: 'an event that comes after a wait belongs to the next batch',
    promise:
      'A batch does not change after its wait: what becomes ready or is woken while its events are handled is delivered by the next wait.',
    needs: ['javascript'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [first, second] = [open.pipe(), open.pipe()];
        for (const [reader] of [first, second]) poller.add(reader, mode | READABLE);
        send(first[1]);
        const batch = poller.wait(0);
        const seen: number[] = [];
        for (const { fd } of batch) {
          if (seen.push(fd) > 1) break;
          receive(fd);
          send(second[1]);
          poller.wake();
        }
        expect.equal(seen, [first[0]], 'events of the first batch');
        expect.equal([batch.length, batch.woken], [1, false], 'length, woken of the first batch');
        const later = new Set<number>();
        let isWoken = false;
        for (let wait = 0; wait < 2; wait++) {
          const next = poller.wait(0);
          isWoken ||= next.woken;
          for (const { fd } of next) later.add(fd);
        }
        expect.equal([[...later], isWoken], [[second[0]], true], 'descriptors and wake of the next two waits');
      });
    },
  },
  {
    id: 'batch.14',
    title: 'an edge that waits for its turn is delivered before another edge comes again',
    promise:
      'When more edge registrations are ready than a batch holds, each is delivered before one of them is delivered twice.',
    needs: ['edge', 'capacity'],
    run({ open, expect, each }) {
      each(
        [
          [1, 3],
          [2, 7],
          [3, 4],
        ] as const,
        ([capacity, count]) => {
          const poller = open.poller({ capacity });
          const writers = new Map(Array.from({ length: count }, () => open.pipe()));
          for (const reader of writers.keys()) poller.add(reader, EDGE | READABLE);
          for (const writer of writers.values()) send(writer);
          const served = new Map([...writers.keys()].map((fd) => [fd, 0]));
          for (let wait = 0; wait < count * 3; wait++) {
            const batch = poller.wait(0);
            expect.equal(batch.length, capacity, 'length');
            for (const { fd } of batch) {
              served.set(fd, served.get(fd)! + 1);
              drain(fd);
              send(writers.get(fd)!);
            }
            const counts = [...served.values()];
            expect.ok(Math.max(...counts) - Math.min(...counts) <= 1, `after ${wait + 1} waits: ${counts.join(' ')}`);
          }
        },
      );
    },
  },
];
