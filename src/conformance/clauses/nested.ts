import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';

export const nestedClauses: readonly Clause[] = [
  {
    id: 'nested.1',
    title: 'a poller with an event is READABLE to another poller',
    promise: 'A poller is READABLE to another poller while it has an event to deliver, in every combination of modes.',
    needs: ['nested'],
    run({ open, expect, each, environment }) {
      const modes = modesOf(environment.capabilities);
      each(product(modes, modes), ([outerMode, innerMode]) => {
        const [inner, outer] = [open.poller(), open.poller()];
        const channel = open.channel();
        inner.add(channel.reader, innerMode.mode | READABLE);
        outer.add(inner.fd, outerMode.mode | READABLE, 'inner');
        expect.none(outer);
        channel.send();
        expect.held(outer, outerMode.mode, [inner.fd, READABLE, 'inner']);
        expect.events(inner, [channel.reader, READABLE]);
        channel.drain();
        expect.none(inner);
        expect.none(outer);
      });
    },
  },
  {
    id: 'nested.2',
    title: 'a poller that has delivered its edge is no longer READABLE to another poller',
    promise:
      'After a wait of the inner poller has delivered an edge, the outer poller does not report the inner one, even if the data is unread.',
    needs: ['nested', 'edge'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const channel = open.channel();
      inner.add(channel.reader, EDGE | READABLE);
      outer.add(inner.fd, READABLE);
      for (let round = 0; round < 3; round++) {
        channel.send();
        expect.events(outer, [inner.fd, READABLE]);
        expect.events(inner, [channel.reader, READABLE]);
        expect.none(inner);
        expect.none(outer);
      }
    },
  },
  {
    id: 'nested.3',
    title: 'a poller with a lasting level event stays READABLE to another poller',
    promise:
      'The outer poller reports the inner one while a level event of the inner one lasts, however often either of them waits.',
    needs: ['nested'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const channel = open.channel();
      inner.add(channel.reader, READABLE);
      outer.add(inner.fd, READABLE);
      channel.send();
      for (let round = 0; round < 3; round++) {
        expect.events(outer, [inner.fd, READABLE]);
        expect.events(inner, [channel.reader, READABLE]);
      }
      channel.drain();
      expect.none(inner);
      expect.none(outer);
    },
  },
  {
    id: 'nested.4',
    title: 'a poller is never WRITABLE to another poller',
    promise: 'A registration of a poller for WRITABLE reports nothing.',
    needs: ['nested'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      inner.add(open.readyPipe(), READABLE);
      outer.add(inner.fd, WRITABLE);
      expect.none(outer);
      outer.modify(inner.fd, READABLE | WRITABLE);
      expect.events(outer, [inner.fd, READABLE]);
    },
  },
  {
    id: 'nested.5',
    title: 'a poller that is closed is no longer reported by another poller',
    promise:
      'A poller that watched a closed poller does not report it, and continues to report its other registrations.',
    needs: ['nested'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const reader = open.readyPipe();
      inner.add(reader, READABLE);
      outer.add(inner.fd, READABLE);
      outer.add(reader, READABLE);
      expect.events(outer, [inner.fd, READABLE], [reader, READABLE]);
      inner.close();
      for (let round = 0; round < 2; round++) expect.events(outer, [reader, READABLE]);
    },
  },
  {
    id: 'nested.6',
    title: 'an event four pollers deep is seen at the top',
    promise: 'When four pollers are nested, an event of the innermost one makes each of them READABLE to the next.',
    needs: ['nested'],
    run({ open, expect }) {
      const pollers = Array.from({ length: 4 }, () => open.poller());
      const channel = open.channel();
      pollers[0]!.add(channel.reader, READABLE);
      for (let level = 1; level < pollers.length; level++) pollers[level]!.add(pollers[level - 1]!.fd, READABLE);
      const top = pollers[3]!;
      expect.none(top);
      channel.send();
      for (let round = 0; round < 2; round++) expect.events(top, [pollers[2]!.fd, READABLE]);
      channel.drain();
      for (const poller of pollers) expect.none(poller);
    },
  },
  {
    id: 'nested.7',
    title: 'add() that would close a circle of pollers fails with ELOOP',
    promise: 'add() of a poller that watches this poller fails with ELOOP and registers nothing.',
    needs: ['nested', 'epoll'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      outer.add(inner.fd, READABLE);
      expect.fails(() => inner.add(outer.fd, READABLE), 'ELOOP');
      expect.equal([inner.size, inner.has(outer.fd)], [0, false], 'size, has()');
    },
  },
  {
    id: 'nested.8',
    title: 'a poller with nothing to deliver is not READABLE to another poller',
    promise:
      'A poller whose registrations are idle, removed, or oneshot and disarmed is not READABLE to another poller.',
    needs: ['nested', 'oneshot'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const [removed, fired, idle] = [open.readyPipe(), open.readyPipe(), open.pipe()[0]];
      outer.add(inner.fd, READABLE);
      inner.add(idle, READABLE);
      expect.none(outer);
      inner.add(removed, READABLE);
      expect.events(outer, [inner.fd, READABLE]);
      inner.remove(removed);
      expect.none(inner);
      expect.none(outer);
      inner.add(fired, ONESHOT | READABLE);
      expect.events(inner, [fired, READABLE]);
      expect.none(inner);
      expect.none(outer);
    },
  },
  {
    id: 'nested.9',
    title: 'two pollers can watch the same poller',
    promise: 'When several pollers watch a poller, each of them reports it.',
    needs: ['nested'],
    run({ open, expect }) {
      const inner = open.poller();
      const outers = [open.poller(), open.poller()];
      const channel = open.channel();
      inner.add(channel.reader, READABLE);
      for (const outer of outers) outer.add(inner.fd, READABLE);
      channel.send();
      for (const outer of outers) expect.events(outer, [inner.fd, READABLE]);
      channel.drain();
      expect.none(inner);
      for (const outer of outers) expect.none(outer);
    },
  },
  {
    id: 'nested.10',
    title: 'a poller stays READABLE to another poller until its last edge is delivered',
    promise:
      'A poller is READABLE to another poller until its waits have delivered all its edges, however many batches that takes.',
    needs: ['nested', 'edge', 'capacity'],
    run({ open, expect, each, environment }) {
      const modes = modesOf(environment.capabilities).filter(({ mode }) => (mode & EDGE) !== 0);
      each(product([1, 2], modes), ([capacity, { mode }]) => {
        const [inner, outer] = [open.poller({ capacity }), open.poller()];
        outer.add(inner.fd, READABLE, 'inner');
        const readers = open.readyPipes(5);
        for (const fd of readers) inner.add(fd, mode | READABLE);
        const seen: number[] = [];
        while (seen.length < readers.length) {
          expect.events(outer, [inner.fd, READABLE, 'inner']);
          const batch = inner.wait(0);
          expect.equal(batch.length, Math.min(capacity, readers.length - seen.length), 'length');
          for (const { fd } of batch) seen.push(fd);
        }
        expect.equal(
          seen.sort((a, b) => a - b),
          readers,
          'descriptors',
        );
        expect.none(inner);
        expect.none(outer);
      });
    },
  },
];
