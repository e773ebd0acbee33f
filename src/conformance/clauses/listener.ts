import { join } from 'node:path';
import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';

export const listenerClauses: readonly Clause[] = [
  {
    id: 'listener.1',
    title: 'a listener is READABLE while a connection waits',
    promise: 'A listener is READABLE while a connection waits to be accepted, and accept() then returns a connection.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const { listener, address } = open.listener();
        poller.add(listener, mode | READABLE);
        expect.none(poller);
        open.connection(address);
        expect.held(poller, mode, [listener, READABLE]);
        open.accept(listener);
        expect.equal(sys.accept(listener), sys.WOULD_BLOCK, 'a second accept()');
        expect.none(poller);
      });
    },
  },
  {
    id: 'listener.2',
    title: 'a listener is never WRITABLE',
    promise: 'A listener is not reported as WRITABLE, whether connections wait or not.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      poller.add(listener, READABLE | WRITABLE);
      expect.none(poller);
      open.connection(address);
      expect.events(poller, [listener, READABLE]);
    },
  },
  {
    id: 'listener.3',
    title: 'every wait reports a level listener until the last connection is accepted',
    promise: 'A level registration of a listener is reported while any connection waits.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      poller.add(listener, READABLE);
      for (let count = 0; count < 3; count++) open.connection(address);
      for (let count = 0; count < 3; count++) {
        expect.events(poller, [listener, READABLE]);
        open.accept(listener);
      }
      expect.none(poller);
    },
  },
  {
    id: 'listener.4',
    title: 'an edge listener reports each new connection, and not the ones that still wait',
    promise:
      'An edge registration of a listener is not reported again for connections that still wait, so a program has to accept until WOULD_BLOCK. A new connection is an edge.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      poller.add(listener, EDGE | READABLE);
      for (let count = 0; count < 2; count++) {
        open.connection(address);
        expect.edge(poller, listener, READABLE);
      }
      open.accept(listener);
      expect.none(poller);
      open.connection(address);
      expect.edge(poller, listener, READABLE);
    },
  },
  {
    id: 'listener.5',
    title: 'a oneshot listener reports further connections only after modify()',
    promise:
      'A oneshot registration of a listener reports one event. Connections that come later are reported after modify().',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      poller.add(listener, ONESHOT | READABLE);
      open.connection(address);
      expect.events(poller, [listener, READABLE]);
      open.accept(listener);
      open.connection(address);
      expect.none(poller);
      open.accept(listener);
      open.connection(address);
      poller.modify(listener, ONESHOT | READABLE);
      expect.events(poller, [listener, READABLE]);
      expect.none(poller);
    },
  },
  {
    id: 'listener.6',
    title: 'a unix listener is READABLE while a connection waits',
    promise: 'A listening unix socket is READABLE while a connection waits, and never WRITABLE.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, path } = open.unixListener();
      poller.add(listener, READABLE | WRITABLE);
      expect.none(poller);
      sys.connect(open.socket('unix'), { path });
      expect.events(poller, [listener, READABLE]);
      expect.events(poller, [listener, READABLE]);
      open.accept(listener);
      expect.none(poller);
    },
  },
  {
    id: 'listener.7',
    title: 'a listener still works after a client resets before accept()',
    promise:
      'A listener continues to work after a client has ended its connection before accept(). accept() returns a connection or WOULD_BLOCK.',
    needs: [],
    run({ open, expect, own }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      poller.add(listener, READABLE);
      const client = open.connection(address);
      expect.events(poller, [listener, READABLE]);
      open.reset(client);
      for (const { fd, readiness } of poller.wait(0)) expect.equal([fd, readiness], [listener, READABLE], 'event');
      for (let fd = sys.accept(listener); fd !== sys.WOULD_BLOCK; fd = sys.accept(listener)) own(fd);
      expect.none(poller);
      open.connection(address);
      expect.events(poller, [listener, READABLE]);
    },
  },
  {
    id: 'listener.8',
    title: 'a socket that is added before listen() reports connections after listen()',
    promise:
      'A socket may be added before listen(). Events before listen() mean nothing; connections after listen() are reported as those of any listener.',
    needs: ['lateListen'],
    run({ open, expect, each, environment }) {
      const modes = modesOf(environment.capabilities);
      each(product(modes, ['ipv4', 'unix'] as const), ([{ mode }, family]) => {
        const poller = open.poller();
        const listener = open.socket(family);
        const address = family === 'unix' ? { path: join(open.directory(), 'socket') } : { host: '127.0.0.1', port: 0 };
        sys.bind(listener, address);
        poller.add(listener, mode | READABLE, 'data');
        poller.wait(0);
        sys.listen(listener);
        // An event before listen() may have disarmed the registration or taken its edge.
        if ((mode & ONESHOT) !== 0) poller.modify(listener, mode | READABLE);
        else expect.extraEdges(poller, listener, READABLE | READ_CLOSED | HANGUP);
        expect.none(poller);
        for (let count = 0; count < 2; count++) {
          sys.connect(open.socket(family), sys.localAddress(listener));
          expect.held(poller, mode, [listener, READABLE, 'data']);
          open.accept(listener);
          expect.equal(sys.accept(listener), sys.WOULD_BLOCK, 'a second accept()');
          expect.none(poller);
          if ((mode & ONESHOT) !== 0) poller.modify(listener, mode | READABLE);
        }
      });
    },
  },
];
