import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';
import { KINDS } from '../kit/kinds.js';
import { fill, receive, relieve, send } from '../kit/transfer.js';

/** Edges of a descriptor that is already ready in another way. */
export const edgeChangesClauses: readonly Clause[] = [
  {
    id: 'edge.17',
    title: 'room to write is an edge while data is unread',
    promise:
      'An edge registration for READABLE and WRITABLE reports new room with WRITABLE, whether data waits to be read or not.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(['unix stream', 'TCP'] as const, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        fill(channel.reader, kind);
        channel.send();
        poller.add(channel.reader, EDGE | READABLE | WRITABLE);
        expect.edge(poller, channel.reader, READABLE);
        relieve(channel.writer, kind);
        expect.edge(poller, channel.reader, WRITABLE, READABLE);
      });
    },
  },
  {
    id: 'edge.18',
    title: 'a hangup that follows a half-close is an edge',
    promise:
      'When the second direction of a connection finishes after the end of the first was reported, one more edge is delivered, with HANGUP.',
    needs: ['edge', 'readClosed'],
    run({ open, expect, each, close }) {
      each(
        [
          {
            name: 'unix stream, the peer closes',
            kind: 'unix stream',
            finishOther: (_own: number, peer: number) => close(peer),
          },
          { name: 'TCP, own shutdown', kind: 'TCP', finishOther: (own: number) => sys.shutdown(own, 'write') },
        ] as const,
        ({ kind, finishOther }) => {
          const poller = open.poller();
          const [a, b] = open.pair(kind);
          poller.add(a, EDGE | READABLE);
          expect.none(poller);
          sys.shutdown(b, 'write');
          expect.edge(poller, a, READABLE | READ_CLOSED);
          finishOther(a, b);
          expect.edge(poller, a, READABLE | READ_CLOSED | HANGUP);
        },
      );
    },
  },
  {
    id: 'edge.19',
    title: 'a poller without the capability refuses EDGE with ERR_NOT_SUPPORTED',
    promise:
      'A poller whose capabilities lack edge throws ERR_NOT_SUPPORTED when add() or modify() is given EDGE, and changes nothing.',
    needs: ['noEdge'],
    run({ open, expect, each }) {
      each([EDGE, EDGE | ONESHOT], (mode) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        expect.refuses(() => poller.add(reader, mode | READABLE), Error, 'ERR_NOT_SUPPORTED');
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
        poller.add(reader, READABLE);
        expect.refuses(() => poller.modify(reader, mode | READABLE), Error, 'ERR_NOT_SUPPORTED');
        expect.held(poller, 0, [reader, READABLE]);
      });
    },
  },
  {
    id: 'edge.20',
    title: 'an event or change of another descriptor does not repeat an edge',
    promise:
      'An edge that was delivered is not delivered again because another registration has an event, is added, modified or removed, or because of a wake, even if its data is unread.',
    needs: ['edge', 'wake'],
    run({ open, expect, each, environment }) {
      each(product(KINDS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        channel.send();
        poller.add(channel.reader, EDGE | READABLE, 'old');
        expect.events(poller, [channel.reader, READABLE, 'old']);
        const [other, writer] = open.pipe();
        poller.add(other, mode | READABLE, 'other');
        expect.none(poller);
        for (let round = 0; round < 2; round++) {
          send(writer);
          expect.held(poller, mode, [other, READABLE, 'other']);
          poller.wake();
          if (mode === 0) receive(other);
          expect.wake(poller);
          poller.modify(other, mode | READABLE);
          if (mode !== 0) {
            expect.events(poller, [other, READABLE, 'other']);
            receive(other);
            poller.modify(other, mode | READABLE);
          }
          expect.none(poller);
        }
        poller.remove(other);
        expect.none(poller);
      });
    },
  },
];
