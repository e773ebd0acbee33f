import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';

export const nestedClauses: readonly Clause[] = [
  {
    id: 'nested.1',
    title: 'an event of the inner poller makes it readable to the outer one',
    promise: 'A poller is READABLE to another one while it has an event to deliver, in every combination of modes.',
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
    title: 'an edge that the inner poller has delivered is over for the outer one',
    promise:
      'Once a wait of the inner poller has delivered an edge, the outer one does not report it, unread as the data is.',
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
    title: 'a level event that stays keeps the inner poller readable',
    promise: 'The outer poller reports the inner one while a level event of it holds, however often either waits.',
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
    title: 'a poller is never WRITABLE',
    promise: 'Asking for WRITABLE of a poller reports nothing.',
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
    title: 'close() of the inner poller ends its event',
    promise: 'A poller that is closed is silent in the one that watched it, which goes on with the others.',
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
    title: 'four pollers deep, an event is seen at the top',
    promise: 'Pollers nest four deep: an event at the bottom makes each of them readable to the next.',
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
    title: 'pollers in a circle are ELOOP',
    promise: 'Adding a poller to one that it watches fails with ELOOP and registers nothing.',
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
    title: 'nothing to deliver, not readable',
    promise: 'A poller whose registrations are idle, removed, or oneshot and disarmed is not READABLE to another one.',
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
    title: 'one poller may be watched by two',
    promise: 'Each of several pollers that watch a poller reports it.',
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
    title: 'the inner poller stays readable while edges are left that did not fit into its batch',
    promise:
      'A poller is READABLE to another one until a wait has delivered the last of its edges, however many batches that takes.',
    needs: ['nested', 'edge'],
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
