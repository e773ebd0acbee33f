import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../clause.js';
import { fill, relieve } from '../traffic.js';

/** Changes of a descriptor that is ready already in another way. */
export const EDGES_OF_THE_READY: readonly Clause[] = [
  {
    id: 'edge.17',
    title: 'room to write is an edge though data is unread',
    promise: 'Where both directions were asked for, room that appears is an edge with WRITABLE, whether data waits to be read or not.',
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
    title: 'the hangup that follows a half-close is an edge',
    promise: 'When the other direction finishes too, after the end of the first was reported, that is one more edge, with HANGUP.',
    needs: ['edge', 'readClosed'],
    run({ open, expect, each, close }) {
      each([
        { name: 'unix stream, the peer closes', kind: 'unix stream', finishOther: (_own: number, peer: number) => close(peer) },
        { name: 'TCP, own shutdown', kind: 'TCP', finishOther: (own: number) => sys.shutdown(own, 'write') },
      ] as const, ({ kind, finishOther }) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, EDGE | READABLE);
        expect.none(poller);
        sys.shutdown(b, 'write');
        expect.edge(poller, a, READABLE | READ_CLOSED);
        finishOther(a, b);
        expect.edge(poller, a, READABLE | READ_CLOSED | HANGUP);
      });
    },
  },
  {
    id: 'edge.19',
    title: 'without the capability, asking for it is ERR_NOT_SUPPORTED',
    promise: 'A poller that lacks the capability refuses EDGE in add() and modify() with ERR_NOT_SUPPORTED, and changes nothing.',
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
];
