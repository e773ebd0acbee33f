import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { send } from '../kit/transfer.js';

const MODES = [0, EDGE] as const;

export const exclusiveClauses: readonly Clause[] = [
  {
    id: 'exclusive.1',
    title: 'an exclusive registration delivers as any other',
    promise: 'EXCLUSIVE changes which pollers are woken, not what one of them delivers.',
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
    title: 'at least one of several pollers hears',
    promise:
      'Of several pollers that watch a descriptor exclusively, at least one reports it, and each does that looks while it is ready.',
    needs: ['exclusive'],
    run({ open, expect }) {
      const pollers = [open.poller(), open.poller(), open.poller()];
      const { listener, path } = open.unixListener();
      for (const poller of pollers) poller.add(listener, EXCLUSIVE | READABLE);
      for (const poller of pollers) expect.none(poller);
      expect.equal(sys.connect(open.socket('unix'), { path }), 0, 'connect()');
      const heard = pollers.flatMap((poller) => [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]));
      expect.ok(heard.length >= 1, 'no poller heard');
      for (const event of heard) expect.equal(event, [listener, READABLE], 'event');
      open.accept(listener);
      for (const poller of pollers) expect.none(poller);
    },
  },
  {
    id: 'exclusive.3',
    title: 'modify() takes effect and re-arms',
    promise: 'modify() of an exclusive registration replaces interest, mode and data, and reports what is ready again.',
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
    title: 'it is refused where it means nothing',
    promise:
      'EXCLUSIVE with ONESHOT, PRIORITY or READ_CLOSED, and in modify(), is refused with ERR_OUT_OF_RANGE and changes nothing.',
    needs: ['exclusive'],
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
    promise: 'Interest 0 silences an exclusive registration, and modify() resumes it.',
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
    title: 'removed, the descriptor can be added in any mode',
    promise: 'After remove() nothing of EXCLUSIVE is left: the number can be added with any mode.',
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
    title: 'without the capability, asking for it is ERR_NOT_SUPPORTED',
    promise:
      'A poller that lacks the capability refuses EXCLUSIVE in add() with ERR_NOT_SUPPORTED, and registers nothing.',
    needs: ['noExclusive'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      expect.refuses(() => poller.add(reader, EXCLUSIVE | READABLE), Error, 'ERR_NOT_SUPPORTED');
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
    },
  },
];
