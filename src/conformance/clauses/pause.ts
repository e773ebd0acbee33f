import { EDGE, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { CONNECTIONS, KINDS, PIPES } from '../kit/kinds.js';
import { finish, send } from '../kit/transfer.js';

export const pauseClauses: readonly Clause[] = [
  {
    id: 'pause.1',
    title: 'a registration with interest 0 is not reported while it is ready',
    promise: 'A registration with interest 0 is not reported, whether add() or modify() set the interest, in any mode.',
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
    title: 'a paused registration does not report a hangup',
    promise: 'A registration with interest 0 does not report that the other end is gone.',
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
    title: 'a paused registration does not report an error',
    promise:
      'A registration with interest 0 reports neither the error of a connection that was reset nor the error of a pipe without readers.',
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
    title: 'a resumed registration reports a ready descriptor with its data',
    promise:
      'modify() to another interest ends a pause. If the descriptor is ready, the next wait reports it with the data of the registration.',
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
    title: 'a paused registration is still registered',
    promise:
      'A paused registration counts in size and has(), add() of its number fails with EEXIST, and remove() ends it.',
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
    title: 'a wait with a paused hangup lasts its full time without spinning',
    promise:
      'A wait blocks for its whole timeout and uses almost no processor time while the other end of a paused registration is gone.',
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
    title: 'pausing drops an event that is not delivered yet',
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
    title: 'a paused registration does not keep others from being reported',
    promise: 'Other registrations are reported while one registration is paused.',
    needs: ['capacity'],
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
    title: 'an edge that comes during a pause is reported after the pause',
    promise: 'An edge registration whose descriptor became ready during a pause is reported when it is resumed.',
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
    title: 'a poller whose ready registrations are all paused is not readable to another poller',
    promise:
      'A poller whose ready registrations are all paused is not reported as READABLE by a poller that watches it.',
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
    title: 'a half-close during a pause is reported after the pause',
    promise:
      'A peer that finishes sending while the registration is paused is reported when the registration is resumed, and not before.',
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
