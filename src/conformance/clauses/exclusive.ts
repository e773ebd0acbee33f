import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { send } from '../kit/transfer.js';

const MODES = [0, EDGE] as const;

export const exclusiveClauses: readonly Clause[] = [
  {
    id: 'exclusive.1',
    title: 'an exclusive registration delivers the same events as any other',
    promise: 'EXCLUSIVE affects which pollers are woken. It does not affect what one poller delivers.',
    needs: ['exclusive', 'edge'],
    run({ open, expect, each }) {
      each(MODES, (mode) => {
        const poller = open.poller();
        const channel = open.channel();
        poller.add(channel.reader, mode | EXCLUSIVE | READABLE, 'data');
        expect.none(poller);
        for (let round = 0; round < 2; round++) {
          channel.send();
          expect.held(poller, mode, [channel.reader, READABLE, 'data']);
        }
        poller.remove(channel.reader);
        expect.none(poller);
      });
    },
  },
  {
    id: 'exclusive.2',
    title: 'at least one of several pollers reports an exclusive descriptor',
    promise:
      'When several pollers watch a descriptor with EXCLUSIVE, at least one of them reports it, and each of them that waits while it is ready does.',
    needs: ['exclusive'],
    run({ open, expect }) {
      const pollers = [open.poller(), open.poller(), open.poller()];
      const { listener, path } = open.unixListener();
      for (const poller of pollers) poller.add(listener, EXCLUSIVE | READABLE);
      for (const poller of pollers) expect.none(poller);
      expect.equal(sys.connect(open.socket('unix'), { path }), 0, 'connect()');
      const heard = pollers.flatMap((poller) => [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]));
      expect.ok(heard.length >= 1, 'no poller reported the descriptor');
      for (const event of heard) expect.equal(event, [listener, READABLE], 'event');
      open.accept(listener);
      for (const poller of pollers) expect.none(poller);
    },
  },
  {
    id: 'exclusive.3',
    title: 'modify() of an exclusive registration takes effect and re-arms',
    promise:
      'modify() of an exclusive registration replaces interest, mode and data, and a ready descriptor is reported again.',
    needs: ['exclusive', 'edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      send(b);
      poller.add(a, EDGE | EXCLUSIVE | READABLE, 'first');
      expect.events(poller, [a, READABLE, 'first']);
      expect.none(poller);
      poller.modify(a, EDGE | READABLE);
      expect.events(poller, [a, READABLE, 'first']);
      expect.none(poller);
      poller.modify(a, READABLE | WRITABLE, 'second');
      for (let round = 0; round < 2; round++) expect.events(poller, [a, READABLE | WRITABLE, 'second']);
    },
  },
  {
    id: 'exclusive.4',
    title: 'EXCLUSIVE with ONESHOT, PRIORITY or READ_CLOSED, or in modify(), throws a RangeError',
    promise:
      'add() with EXCLUSIVE and ONESHOT, PRIORITY or READ_CLOSED, and modify() with EXCLUSIVE, throw ERR_OUT_OF_RANGE and change nothing.',
    needs: ['exclusive', 'javascript'],
    run({ open, expect, each }) {
      each([ONESHOT, PRIORITY, READ_CLOSED], (bit) => {
        const poller = open.poller();
        const [a] = open.stream();
        expect.refuses(() => poller.add(a, EXCLUSIVE | READABLE | bit), RangeError, 'ERR_OUT_OF_RANGE');
        expect.equal(poller.size, 0, 'size');
        poller.add(a, READABLE);
        expect.refuses(() => poller.modify(a, EXCLUSIVE | READABLE), RangeError, 'ERR_OUT_OF_RANGE');
        expect.none(poller);
      });
    },
  },
  {
    id: 'exclusive.5',
    title: 'an exclusive registration can be paused and resumed',
    promise: 'modify() to interest 0 pauses an exclusive registration, and modify() to another interest resumes it.',
    needs: ['exclusive'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      send(b);
      poller.add(a, EXCLUSIVE | READABLE, 'data');
      poller.modify(a, 0);
      expect.none(poller);
      poller.modify(a, READABLE);
      expect.events(poller, [a, READABLE, 'data']);
      poller.modify(a, 0);
      close(b);
      for (let round = 0; round < 3; round++) expect.none(poller);
    },
  },
  {
    id: 'exclusive.6',
    title: 'a removed exclusive descriptor can be added in any mode',
    promise: 'After remove() of an exclusive registration, its number can be added with any mode.',
    needs: ['exclusive', 'oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, EXCLUSIVE | READABLE);
      poller.remove(reader);
      poller.add(reader, READABLE);
      poller.modify(reader, ONESHOT | READABLE);
      expect.events(poller, [reader, READABLE]);
      expect.none(poller);
    },
  },
  {
    id: 'exclusive.7',
    title: 'a poller without the capability refuses EXCLUSIVE with ERR_NOT_SUPPORTED',
    promise:
      'A poller whose capabilities lack exclusive throws ERR_NOT_SUPPORTED when add() is given EXCLUSIVE, and registers nothing.',
    needs: ['noExclusive'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      expect.refuses(() => poller.add(reader, EXCLUSIVE | READABLE), Error, 'ERR_NOT_SUPPORTED');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
    },
  },
];
