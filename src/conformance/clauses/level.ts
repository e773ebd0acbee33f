import { READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { KINDS, STREAMS } from '../kit/kinds.js';
import { receive, send } from '../kit/transfer.js';
import { arrived } from '../kit/waiting.js';

export const levelClauses: readonly Clause[] = [
  {
    id: 'level.1',
    title: 'an idle descriptor is never reported',
    promise: 'A descriptor that is not ready is not reported, however often the poller waits.',
    needs: [],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        poller.add(open.channel(kind).reader, READABLE);
        for (let round = 0; round < 3; round++) expect.none(poller);
      });
    },
  },
  {
    id: 'level.2',
    title: 'every wait reports a level registration while it is ready',
    promise: 'A level registration is reported by every wait while its descriptor is ready.',
    needs: [],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE);
        expect.none(poller);
        channel.send();
        for (let round = 0; round < 3; round++) expect.events(poller, [channel.reader, READABLE]);
      });
    },
  },
  {
    id: 'level.3',
    title: 'a descriptor that is partly drained is still reported',
    promise: 'A level registration is reported while there is anything left to read.',
    needs: [],
    run({ open, expect, each }) {
      each(STREAMS, (kind) => {
        const poller = open.poller();
        const [reader, writer] = open.pair(kind);
        poller.add(reader, READABLE);
        send(writer, 'abc');
        arrived(reader, 3);
        for (let left = 3; left > 0; left--) {
          expect.events(poller, [reader, READABLE]);
          receive(reader, 1);
        }
        expect.none(poller);
      });
    },
  },
  {
    id: 'level.4',
    title: 'a drained descriptor is not reported until new data comes',
    promise:
      'A level registration is not reported after its descriptor is drained, and is reported again when new data comes.',
    needs: [],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE);
        for (let round = 0; round < 3; round++) {
          channel.send();
          expect.events(poller, [channel.reader, READABLE]);
          channel.drain();
          expect.none(poller);
        }
      });
    },
  },
  {
    id: 'level.5',
    title: 'several messages before a wait make one event',
    promise: 'A batch holds one event for a descriptor, however many messages came before the wait.',
    needs: [],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE);
        for (let count = 0; count < 3; count++) channel.send();
        expect.events(poller, [channel.reader, READABLE]);
      });
    },
  },
  {
    id: 'level.6',
    title: 'data that comes and is drained before the wait is not reported',
    promise:
      'Readiness is the state at the time of the wait. Data that came and was read before the wait is not reported.',
    needs: [],
    run({ open, expect, each }) {
      each(KINDS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE);
        channel.send();
        channel.drain();
        expect.none(poller);
        channel.send();
        expect.events(poller, [channel.reader, READABLE]);
      });
    },
  },
  {
    id: 'level.7',
    title: 'only the bits of the interest are reported',
    promise:
      'A registration for READABLE alone does not report room to write, and a registration for WRITABLE alone does not report data.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      poller.add(a, READABLE);
      poller.add(b, WRITABLE);
      expect.events(poller, [b, WRITABLE]);
      send(a);
      expect.events(poller, [b, WRITABLE]);
      send(b);
      expect.events(poller, [a, READABLE], [b, WRITABLE]);
    },
  },
  {
    id: 'level.8',
    title: 'a direction that a pipe end lacks is never reported',
    promise:
      'A registration of a write end for READABLE, or of a read end for WRITABLE, reports nothing for that direction. add() may refuse it with EINVAL.',
    needs: ['oneWayPipes'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      const added = [
        [reader, WRITABLE],
        [writer, READABLE],
      ].filter(([fd, interest]) => {
        try {
          poller.add(fd!, interest!);
          return true;
        } catch (error) {
          expect.fails(() => {
            throw error;
          }, 'EINVAL');
          return false;
        }
      });
      expect.equal(poller.size, added.length, 'size');
      expect.none(poller);
      send(writer);
      expect.none(poller);
    },
  },
  {
    id: 'level.9',
    title: 'a batch holds exactly the registered descriptors that are ready',
    promise: 'Of all registered descriptors, a batch holds those that are ready and no others.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const pipes = Array.from({ length: 10 }, () => open.pipe());
      for (const [reader] of pipes) poller.add(reader, READABLE);
      expect.none(poller);
      const chosen = pipes.filter((_, index) => index % 3 === 0);
      for (const [, writer] of chosen) send(writer);
      expect.events(poller, ...chosen.map(([reader]) => [reader, READABLE] as const));
      for (const [reader] of chosen) receive(reader);
      expect.none(poller);
    },
  },
  {
    id: 'level.10',
    title: 'a blocked wait returns when a descriptor becomes ready',
    promise: 'A wait that blocks returns when a registered descriptor becomes ready.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      for (const kind of KINDS) {
        const poller = open.poller();
        const { reader, writer } = open.channel(kind);
        poller.add(reader, READABLE, kind);
        expect.none(poller);
        const writing = threads.writeAfter(2, writer);
        expect.batch(poller.wait(), [[reader, READABLE, kind]]);
        await writing.done();
      }
    },
  },
  {
    id: 'level.11',
    title: 'each of several pollers reports a descriptor that they share',
    promise: 'A descriptor that is registered in several pollers is reported by each of them.',
    needs: [],
    run({ open, expect }) {
      const pollers = [open.poller(), open.poller(), open.poller()];
      const [reader, writer] = open.pipe();
      for (const poller of pollers) poller.add(reader, READABLE);
      send(writer);
      for (const poller of pollers) expect.events(poller, [reader, READABLE]);
      receive(reader);
      for (const poller of pollers) expect.none(poller);
    },
  },
];
