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
    title: 'a peer that has finished sending is readable and read-closed, and no hangup',
    promise:
      'A peer that shuts down its writing is reported as READABLE and READ_CLOSED, without HANGUP, though READ_CLOSED was not asked for.',
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
    title: 'the other direction goes on',
    promise:
      'After the peer has finished sending, reading returns 0, writing works, and in level mode the end is reported by every wait.',
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
    title: 'data and the end of it come together, and the data is there',
    promise: 'READ_CLOSED does not mean that nothing is left: what was sent before can be read, and the end after it.',
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
    title: 'READ_CLOSED alone is silent while data waits',
    promise: 'READ_CLOSED alone reports no data, however much of it waits, in any mode.',
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
    title: 'READ_CLOSED alone says when the peer has finished, with data waiting or not',
    promise:
      'READ_CLOSED alone reports READ_CLOSED when the peer has finished sending, though data is unread, and not READABLE.',
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
    title: 'READ_CLOSED alone does not spin while data waits',
    promise:
      'A wait for READ_CLOSED alone lasts its time, and uses next to no processor time, while data waits to be read.',
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
    title: 'WRITABLE alone does not report that the peer has finished',
    promise: 'WRITABLE alone reports room to write and nothing else where the peer has finished sending.',
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
    title: 'own shutdown of reading is readable and read-closed',
    promise: 'A socket whose own reading was shut down is READABLE and READ_CLOSED, and no hangup.',
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
    title: 'both interests: the end and the room to write are one event',
    promise:
      'Where both directions were asked for, a peer that has finished sending is READABLE, READ_CLOSED and WRITABLE in one event.',
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
    title: 'a TCP peer that closes in order is a half-close',
    promise: 'A TCP peer that closes with nothing unread is READABLE and READ_CLOSED, and not a hangup.',
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
    title: 'modify() reports the end again to an edge',
    promise: 'The end of a stream that an edge registration has seen is reported once more by modify().',
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
    title: 'the end is silent to a disarmed registration',
    promise: 'A oneshot registration that has fired reports that the peer finished only after modify().',
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
    title: 'without the capability, asking for it is ERR_NOT_SUPPORTED',
    promise:
      'A poller that lacks the capability refuses READ_CLOSED in add() and modify() with ERR_NOT_SUPPORTED, and changes nothing.',
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
