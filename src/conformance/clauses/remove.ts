import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { receive, send } from '../kit/transfer.js';

export const removeClauses: readonly Clause[] = [
  {
    id: 'remove.1',
    title: 'a removed descriptor is not reported',
    promise:
      'After remove() no event of the registration is delivered, whether the descriptor is ready already or becomes ready later.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        send(writer);
        poller.add(reader, mode | READABLE, 'data');
        poller.remove(reader);
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
        expect.none(poller);
        send(writer);
        expect.none(poller);
      });
    },
  },
  {
    id: 'remove.2',
    title: 'remove() makes the event of the current batch stale',
    promise:
      'After remove() the event of the descriptor in the current batch has readiness 0 and no data, and iteration omits it. The other events stay.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = [open.readyPipe(), open.readyPipe()];
      poller.add(a, READABLE, 'a');
      poller.add(b, READABLE, 'b');
      const batch = poller.wait(0);
      expect.equal(batch.length, 2, 'length');
      const [indexOfA, indexOfB] = batch.fdAt(0) === a ? [0, 1] : [1, 0];
      poller.remove(a);
      expect.equal([batch.length, batch.fdAt(indexOfA)], [2, a], 'length, fdAt()');
      expect.equal(
        [batch.readinessAt(indexOfA), batch.dataAt(indexOfA)],
        [0, undefined],
        'readiness and data of what was removed',
      );
      expect.equal(
        [batch.readinessAt(indexOfB), batch.dataAt(indexOfB)],
        [READABLE, 'b'],
        'readiness and data of the other',
      );
      expect.equal(
        [...batch].map(({ fd }) => fd),
        [b],
        'iteration',
      );
      expect.events(poller, [b, READABLE, 'b']);
    },
  },
  {
    id: 'remove.3',
    title: 'iteration omits an event whose descriptor is removed meanwhile',
    promise: 'A handler may remove other descriptors while a batch is iterated. The iteration then omits their events.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const readers = open.readyPipes(4);
      for (const fd of readers) poller.add(fd, READABLE);
      const seen: number[] = [];
      for (const { fd } of poller.wait(0)) {
        seen.push(fd);
        for (const other of readers) if (other !== fd && poller.has(other)) poller.remove(other);
      }
      expect.equal(seen.length, 1, 'events seen');
      expect.events(poller, [seen[0]!, READABLE]);
    },
  },
  {
    id: 'remove.4',
    title: 'remove() followed by add() makes a new registration',
    promise:
      'After remove() and add() of the same number, the event of the old registration is stale and the next wait reports the new registration.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'old');
      const batch = poller.wait(0);
      expect.equal(batch.length, 1, 'length');
      poller.remove(reader);
      poller.add(reader, READABLE, 'new');
      expect.equal([batch.readinessAt(0), batch.dataAt(0)], [0, undefined], 'readiness and data of the old event');
      expect.equal([...batch], [], 'iteration');
      expect.events(poller, [reader, READABLE, 'new']);
    },
  },
  {
    id: 'remove.5',
    title: 'remove() of a descriptor that is not registered fails with ENOENT',
    promise: 'remove() fails with ENOENT when the descriptor is open and not registered, or no longer registered.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      expect.fails(() => poller.remove(reader), 'ENOENT');
      poller.add(reader, READABLE);
      expect.fails(() => poller.remove(writer), 'ENOENT');
      poller.remove(reader);
      expect.fails(() => poller.remove(reader), 'ENOENT');
      expect.equal(poller.size, 0, 'size');
    },
  },
  {
    id: 'remove.6',
    title: 'remove() of a number that is not open fails with EBADF',
    promise: 'remove() of a number that is not open and was never registered fails with EBADF.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      expect.fails(() => poller.remove(open.unusedNumber()), 'EBADF');
      expect.equal(poller.size, 0, 'size');
    },
  },
  {
    id: 'remove.7',
    title: 'a new registration does not inherit the data of a removed one',
    promise:
      'A registration made without data has data undefined, even if an earlier registration of the same number had data.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'old');
      poller.remove(reader);
      poller.add(reader, READABLE);
      expect.events(poller, [reader, READABLE, undefined]);
    },
  },
  {
    id: 'remove.8',
    title: 'remove() leaves the events of other registrations as they are',
    promise: 'remove() of one registration does not change the events of the others.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const readers = open.readyPipes(5);
      for (const fd of readers) poller.add(fd, READABLE, fd);
      for (let left = 4; left >= 0; left--) {
        poller.remove(readers[left]!);
        expect.equal(poller.size, left, 'size');
        const batch = poller.wait(0);
        expect.batch(
          batch,
          readers.slice(0, left).map((fd) => [fd, READABLE, fd] as const),
        );
      }
    },
  },
  {
    id: 'remove.9',
    title: 'add(), remove() and add() without a wait between them leave one registration',
    promise:
      'When a number is registered several times in a row, only the last registration counts, and it is reported once if it is ready.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, mode | READABLE, 1);
        poller.remove(reader);
        poller.add(reader, mode | READABLE, 2);
        expect.equal(poller.size, 1, 'size');
        expect.held(poller, mode, [reader, READABLE, 2]);
      });
    },
  },
  {
    id: 'remove.10',
    title: 'remove() leaves the descriptor open',
    promise: 'remove() does not close the descriptor, and data that waits in it can still be read.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      send(writer, 'abc');
      expect.events(poller, [reader, READABLE]);
      poller.remove(reader);
      expect.equal(receive(reader), 3, 'bytes read');
    },
  },
  {
    id: 'remove.11',
    title: 'remove() and has() throw on a number that cannot be a descriptor',
    promise:
      'remove() and has() throw ERR_INVALID_ARG_TYPE when the descriptor is no number, and ERR_OUT_OF_RANGE when the number cannot be a descriptor.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([undefined, null, '1', 1n, {}], (fd) => {
        expect.refuses(() => poller.remove(fd as number), TypeError, 'ERR_INVALID_ARG_TYPE');
        expect.refuses(() => poller.has(fd as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      });
      each([-1, 0.5, NaN, 2 ** 31], (fd) => {
        expect.refuses(() => poller.remove(fd), RangeError, 'ERR_OUT_OF_RANGE');
        expect.refuses(() => poller.has(fd), RangeError, 'ERR_OUT_OF_RANGE');
      });
    },
  },
  {
    id: 'remove.12',
    title: 'remove() ends a paused registration and a oneshot registration that has fired',
    promise: 'remove() succeeds for a registration that is paused or disarmed, and its number can be added again.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const [paused, fired] = [open.readyPipe(), open.readyPipe()];
      poller.add(paused, 0);
      poller.add(fired, ONESHOT | READABLE);
      expect.events(poller, [fired, READABLE]);
      for (const fd of [paused, fired]) poller.remove(fd);
      expect.equal([poller.size, poller.has(paused), poller.has(fired)], [0, false, false], 'size, has()');
      expect.none(poller);
      for (const fd of [paused, fired]) poller.add(fd, READABLE, fd);
      expect.events(poller, [paused, READABLE, paused], [fired, READABLE, fired]);
    },
  },
  {
    id: 'remove.13',
    title: 'an edge registration that is removed and added again is reported again',
    promise:
      'A ready descriptor that is removed and added again with EDGE is reported, even if its earlier edge was delivered.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      send(b);
      poller.add(a, EDGE | READABLE | WRITABLE);
      expect.events(poller, [a, READABLE | WRITABLE]);
      expect.none(poller);
      poller.remove(a);
      poller.add(a, EDGE | READABLE | WRITABLE);
      expect.events(poller, [a, READABLE | WRITABLE]);
      expect.none(poller);
    },
  },
];
