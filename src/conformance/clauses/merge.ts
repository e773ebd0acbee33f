import { HANGUP, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';
import { type Kind, CONNECTIONS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

const TWO_WAY: readonly Kind[] = [...CONNECTIONS, 'unix datagram', 'UDP'];

export const mergeClauses: readonly Clause[] = [
  {
    id: 'merge.1',
    title: 'a descriptor that is readable and writable is one event',
    promise: 'A descriptor that is ready in both directions is reported in one event with both bits.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(product(TWO_WAY, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        channel.send();
        poller.add(channel.reader, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [channel.reader, READABLE | WRITABLE]);
      });
    },
  },
  {
    id: 'merge.2',
    title: 'data, its end and a hangup are one event',
    promise: 'Unread data, the end of the stream and a hangup are reported in one event with all bits.',
    needs: ['readClosed'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      poller.add(a, READABLE | WRITABLE);
      send(b, 'abc');
      close(b);
      for (let round = 0; round < 2; round++) expect.events(poller, [a, READABLE | WRITABLE | READ_CLOSED | HANGUP]);
    },
  },
  {
    id: 'merge.3',
    title: 'a batch with a capacity of 1 holds both directions of one descriptor',
    promise: 'With a capacity of 1, the one event has the bits of both directions.',
    needs: ['capacity'],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 1 });
      const [a, b] = open.stream();
      send(b);
      poller.add(a, READABLE | WRITABLE);
      for (let round = 0; round < 4; round++) expect.events(poller, [a, READABLE | WRITABLE]);
    },
  },
  {
    id: 'merge.4',
    title: 'a batch never holds a descriptor twice',
    promise:
      'With many descriptors ready in both directions, a batch holds each descriptor at most once, with both bits, whatever the capacity.',
    needs: ['capacity'],
    run({ open, expect, each }) {
      each([2, 3, 5, 7, 100], (capacity) => {
        const poller = open.poller({ capacity });
        const fds = Array.from({ length: 7 }, () => {
          const [a, b] = open.stream();
          send(b);
          poller.add(a, READABLE | WRITABLE);
          return a;
        });
        const seen = new Set<number>();
        for (let wait = 0; wait < fds.length; wait++) {
          const events = [...poller.wait(0)];
          expect.equal(events.length, Math.min(capacity, fds.length), 'length');
          expect.equal(new Set(events.map(({ fd }) => fd)).size, events.length, 'different descriptors');
          for (const event of events) {
            expect.equal(event.readiness, READABLE | WRITABLE, 'readiness');
            seen.add(event.fd);
          }
        }
        expect.equal(seen.size, fds.length, 'descriptors seen');
      });
    },
  },
  {
    id: 'merge.5',
    title: 'a direction that becomes ready later is in the next event',
    promise: 'The next event of a level registration contains both directions when the second one has become ready.',
    needs: [],
    run({ open, expect, each }) {
      each(TWO_WAY, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE | WRITABLE);
        expect.events(poller, [channel.reader, WRITABLE]);
        channel.send();
        expect.events(poller, [channel.reader, READABLE | WRITABLE]);
        channel.drain();
        expect.events(poller, [channel.reader, WRITABLE]);
      });
    },
  },
];
