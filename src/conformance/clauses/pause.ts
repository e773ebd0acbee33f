import { EDGE, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { CONNECTIONS, KINDS, PIPES } from '../kit/kinds.js';
import { finish, send } from '../kit/transfer.js';

export const pauseClauses: readonly Clause[] = [
  {
    id: 'pause.1',
    title: 'interest 0 delivers nothing, ready as the descriptor is',
    promise:
      'A registration with interest 0 is not reported, whether it was added with it or modified to it, in any mode.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(KINDS, (kind) => {
        for (const { mode } of modesOf(environment.capabilities)) {
          const poller = open.poller();
          const channel = open.channel(kind);
          channel.send();
          poller.add(channel.reader, mode);
          expect.none(poller);
          poller.modify(channel.reader, mode | READABLE);
          expect.events(poller, [channel.reader, READABLE]);
          poller.modify(channel.reader, mode);
          expect.none(poller);
          channel.send();
          expect.none(poller);
        }
      });
    },
  },
  {
    id: 'pause.2',
    title: 'not even a hangup is delivered',
    promise: 'A paused registration does not report that the other end has gone.',
    needs: [],
    run({ open, expect, each, close, environment }) {
      each([...PIPES, ...CONNECTIONS], (kind) => {
        for (const { mode } of modesOf(environment.capabilities)) {
          const poller = open.poller();
          const [added, addedPeer] = open.pair(kind);
          const [modified, modifiedPeer] = open.pair(kind);
          poller.add(added, mode);
          poller.add(modified, mode | READABLE);
          poller.modify(modified, mode);
          close(addedPeer, modifiedPeer);
          for (let round = 0; round < 3; round++) expect.none(poller);
        }
      });
    },
  },
  {
    id: 'pause.3',
    title: 'not even an error is delivered',
    promise:
      'A paused registration does not report an error, neither of a connection that was reset nor of a pipe that nobody reads.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(writer, WRITABLE);
      expect.events(poller, [writer, WRITABLE]);
      poller.modify(writer, 0);
      close(reader);
      const fd = open.resetConnection();
      poller.add(fd, 0);
      for (let round = 0; round < 3; round++) expect.none(poller);
    },
  },
  {
    id: 'pause.4',
    title: 'resumed, it reports what is ready, with its data',
    promise:
      'modify() to another interest ends the pause: what is ready is reported by the next wait, with the data of the registration.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.stream();
        poller.add(a, mode | READABLE, 'data');
        expect.none(poller);
        poller.modify(a, 0);
        send(b);
        expect.none(poller);
        poller.modify(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, READABLE | WRITABLE, 'data']);
      });
    },
  },
  {
    id: 'pause.5',
    title: 'a paused registration is a registration',
    promise: 'A paused registration counts in size and has(), add() is EEXIST, and remove() ends it.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, 0);
      expect.equal([poller.size, poller.has(reader)], [1, true], 'size, has()');
      expect.fails(() => poller.add(reader, READABLE), 'EEXIST');
      expect.none(poller);
      poller.remove(reader);
      expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
    },
  },
  {
    id: 'pause.6',
    title: 'a wait with a paused hangup lasts its time, and does not spin',
    promise:
      'A wait with a paused registration whose other end has gone blocks for its whole timeout and uses next to no processor time.',
    needs: [],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      const [reader, writer] = open.pipe();
      poller.add(a, 0);
      poller.add(reader, READABLE);
      poller.modify(reader, 0);
      close(b, writer);
      expect.rests(poller);
    },
  },
  {
    id: 'pause.7',
    title: 'pausing drops what is ready and not delivered yet',
    promise:
      'modify() to interest 0 takes effect at once: an event that the next wait would have delivered is not delivered.',
    needs: ['edge', 'oneshot'],
    run({ open, expect, each }) {
      each([EDGE, ONESHOT, EDGE | ONESHOT], (mode) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        poller.add(reader, mode | READABLE);
        send(writer);
        poller.modify(reader, 0);
        expect.none(poller);
        poller.modify(reader, mode | READABLE);
        expect.events(poller, [reader, READABLE]);
      });
    },
  },
  {
    id: 'pause.8',
    title: 'the others go on',
    promise: 'A paused registration does not keep others from being reported.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 2 });
      const readers = open.readyPipes(6);
      for (const fd of readers) poller.add(fd, READABLE);
      for (const fd of readers.slice(0, 4)) poller.modify(fd, 0);
      for (let round = 0; round < 4; round++) {
        expect.events(poller, [readers[4]!, READABLE], [readers[5]!, READABLE]);
      }
    },
  },
  {
    id: 'pause.9',
    title: 'an edge that comes in the pause is not lost',
    promise: 'What became ready while an edge registration was paused is reported when it is resumed.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      poller.add(a, EDGE | READABLE);
      for (let round = 0; round < 3; round++) {
        poller.modify(a, EDGE);
        send(b);
        expect.none(poller);
        poller.modify(a, EDGE | READABLE);
        expect.events(poller, [a, READABLE]);
        expect.none(poller);
      }
    },
  },
  {
    id: 'pause.10',
    title: 'a paused poller is not readable to another',
    promise:
      'A poller whose ready registrations are all paused is not reported as readable by a poller that watches it.',
    needs: ['nested'],
    run({ open, expect, close }) {
      const [inner, outer] = [open.poller(), open.poller()];
      const [a, b] = open.stream();
      inner.add(a, READABLE);
      outer.add(inner.fd, READABLE);
      send(b);
      expect.events(outer, [inner.fd, READABLE]);
      inner.modify(a, 0);
      expect.none(inner);
      expect.none(outer);
      close(b);
      expect.none(inner);
      expect.none(outer);
    },
  },
  {
    id: 'pause.11',
    title: 'a half-close is not delivered in the pause, and is when it ends',
    promise: 'A peer that finishes while the registration is paused is reported when it is resumed.',
    needs: ['readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, 0);
        finish(b, a);
        expect.none(poller);
        poller.modify(a, READABLE);
        expect.events(poller, [a, READABLE | READ_CLOSED]);
        poller.modify(a, 0);
        expect.none(poller);
      });
    },
  },
];
