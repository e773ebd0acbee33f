import { join } from 'node:path';
import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';

export const listenerClauses: readonly Clause[] = [
  {
    id: 'listener.1',
    title: 'a connection that waits to be accepted is READABLE',
    promise: 'A listener is READABLE while a connection waits to be accepted, and accept() then returns one.',
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
    title: 'it is never WRITABLE',
    promise: 'A listener is not WRITABLE, connections or not.',
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
    title: 'level: reported until the last connection is accepted',
    promise: 'A level registration of a listener is reported while any connection is left.',
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
    title: 'edge: accepting one of several is no edge, another connection is',
    promise:
      'An edge registration of a listener is not reported again for connections that were there, so accept until WOULD_BLOCK; a new one is an edge.',
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
    title: 'oneshot: the next connection waits for modify()',
    promise:
      'A oneshot registration of a listener reports one event, and the connections that came meanwhile after modify().',
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
    title: 'a unix listener is a listener',
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
    title: 'a client that resets before accept() stops nothing',
    promise:
      'A listener works on after a client that ended its connection before it was accepted; accept() says WOULD_BLOCK or returns a connection.',
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
    title: 'a socket that was added before listen() reports its connections',
    promise:
      'A socket may be registered before listen(): events from before mean nothing, and connections that come afterwards are reported as those of any listener.',
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
        // What came before has disarmed it, and may have been an edge.
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
