import { readFileSync } from 'node:fs';
import { READABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { openDescriptors } from '../kit/descriptors.js';
import { receive, send } from '../kit/transfer.js';

export const closeClauses: readonly Clause[] = [
  {
    id: 'close.1',
    title: 'a closed poller has closed true, size 0 and fd −1',
    promise: 'After close() the property closed is true, size is 0 and fd is −1.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      poller.add(open.pipe()[0], READABLE);
      expect.equal([poller.closed, poller.size], [false, 1], 'closed, size');
      poller.close();
      expect.equal([poller.closed, poller.size, poller.fd], [true, 0, -1], 'closed, size, fd');
    },
  },
  {
    id: 'close.2',
    title: 'every method of a closed poller throws ERR_POLLER_CLOSED',
    promise: 'After close() every method except close() throws ERR_POLLER_CLOSED.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE);
      poller.close();
      each<[string, () => unknown]>(
        [
          ['add', () => poller.add(reader, READABLE)],
          ['modify', () => poller.modify(reader, READABLE)],
          ['remove', () => poller.remove(reader)],
          ['has', () => poller.has(reader)],
          ['wait', () => poller.wait(0)],
          ['wake', () => poller.wake()],
        ],
        ([, act]) => expect.refuses(act, Error, 'ERR_POLLER_CLOSED'),
      );
    },
  },
  {
    id: 'close.3',
    title: 'close() may be called again',
    promise:
      "A second close() does nothing, even if the number of the poller's descriptor now belongs to another file.",
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      poller.close();
      const next = open.poller();
      const [reader, writer] = open.pipe();
      next.add(reader, READABLE);
      for (let count = 0; count < 3; count++) poller.close();
      expect.equal([next.closed, next.size], [false, 1], 'closed, size of another poller');
      expect.none(next);
      send(writer);
      expect.events(next, [reader, READABLE]);
    },
  },
  {
    id: 'close.4',
    title: 'Symbol.dispose closes the poller',
    promise: 'A poller has a method Symbol.dispose that closes it, for a `using` declaration.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const symbol = (Symbol as { dispose?: symbol }).dispose ?? Symbol.for('nodejs.dispose');
      const dispose = (poller as unknown as Record<symbol, (() => void) | undefined>)[symbol];
      expect.equal(typeof dispose, 'function', 'type of [Symbol.dispose]');
      dispose!.call(poller);
      expect.equal(poller.closed, true, 'closed');
      dispose!.call(poller);
      expect.refuses(() => poller.wait(0), Error, 'ERR_POLLER_CLOSED');
    },
  },
  {
    id: 'close.5',
    title: 'close() leaves registered descriptors open',
    promise: 'close() does not close the descriptors that were registered, and their data can still be read.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE);
      poller.close();
      expect.equal(receive(reader), 1, 'bytes read');
    },
  },
  {
    id: 'close.6',
    title: 'close() closes every descriptor that the poller opened',
    promise: 'After close() no descriptor that the poller opened is left.',
    needs: ['inProcess'],
    run({ open, expect }) {
      const before = [...openDescriptors().keys()];
      const poller = open.poller();
      poller.wake();
      poller.close();
      expect.settles(() => [...openDescriptors().keys()], before, 'open descriptors');
    },
  },
  {
    id: 'close.7',
    title: 'close() makes the current batch stale',
    promise: 'close() makes every event of the current batch stale, also during an iteration.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      for (const fd of open.readyPipes(3)) poller.add(fd, READABLE, 'data');
      const batch = poller.wait(0);
      let seen = 0;
      for (const { fd } of batch) {
        expect.ok(fd >= 0, 'no descriptor');
        seen++;
        poller.close();
      }
      expect.equal(seen, 1, 'events seen');
      expect.equal([batch.readinessAt(0), batch.dataAt(0)], [0, undefined], 'readiness and data');
    },
  },
  {
    id: 'close.8',
    title: 'close() does not affect another poller that watches the same descriptor',
    promise: 'close() of one poller changes nothing in another poller.',
    needs: [],
    run({ open, expect }) {
      const [first, second] = [open.poller(), open.poller()];
      const [reader, writer] = open.pipe();
      first.add(reader, READABLE);
      second.add(reader, READABLE, 'second');
      first.close();
      expect.none(second);
      send(writer);
      expect.events(second, [reader, READABLE, 'second']);
    },
  },
  {
    id: 'close.9',
    title: 'a new poller does not see the events and wakes of a closed one',
    promise: 'A poller that is opened after another one was closed has none of its events, wakes and registrations.',
    needs: ['wake'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'old');
      poller.wake();
      poller.close();
      const next = open.poller();
      expect.none(next);
      expect.equal([next.size, next.has(reader)], [0, false], 'size, has()');
      next.add(reader, READABLE);
      expect.events(next, [reader, READABLE, undefined]);
    },
  },
  {
    id: 'close.10',
    title: 'the descriptors of a poller are close-on-exec',
    promise: 'A program that the process starts inherits no descriptor of a poller.',
    needs: ['linux', 'procFdinfo', 'inProcess'],
    run({ open, expect }) {
      const before = openDescriptors();
      const poller = open.poller();
      poller.wake();
      const opened = [...openDescriptors().keys()].filter((fd) => !before.has(fd));
      for (const fd of opened) {
        const flags = /flags:\s*0(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
        expect.ok((parseInt(flags, 8) & 0o2000000) !== 0, `${fd} is inherited`);
      }
      expect.equal(poller.closed, false, 'closed');
    },
  },
];
