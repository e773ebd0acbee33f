import { constants } from 'node:os';
import { EDGE, ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { addressOf } from '../kit/fixtures.js';
import { send } from '../kit/transfer.js';

const { ECONNREFUSED } = constants.errno;
/** Bits that a refused connect may report beside WRITABLE and ERROR. */
const OPTIONAL = READ_CLOSED | HANGUP;

export const connectClauses: readonly Clause[] = [
  {
    id: 'connect.1',
    title: 'a connect that succeeds is WRITABLE without an error',
    promise: 'A socket whose connect has succeeded is WRITABLE, and takeError() returns 0.',
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
    title: 'a refused connect reports WRITABLE and ERROR',
    promise:
      'A socket whose connect was refused reports WRITABLE and ERROR, and takeError() returns ECONNREFUSED. HANGUP and READ_CLOSED may come with them.',
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
    title: 'takeError() ends ERROR of a refused connect',
    promise: 'A socket whose connect was refused is no longer reported with ERROR after takeError().',
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
    title: 'a refused connect is reported in both directions',
    promise:
      'A registration for READABLE and WRITABLE reports READABLE, WRITABLE and ERROR when the connect was refused.',
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
    title: 'a connect in progress is not reported',
    promise: 'A socket is not reported while its connect is in progress.',
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
    title: 'a connected unix socket is WRITABLE at once',
    promise: 'A unix socket is WRITABLE after connect() has returned.',
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
    title: 'a socket that is added before connect() reports the end of the connect',
    promise:
      'An edge registration that was made before connect() reports the end of the connect. Events before it mean nothing: takeError() and peerAddress() tell whether the socket is connected.',
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
    title: 'a oneshot registration reports the end of a connect once',
    promise: 'A oneshot registration reports the end of a connect once. Later events are reported after modify().',
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
