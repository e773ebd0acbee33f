import { EDGE, HANGUP, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { CONNECTIONS, KINDS, PIPES } from '../kit/kinds.js';
import { finish, receive, send } from '../kit/transfer.js';

export const edgeClauses: readonly Clause[] = [
  {
    id: 'edge.1',
    title: 'becoming ready is reported once, and with nothing done there is silence',
    promise:
      'A change from not ready to ready is reported, and while nothing happens to the file it is not reported again.',
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
    title: 'new data is reported though old data is unread',
    promise: 'New data on a descriptor that is ready already is reported.',
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
    title: 'after it was drained, new data is reported',
    promise: 'A descriptor that was read until WOULD_BLOCK is reported when there is data again.',
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
    title: 'what is ready at add() is reported once',
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
    title: 'modify() reports what is ready again, once',
    promise: 'modify() of an edge registration reports what is ready once more, and nothing when it is drained.',
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
    title: 'what came and was drained before the wait is not reported',
    promise: 'An edge is not reported where its data was read before the wait, and the next data is.',
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
    title: 'after a partial read of a socket an extra edge may come, and nothing is lost',
    promise:
      'What is left in a socket after a partial read may be reported once more; modify() reports it, and new data is reported.',
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
    title: 'after a partial read of a pipe an extra edge may come, and nothing is lost',
    promise: 'What is left in a pipe after a partial read may be reported once more, and new data is reported.',
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
    title: 'data that comes to a writable descriptor is reported',
    promise:
      'Where both directions were asked for, new data is an edge with READABLE; WRITABLE may be in it, if it is true.',
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
    title: 'each of two pollers gets the edge',
    promise: 'A descriptor that is registered in two pollers has an edge in each, whatever the other has seen.',
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
    title: 'several arrivals before the wait are at least one edge',
    promise: 'Data that comes several times before a wait is reported by it at least once, and then there is silence.',
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
    title: 'the end that follows unread data is an edge',
    promise:
      'A peer that finishes after data that was reported and not read is reported by one more edge, with READ_CLOSED.',
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
    title: 'a hangup is reported once at add(), and once by modify()',
    promise: 'A hangup that was there at add() is one edge, and modify() reports it once more.',
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
    title: 'who reads until WOULD_BLOCK misses nothing',
    promise: 'A reader that drains at each edge receives all that is sent, however writes and waits alternate.',
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
    title: 'reading the end of a stream makes at most extra edges',
    promise:
      'After the end of a stream was reported and read, only extra edges with the same readiness may come, and then silence.',
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
    title: 'own writes make no READABLE edge',
    promise: 'Writing to a descriptor may make extra edges with WRITABLE for it, and none with READABLE.',
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
