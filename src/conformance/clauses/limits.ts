import { READABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import { openDescriptors, openNumbers } from '../kit/descriptors.js';
import { send } from '../kit/transfer.js';

const MANY = 1500;
const DEFAULT_CAPACITY = 1024;

/** Uses up the descriptors of this process except `spare`. */
function exhaust({ own }: Context, source: number, spare: number): void {
  const taken: number[] = [];
  try {
    for (;;) taken.push(sys.dup(source));
  } catch {
    for (const fd of taken.splice(taken.length - spare)) sys.close(fd);
  }
  for (const fd of taken) own(fd);
}

export const limitsClauses: readonly Clause[] = [
  {
    id: 'limits.1',
    title: 'createPoller() with an invalid capacity throws',
    promise:
      'createPoller() throws ERR_OUT_OF_RANGE when the capacity is no integer from 1 to 65536, and ERR_INVALID_ARG_TYPE when it is no number.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      each([0, -1, 0.5, NaN, 65537, Infinity], (capacity) => {
        expect.refuses(() => open.poller({ capacity }), RangeError, 'ERR_OUT_OF_RANGE');
      });
      each(['5', null, 5n, {}], (capacity) => {
        expect.refuses(() => open.poller({ capacity: capacity as number }), TypeError, 'ERR_INVALID_ARG_TYPE');
      });
    },
  },
  {
    id: 'limits.2',
    title: 'pollers with capacities of 1 and of 65536 open and deliver events',
    promise: 'createPoller() accepts the least capacity, 1, and the greatest, 65536, and both pollers deliver events.',
    needs: ['capacity'],
    run({ open, expect, each }) {
      each([1, 65536], (capacity) => {
        const poller = open.poller({ capacity });
        const reader = open.readyPipe();
        poller.add(reader, READABLE);
        expect.events(poller, [reader, READABLE]);
      });
    },
  },
  {
    id: 'limits.3',
    title: `${MANY} ready descriptors come in one batch`,
    promise: `A batch holds all descriptors that are ready, even ${MANY} of them, if the capacity allows it.`,
    needs: ['ownProcess'],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 4096 });
      const source = open.readyPipe();
      const fds = Array.from({ length: MANY }, () => open.dup(source));
      for (const fd of fds) poller.add(fd, READABLE, fd);
      expect.equal(poller.size, MANY, 'size');
      expect.batch(
        poller.wait(0),
        fds.map((fd) => [fd, READABLE, fd] as const),
      );
    },
  },
  {
    id: 'limits.4',
    title: 'descriptors with numbers above 1024 are reported',
    promise: 'Descriptors with numbers above the 1024 of select(2) are registered and reported like any others.',
    needs: ['ownProcess'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      let high = open.dup(reader);
      while (high <= 1100) high = open.dup(reader);
      poller.add(high, READABLE, 'high');
      expect.none(poller);
      send(writer);
      expect.events(poller, [high, READABLE, 'high']);
      poller.remove(high);
      expect.none(poller);
    },
  },
  {
    id: 'limits.5',
    title: `one ready descriptor among ${MANY} registrations is reported`,
    promise: `Among ${MANY} registrations, exactly the descriptor that is ready is reported.`,
    needs: ['ownProcess'],
    run({ open, expect }) {
      const poller = open.poller();
      const [idle] = open.pipe();
      for (let count = 0; count < MANY; count++) poller.add(open.dup(idle), READABLE, count);
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE, 'the one');
      expect.none(poller);
      send(writer);
      expect.events(poller, [reader, READABLE, 'the one']);
    },
  },
  {
    id: 'limits.6',
    title: 'createPoller() without a free descriptor fails with EMFILE and leaves none open',
    promise:
      'createPoller() fails with EMFILE when the process has no descriptor left, or too few, and leaves no descriptor open.',
    needs: ['ownProcess', 'inProcess'],
    run(context) {
      const { open, expect, scope } = context;
      const source = open.readyPipe();
      const mark = scope.mark();
      for (const spare of [0, 1]) {
        exhaust(context, source, spare);
        const before = openNumbers();
        try {
          open.poller().close();
          expect.ok(spare > 0, 'a poller was opened without a descriptor');
        } catch (error) {
          expect.fails(() => {
            throw error;
          }, 'EMFILE');
        }
        expect.settles(openNumbers, before, 'numbers in use');
        scope.unwind(mark);
      }
      expect.none(open.poller());
    },
  },
  {
    id: 'limits.7',
    title: 'an open poller works while the process has no descriptor left',
    promise:
      'wait(), add(), modify() and remove() need no further descriptor, so an open poller works in a process that has none left.',
    needs: ['ownProcess', 'inProcess'],
    run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      exhaust(context, reader, 0);
      poller.add(reader, READABLE);
      expect.none(poller);
      send(writer);
      expect.events(poller, [reader, READABLE]);
      poller.modify(reader, 0);
      expect.none(poller);
      poller.wake();
      expect.wake(poller);
      poller.remove(reader);
      expect.none(poller);
    },
  },
  {
    id: 'limits.8',
    title: 'opening and closing pollers leaves no descriptor open',
    promise:
      'Pollers can be opened and closed any number of times, because close() returns every descriptor to the system.',
    needs: ['inProcess'],
    run({ open, expect }) {
      const reader = open.readyPipe();
      const before = openDescriptors().size;
      for (let count = 0; count < 200; count++) {
        const poller = open.poller();
        poller.add(reader, READABLE);
        poller.wake();
        poller.wait(0);
        poller.close();
      }
      expect.settles(() => openDescriptors().size, before, 'open descriptors');
    },
  },
  {
    id: 'limits.9',
    title: 'many open pollers are independent',
    promise: 'Many pollers can be open at once, each with its own registrations and wakes.',
    needs: ['wake'],
    run({ open, expect }) {
      const reader = open.readyPipe();
      const pollers = Array.from({ length: 50 }, () => open.poller());
      for (const [index, poller] of pollers.entries()) if (index % 2 === 0) poller.add(reader, READABLE, index);
      for (const [index, poller] of pollers.entries()) {
        if (index % 2 === 0) expect.events(poller, [reader, READABLE, index]);
        else expect.none(poller);
      }
      pollers[7]!.wake();
      for (const [index, poller] of pollers.entries())
        expect.equal(poller.wait(0).woken, index === 7, `woken of ${index}`);
    },
  },
  {
    id: 'limits.10',
    title: 'a number can be added and removed any number of times',
    promise: 'After a number was added and removed many times, the last registration is the one that counts.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      for (let count = 0; count < 5000; count++) {
        poller.add(reader, READABLE, count);
        if (count % 500 === 0) expect.events(poller, [reader, READABLE, count]);
        poller.remove(reader);
      }
      expect.equal(poller.size, 0, 'size');
      expect.none(poller);
    },
  },
  {
    id: 'limits.11',
    title: `a batch holds ${DEFAULT_CAPACITY} events by default`,
    promise: `createPoller() without a capacity opens a poller whose batches hold ${DEFAULT_CAPACITY} events at most.`,
    needs: ['ownProcess', 'capacity'],
    run({ open, expect }) {
      const poller = open.poller();
      const source = open.readyPipe();
      for (let count = 0; count <= DEFAULT_CAPACITY; count++) poller.add(open.dup(source), READABLE);
      for (let round = 0; round < 2; round++) expect.equal(poller.wait(0).length, DEFAULT_CAPACITY, 'length');
    },
  },
];
