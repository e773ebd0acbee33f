import { constants } from 'node:os';
import { EDGE, ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { addressOf } from '../kit/fixtures.js';
import { send } from '../kit/transfer.js';

const { ECONNREFUSED } = constants.errno;
/** What a refused connect may say beside WRITABLE and ERROR. */
const OPTIONAL = READ_CLOSED | HANGUP;

export const connectClauses: readonly Clause[] = [
  {
    id: 'connect.1',
    title: 'a connect that succeeds is WRITABLE, and there is no error',
    promise: 'A connection that is established is WRITABLE, and takeError() says 0.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const { address } = open.listener();
        const fd = open.connection(address);
        poller.add(fd, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [fd, WRITABLE]);
        expect.equal(sys.takeError(fd), 0, 'takeError()');
      });
    },
  },
  {
    id: 'connect.2',
    title: 'a connect that is refused is WRITABLE and ERROR',
    promise:
      'A connect that is refused is WRITABLE and ERROR, HANGUP and READ_CLOSED may come with it, and takeError() says ECONNREFUSED.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const fd = open.connection(open.deadAddress());
        poller.add(fd, mode | WRITABLE);
        expect.eventsAllowing(poller, OPTIONAL, [fd, WRITABLE | ERROR]);
        if (mode === 0) expect.eventsAllowing(poller, OPTIONAL, [fd, WRITABLE | ERROR]);
        else expect.none(poller);
        expect.equal(sys.takeError(fd), ECONNREFUSED, 'takeError()');
      });
    },
  },
  {
    id: 'connect.3',
    title: 'taken, the error of a refused connect is gone',
    promise: 'After takeError() a refused connect is not reported as ERROR any more.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.connection(open.deadAddress());
      poller.add(fd, WRITABLE);
      expect.eventsAllowing(poller, OPTIONAL, [fd, WRITABLE | ERROR]);
      expect.equal([sys.takeError(fd), sys.takeError(fd)], [ECONNREFUSED, 0], 'takeError(), twice');
      for (const { readiness } of poller.wait(0)) expect.equal(readiness & ERROR, 0, 'ERROR');
    },
  },
  {
    id: 'connect.4',
    title: 'who asked for both directions is told of a refused connect in both',
    promise: 'A refused connect is READABLE, WRITABLE and ERROR to a registration of both directions.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.connection(open.deadAddress());
      poller.add(fd, READABLE | WRITABLE);
      expect.eventsAllowing(poller, OPTIONAL, [fd, READABLE | WRITABLE | ERROR]);
    },
  },
  {
    id: 'connect.5',
    title: 'a connect that is under way is silent',
    promise: 'A socket whose connect is under way is not reported.',
    needs: ['linux'],
    run({ open, expect }) {
      const poller = open.poller();
      const listener = open.socket('ipv4');
      sys.bind(listener, { host: '127.0.0.1', port: 0 });
      sys.listen(listener, 0);
      const address = addressOf(listener);
      open.connection(address);
      const witness = open.poller();
      witness.add(listener, READABLE);
      expect.events(witness, [listener, READABLE]);
      const waiting = open.socket('ipv4');
      expect.equal(sys.connect(waiting, address), sys.WOULD_BLOCK, 'connect()');
      poller.add(waiting, READABLE | WRITABLE);
      expect.none(poller);
      expect.batch(poller.wait(2), []);
    },
  },
  {
    id: 'connect.6',
    title: 'a unix connect is WRITABLE at once',
    promise: 'A unix socket that connect() has connected is WRITABLE.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, path } = open.unixListener();
      const client = open.socket('unix');
      expect.equal(sys.connect(client, { path }), 0, 'connect()');
      poller.add(client, READABLE | WRITABLE);
      expect.events(poller, [client, WRITABLE]);
      send(open.accept(listener));
      expect.events(poller, [client, READABLE | WRITABLE]);
    },
  },
  {
    id: 'connect.7',
    title: 'a socket may be registered before connect()',
    promise:
      'An edge registration that was made before connect() reports the end of it; events from before mean nothing, so ask takeError() and peerAddress().',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const { address } = open.listener();
      const fd = open.socket('ipv4');
      poller.add(fd, EDGE | READABLE | WRITABLE);
      poller.wait(0);
      sys.connect(fd, address);
      expect.edge(poller, fd, WRITABLE);
      expect.equal(sys.takeError(fd), 0, 'takeError()');
      expect.equal(sys.peerAddress(fd), { family: 'ipv4', ...address }, 'peerAddress()');
    },
  },
  {
    id: 'connect.8',
    title: 'the end of a connect is reported once to a oneshot registration',
    promise: 'A oneshot registration reports the end of a connect once, and what follows after modify().',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const { listener, address } = open.listener();
      const fd = open.connection(address);
      poller.add(fd, ONESHOT | WRITABLE);
      expect.events(poller, [fd, WRITABLE]);
      send(open.accept(listener));
      expect.none(poller);
      poller.modify(fd, ONESHOT | READABLE);
      expect.events(poller, [fd, READABLE]);
      expect.none(poller);
    },
  },
];
