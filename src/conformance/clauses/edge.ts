import { EDGE, HANGUP, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { CONNECTIONS, KINDS, PIPES } from '../kit/kinds.js';
import { finish, receive, send } from '../kit/transfer.js';

export const edgeClauses: readonly Clause[] = [
  {
    id: 'edge.1',
    title: 'an edge registration reports a descriptor that becomes ready once',
    promise:
      'An edge registration is reported when its descriptor becomes ready, and not again while nothing happens to the file.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        expect.none(poller);
        channel.send();
        expect.events(poller, [channel.reader, READABLE]);
        for (let round = 0; round < 3; round++) expect.none(poller);
      });
    },
  },
  {
    id: 'edge.2',
    title: 'an edge registration reports new data while older data is unread',
    promise: 'An edge registration reports new data even if its descriptor was ready already.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        for (let round = 0; round < 3; round++) {
          channel.send();
          expect.edge(poller, channel.reader, READABLE);
        }
      });
    },
  },
  {
    id: 'edge.3',
    title: 'an edge registration reports new data after the descriptor was drained',
    promise: 'An edge registration whose descriptor was read until WOULD_BLOCK is reported when new data comes.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        for (let round = 0; round < 3; round++) {
          channel.send();
          expect.edge(poller, channel.reader, READABLE);
          channel.drain();
          expect.none(poller);
        }
      });
    },
  },
  {
    id: 'edge.4',
    title: 'an edge registration reports a descriptor that is ready at add() once',
    promise: 'An edge registration of a ready descriptor is reported by the next wait, and not by the one after it.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        channel.send();
        poller.add(channel.reader, EDGE | READABLE);
        expect.events(poller, [channel.reader, READABLE]);
        expect.none(poller);
      });
    },
  },
  {
    id: 'edge.5',
    title: 'modify() makes an edge registration report a ready descriptor once more',
    promise:
      'modify() of an edge registration causes one more event if the descriptor is ready, and none if it is drained.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        channel.send();
        poller.add(channel.reader, EDGE | READABLE);
        expect.events(poller, [channel.reader, READABLE]);
        for (let round = 0; round < 3; round++) {
          poller.modify(channel.reader, EDGE | READABLE);
          expect.events(poller, [channel.reader, READABLE]);
          expect.none(poller);
        }
        channel.drain();
        poller.modify(channel.reader, EDGE | READABLE);
        expect.none(poller);
      });
    },
  },
  {
    id: 'edge.6',
    title: 'an edge registration does not report data that is drained before the wait',
    promise: 'An edge registration does not report data that was read before the wait. It reports the next data.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        channel.send();
        channel.drain();
        expect.none(poller);
        channel.send();
        expect.events(poller, [channel.reader, READABLE]);
      });
    },
  },
  {
    id: 'edge.7',
    title: 'no edge is lost after a partial read of a socket',
    promise:
      'After a partial read of a socket, the unread rest may be reported once more. modify() reports the rest, and new data is reported.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(['unix stream', 'TCP'] as const, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        for (let count = 0; count < 3; count++) channel.send();
        poller.add(channel.reader, EDGE | READABLE);
        expect.events(poller, [channel.reader, READABLE]);
        channel.receive();
        expect.extraEdges(poller, channel.reader, READABLE);
        poller.modify(channel.reader, EDGE | READABLE);
        expect.edge(poller, channel.reader, READABLE);
        channel.send();
        expect.edge(poller, channel.reader, READABLE);
      });
    },
  },
  {
    id: 'edge.8',
    title: 'no edge is lost after a partial read of a pipe',
    promise: 'After a partial read of a pipe, the unread rest may be reported once more. New data is reported.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(PIPES, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        for (let count = 0; count < 3; count++) channel.send();
        poller.add(channel.reader, EDGE | READABLE);
        expect.events(poller, [channel.reader, READABLE]);
        channel.receive();
        expect.extraEdges(poller, channel.reader, READABLE);
        channel.send();
        expect.edge(poller, channel.reader, READABLE);
        channel.drain();
        expect.none(poller);
      });
    },
  },
  {
    id: 'edge.9',
    title: 'an edge registration reports data that comes to a writable descriptor',
    promise:
      'An edge registration for READABLE and WRITABLE reports new data with READABLE. The event may contain WRITABLE if it is true.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE | WRITABLE);
        expect.edge(poller, channel.reader, WRITABLE);
        channel.send();
        expect.edge(poller, channel.reader, READABLE, WRITABLE);
      });
    },
  },
  {
    id: 'edge.10',
    title: 'each of two pollers reports the edge of a shared descriptor',
    promise:
      'A descriptor that is registered in two pollers causes an edge in each of them, whatever the other one has delivered.',
    needs: ['edge'],
    run({ open, expect }) {
      const pollers = [open.poller(), open.poller()];
      const channel = open.channel();
      for (const poller of pollers) poller.add(channel.reader, EDGE | READABLE);
      for (let round = 0; round < 2; round++) {
        channel.send();
        for (const poller of pollers) {
          expect.events(poller, [channel.reader, READABLE]);
          expect.none(poller);
        }
      }
    },
  },
  {
    id: 'edge.11',
    title: 'several arrivals before the wait cause at least one edge',
    promise: 'Data that comes several times before a wait is reported at least once. Then nothing is reported.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        for (let count = 0; count < 3; count++) channel.send();
        expect.edge(poller, channel.reader, READABLE);
      });
    },
  },
  {
    id: 'edge.12',
    title: 'the end of the stream after unread data is an edge',
    promise:
      'When a peer finishes after its data was reported but not read, one more edge is delivered, with READ_CLOSED.',
    needs: ['edge', 'readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        channel.send();
        expect.events(poller, [channel.reader, READABLE]);
        expect.none(poller);
        sys.shutdown(channel.writer, 'write');
        expect.edge(poller, channel.reader, READABLE | READ_CLOSED);
      });
    },
  },
  {
    id: 'edge.13',
    title: 'an edge registration reports a hangup once after add() and once after each modify()',
    promise:
      'A hangup that is present at add() is delivered as one edge. modify() causes it to be delivered once more.',
    needs: ['edge', 'readClosed'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      close(b);
      poller.add(a, EDGE | READABLE);
      expect.events(poller, [a, READABLE | READ_CLOSED | HANGUP]);
      expect.none(poller);
      poller.modify(a, EDGE | READABLE);
      expect.events(poller, [a, READABLE | READ_CLOSED | HANGUP]);
      expect.none(poller);
    },
  },
  {
    id: 'edge.14',
    title: 'a reader that reads until WOULD_BLOCK at each edge receives all data',
    promise:
      'A reader that reads until WOULD_BLOCK at each edge receives all that is sent, whatever the order of writes and waits.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(['pipe', 'unix stream', 'unix datagram', 'TCP'] as const, (kind) => {
        const poller = open.poller();
        const [reader, writer] = open.pair(kind);
        poller.add(reader, EDGE | READABLE);
        let received = 0;
        for (let round = 0; round < 60; round++) {
          for (let count = 0; count <= round % 3; count++) send(writer);
          const sent = Math.floor(round / 3) * 6 + [1, 3, 6][round % 3]!;
          while (received < sent) {
            expect.eventsAllowing(poller, 0, [reader, READABLE]);
            for (let length = receive(reader, 1); length > 0; length = receive(reader, 1)) received += length;
          }
        }
        expect.extraEdges(poller, reader, 0);
      });
    },
  },
  {
    id: 'edge.15',
    title: 'reading the end of a stream causes at most extra edges',
    promise: 'After the end of a stream was reported and read, extra edges may come with the same readiness. They end.',
    needs: ['edge', 'readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        finish(b, a);
        poller.add(a, EDGE | READABLE);
        expect.edge(poller, a, READABLE | READ_CLOSED);
        for (let round = 0; round < 2; round++) {
          expect.equal(receive(a), 0, 'read at the end');
          expect.extraEdges(poller, a, READABLE | READ_CLOSED);
        }
      });
    },
  },
  {
    id: 'edge.16',
    title: "a write of one's own causes no READABLE edge",
    promise: 'Writing to a descriptor may cause extra edges with WRITABLE for that descriptor, and none with READABLE.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(['unix stream', 'TCP', 'UDP'] as const, (kind) => {
        const poller = open.poller();
        const [a] = open.pair(kind);
        poller.add(a, EDGE | READABLE | WRITABLE);
        expect.edge(poller, a, WRITABLE);
        for (let round = 0; round < 3; round++) {
          send(a);
          expect.extraEdges(poller, a, WRITABLE);
        }
      });
    },
  },
];
