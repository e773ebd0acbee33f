import { EDGE, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';
import { CONNECTIONS } from '../kit/kinds.js';
import { finish, receive, send } from '../kit/transfer.js';
import { arrived } from '../kit/waiting.js';

const ENDED = READABLE | READ_CLOSED;
export const halfCloseClauses: readonly Clause[] = [
  {
    id: 'half-close.1',
    title: 'a peer that finishes sending is reported as READABLE and READ_CLOSED',
    promise:
      'When the peer shuts down its writing, READABLE and READ_CLOSED are reported without HANGUP, although the interest lacks READ_CLOSED.',
    needs: ['readClosed'],
    run({ open, expect, each, environment }) {
      each(product(CONNECTIONS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, mode | READABLE);
        expect.none(poller);
        sys.shutdown(b, 'write');
        expect.held(poller, mode, [a, ENDED]);
      });
    },
  },
  {
    id: 'half-close.2',
    title: 'a socket whose peer has finished sending can still write',
    promise:
      'After the peer has finished sending, reading returns 0, writing works, and a level registration reports the end at every wait.',
    needs: ['readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        poller.add(a, READABLE);
        finish(b, a);
        for (let round = 0; round < 3; round++) {
          expect.events(poller, [a, ENDED]);
          expect.equal(receive(a), 0, 'read at the end');
        }
        poller.remove(a);
        send(a, 'reply');
        arrived(b, 5);
        poller.add(b, READABLE);
        expect.events(poller, [b, READABLE]);
      });
    },
  },
  {
    id: 'half-close.3',
    title: 'READ_CLOSED is reported while data is unread',
    promise:
      'READ_CLOSED does not mean that everything was read: data that was sent before the end can be read, and then the end.',
    needs: ['readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        send(b, 'abc');
        sys.shutdown(b, 'write');
        poller.add(a, READABLE);
        expect.eventually(poller, a, ENDED);
        expect.equal([receive(a), receive(a)], [3, 0], 'reads');
        expect.events(poller, [a, ENDED]);
      });
    },
  },
  {
    id: 'half-close.4',
    title: 'a registration for READ_CLOSED alone does not report data',
    promise: 'A registration for READ_CLOSED alone does not report data in any mode, however much data waits.',
    needs: ['readClosed'],
    run({ open, expect, each, environment }) {
      each(product(CONNECTIONS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        poller.add(channel.reader, mode | READ_CLOSED);
        expect.none(poller);
        for (let round = 0; round < 3; round++) {
          channel.send();
          expect.none(poller);
        }
      });
    },
  },
  {
    id: 'half-close.5',
    title: 'a registration for READ_CLOSED alone reports the end while data is unread',
    promise:
      'A registration for READ_CLOSED alone reports READ_CLOSED without READABLE when the peer has finished sending, even if data is unread.',
    needs: ['readClosed'],
    run({ open, expect, each, environment }) {
      each(product(CONNECTIONS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        for (const hasData of [false, true]) {
          const poller = open.poller();
          const channel = open.channel(kind);
          poller.add(channel.reader, mode | READ_CLOSED);
          if (hasData) channel.send();
          expect.none(poller);
          sys.shutdown(channel.writer, 'write');
          expect.held(poller, mode, [channel.reader, READ_CLOSED]);
        }
      });
    },
  },
  {
    id: 'half-close.6',
    title: 'a wait for READ_CLOSED alone does not spin while data is unread',
    promise:
      'A wait with a registration for READ_CLOSED alone lasts its full time and uses almost no processor time while data waits to be read.',
    needs: ['readClosed'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      poller.add(a, READ_CLOSED);
      send(b);
      expect.none(poller);
      expect.rests(poller);
    },
  },
  {
    id: 'half-close.7',
    title: 'a registration for WRITABLE alone does not report that the peer has finished sending',
    promise: 'A registration for WRITABLE alone reports WRITABLE and no other bit when the peer has finished sending.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(product(CONNECTIONS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        finish(b, a);
        poller.add(a, mode | WRITABLE);
        expect.held(poller, mode, [a, WRITABLE]);
      });
    },
  },
  {
    id: 'half-close.8',
    title: 'a socket that shuts down its own reading reports READABLE and READ_CLOSED',
    promise: 'A socket whose own reading was shut down reports READABLE and READ_CLOSED, and no HANGUP.',
    needs: ['readClosed'],
    run({ open, expect, each }) {
      each(CONNECTIONS, (kind) => {
        const poller = open.poller();
        const [a] = open.pair(kind);
        sys.shutdown(a, 'read');
        poller.add(a, READABLE);
        expect.events(poller, [a, ENDED]);
        expect.events(poller, [a, ENDED]);
      });
    },
  },
  {
    id: 'half-close.9',
    title: 'the end of the stream and room to write are one event',
    promise:
      'A registration for READABLE and WRITABLE reports READABLE, READ_CLOSED and WRITABLE in one event when the peer has finished sending.',
    needs: ['readClosed'],
    run({ open, expect, each, environment }) {
      each(product(CONNECTIONS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        finish(b, a);
        poller.add(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, ENDED | WRITABLE]);
      });
    },
  },
  {
    id: 'half-close.10',
    title: 'a TCP peer that closes in order is reported as a half-close',
    promise: 'A TCP peer that closes with nothing unread is reported as READABLE and READ_CLOSED, without HANGUP.',
    needs: ['readClosed'],
    run({ open, expect, close, each }) {
      each(['127.0.0.1'], (host) => {
        const poller = open.poller();
        const [a, b] = open.tcp(host);
        poller.add(a, READABLE);
        expect.none(poller);
        close(b);
        expect.events(poller, [a, ENDED]);
        expect.equal(receive(a), 0, 'read at the end');
        expect.events(poller, [a, ENDED]);
      });
    },
  },
  {
    id: 'half-close.11',
    title: 'modify() reports the end of the stream again to an edge registration',
    promise: 'An edge registration that has reported the end of a stream reports it once more after modify().',
    needs: ['readClosed', 'edge'],
    run({ open, expect, each }) {
      each(product(CONNECTIONS, [READABLE | READ_CLOSED, READABLE, READ_CLOSED]), ([kind, interest]) => {
        const poller = open.poller();
        const [a, b] = open.pair(kind);
        finish(b, a);
        poller.add(a, EDGE | interest);
        for (let round = 0; round < 3; round++) {
          expect.events(poller, [a, interest | READ_CLOSED]);
          expect.none(poller);
          poller.modify(a, EDGE | interest);
        }
      });
    },
  },
  {
    id: 'half-close.12',
    title: 'a disarmed oneshot registration reports the end of the stream only after modify()',
    promise: 'A oneshot registration that has fired does not report that the peer has finished sending until modify().',
    needs: ['readClosed', 'oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      send(b);
      poller.add(a, ONESHOT | READABLE);
      expect.events(poller, [a, READABLE]);
      sys.shutdown(b, 'write');
      expect.none(poller);
      poller.modify(a, ONESHOT | READABLE);
      expect.events(poller, [a, ENDED]);
      expect.none(poller);
    },
  },
  {
    id: 'half-close.13',
    title: 'a poller without the capability refuses READ_CLOSED with ERR_NOT_SUPPORTED',
    promise:
      'A poller whose capabilities lack readClosed throws ERR_NOT_SUPPORTED when add() or modify() is given READ_CLOSED, and changes nothing.',
    needs: ['noReadClosed'],
    run({ open, expect, each }) {
      each([READ_CLOSED, READ_CLOSED | READABLE], (interest) => {
        const poller = open.poller();
        const [a] = open.stream();
        expect.refuses(() => poller.add(a, interest), Error, 'ERR_NOT_SUPPORTED');
        expect.equal([poller.size, poller.has(a)], [0, false], 'size, has()');
        poller.add(a, READABLE);
        expect.refuses(() => poller.modify(a, interest), Error, 'ERR_NOT_SUPPORTED');
        expect.none(poller);
      });
    },
  },
];
