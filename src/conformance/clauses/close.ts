import { readFileSync } from 'node:fs';
import { READABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { openDescriptors } from '../kit/descriptors.js';
import { receive, send } from '../kit/transfer.js';

export const closeClauses: readonly Clause[] = [
  {
    id: 'close.1',
    title: 'a closed poller says so, and has no descriptor and no registrations',
    promise: 'After close() closed is true, size is 0 and fd is −1.',
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
    title: 'every method after it is ERR_POLLER_CLOSED',
    promise: 'After close() every method but close() throws ERR_POLLER_CLOSED.',
    needs: [],
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
    title: 'it may be repeated',
    promise: 'close() may be called again: it does nothing, also where its number belongs to somebody else by then.',
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
    title: 'Symbol.dispose is close()',
    promise: 'A poller can be used with `using`: Symbol.dispose closes it.',
    needs: [],
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
    title: 'what was registered stays open',
    promise: 'close() leaves the descriptors that were registered open, with their data.',
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
    title: 'its own descriptors are closed',
    promise: 'close() closes every descriptor that the poller opened.',
    needs: [],
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
    title: 'the current batch becomes stale',
    promise: 'close() makes every event of the current batch stale, also in the midst of an iteration.',
    needs: [],
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
    title: 'another poller that watches the same descriptor goes on',
    promise: 'close() of one poller changes nothing about another.',
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
    title: 'pending events and wakes go with it',
    promise:
      'A poller that is opened after another was closed knows nothing of the events, wakes and registrations of that one.',
    needs: [],
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
    title: 'its descriptors are close-on-exec',
    promise: 'No descriptor of a poller is inherited by a program that the process starts.',
    needs: ['linux', 'procFdinfo'],
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
