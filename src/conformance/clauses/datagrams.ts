import { EDGE, READABLE, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { addressOf } from '../kit/fixtures.js';
import type { Kind } from '../kit/kinds.js';
import { receive, send } from '../kit/transfer.js';
import { arrived } from '../kit/waiting.js';

const DATAGRAMS: readonly Kind[] = ['UDP', 'unix datagram'];

export const datagramsClauses: readonly Clause[] = [
  {
    id: 'datagrams.1',
    title: 'a datagram socket is READABLE until the last message is received',
    promise: 'A datagram socket is READABLE while a message waits. Each receive takes one message.',
    needs: [],
    run({ open, expect, each }) {
      each(DATAGRAMS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, READABLE);
        for (let count = 0; count < 3; count++) channel.send();
        for (let count = 0; count < 3; count++) {
          expect.events(poller, [channel.reader, READABLE]);
          channel.receive();
        }
        expect.none(poller);
      });
    },
  },
  {
    id: 'datagrams.2',
    title: 'an empty datagram is READABLE',
    promise: 'A datagram of length 0 makes its receiver READABLE until it is received.',
    needs: [],
    run({ open, expect, each }) {
      each(DATAGRAMS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, READABLE);
        expect.none(poller);
        expect.equal(sys.send(b, Buffer.alloc(0)), 0, 'bytes sent');
        expect.events(poller, [a, READABLE]);
        const message = sys.recvFrom(a, Buffer.alloc(8));
        expect.ok(message !== sys.WOULD_BLOCK && message.length === 0, 'the message is not empty');
        expect.none(poller);
      });
    },
  },
  {
    id: 'datagrams.3',
    title: 'the rest of a truncated datagram is not reported',
    promise: 'A receive that takes a part of a datagram discards the rest, which is not reported.',
    needs: [],
    run({ open, expect, each }) {
      each(DATAGRAMS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, READABLE);
        send(b, 'a longer message');
        expect.events(poller, [a, READABLE]);
        expect.equal(receive(a, 4), 4, 'bytes received');
        expect.none(poller);
      });
    },
  },
  {
    id: 'datagrams.4',
    title: 'each datagram is an edge',
    promise:
      'An edge registration reports each message that comes to a datagram socket, whether other messages wait or not.',
    needs: ['edge'],
    run({ open, expect, each }) {
      each(DATAGRAMS, (kind) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, EDGE | READABLE);
        for (let count = 0; count < 3; count++) {
          channel.send();
          expect.edge(poller, channel.reader, READABLE);
        }
        channel.receive();
        expect.extraEdges(poller, channel.reader, READABLE);
        channel.send();
        expect.edge(poller, channel.reader, READABLE);
      });
    },
  },
  {
    id: 'datagrams.5',
    title: 'an unconnected UDP socket reports messages from any sender',
    promise: 'A bound UDP socket that is not connected is READABLE for messages from any sender, and WRITABLE.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [server, ...clients] = [open.boundUdp(), open.boundUdp(), open.boundUdp()];
      poller.add(server!, READABLE);
      expect.none(poller);
      for (const client of clients) sys.sendTo(client, Buffer.from('x'), addressOf(server!));
      arrived(server!);
      poller.modify(server!, READABLE | WRITABLE);
      expect.events(poller, [server!, READABLE | WRITABLE]);
    },
  },
  {
    id: 'datagrams.6',
    title: 'an unconnected datagram socket is WRITABLE',
    promise: 'A new UDP or unix datagram socket is WRITABLE, without HANGUP.',
    needs: [],
    run({ open, expect, each }) {
      each(['ipv4', 'unix'] as const, (family) => {
        const poller = open.poller();
        const fd = open.socket(family, 'dgram');
        poller.add(fd, READABLE | WRITABLE);
        expect.events(poller, [fd, WRITABLE]);
      });
    },
  },
  {
    id: 'datagrams.7',
    title: 'sending a datagram does not make the sender READABLE',
    promise: 'A sent datagram makes its receiver READABLE, and not its sender.',
    needs: [],
    run({ open, expect, each }) {
      each(DATAGRAMS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, READABLE);
        poller.add(b, READABLE);
        send(a);
        expect.events(poller, [b, READABLE]);
      });
    },
  },
];
