import { constants } from 'node:os';
import { EDGE, ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import type { Context } from '../kit/context.js';
import { modesOf, product, singleInterestsOf } from '../kit/modes.js';
import { fill, receive, send } from '../kit/transfer.js';
import { arrived, gone } from '../kit/waiting.js';

const RESET = READABLE | READ_CLOSED | HANGUP | ERROR;
const { ECONNREFUSED, ECONNRESET } = constants.errno;

/** A UDP socket with a pending ECONNREFUSED, because nobody listens at the other end. */
function refusedDatagram({ open, expect, close }: Context): number {
  const [a, b] = open.udp();
  close(b);
  send(a);
  // On Linux every system call on the socket that could show the error also takes it, so a second poller waits for it.
  const witness = open.poller();
  witness.add(a, READABLE);
  expect.events(witness, [a, READABLE | ERROR]);
  witness.close();
  return a;
}

export const errorClauses: readonly Clause[] = [
  {
    id: 'error.1',
    title: 'a connection that the peer resets reports ERROR and HANGUP in one event',
    promise:
      'A connection that the peer has reset reports READABLE, READ_CLOSED, HANGUP and ERROR in one event, and takeError() returns ECONNRESET.',
    needs: ['readClosed'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        poller.add(a, mode | READABLE);
        expect.none(poller);
        open.reset(b);
        expect.held(poller, mode, [a, RESET]);
        expect.equal(sys.takeError(a), ECONNRESET, 'takeError()');
      });
    },
  },
  {
    id: 'error.2',
    title: 'takeError() ends ERROR of a reset connection, and HANGUP stays',
    promise: 'After takeError() a reset connection is reported without ERROR and still with HANGUP.',
    needs: ['readClosed'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, READABLE);
      open.reset(b);
      expect.events(poller, [a, RESET]);
      expect.equal([sys.takeError(a), sys.takeError(a)], [ECONNRESET, 0], 'takeError(), twice');
      expect.events(poller, [a, RESET & ~ERROR]);
      expect.events(poller, [a, RESET & ~ERROR]);
    },
  },
  {
    id: 'error.3',
    title: 'a registration for WRITABLE alone reports a reset connection',
    promise:
      'A registration for WRITABLE alone reports WRITABLE, HANGUP and ERROR when the peer resets the connection.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        poller.add(a, READABLE);
        open.reset(b);
        expect.eventsAllowing(poller, READ_CLOSED, [a, RESET & ~READ_CLOSED]);
        poller.modify(a, mode | WRITABLE);
        expect.held(poller, mode, [a, WRITABLE | HANGUP | ERROR]);
      });
    },
  },
  {
    id: 'error.4',
    title: 'a TCP peer that closes with unread data resets the connection',
    promise: 'When a TCP peer closes before it has read all that was sent to it, ERROR and HANGUP are reported.',
    needs: ['readClosed'],
    run({ open, expect, close }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      poller.add(a, READABLE);
      send(a, 'unread');
      arrived(b, 6);
      expect.none(poller);
      close(b);
      expect.events(poller, [a, RESET]);
    },
  },
  {
    id: 'error.5',
    title: 'a refused datagram is reported as READABLE and ERROR',
    promise:
      'A connected UDP socket whose datagram was refused reports READABLE and ERROR, and takeError() returns ECONNREFUSED.',
    needs: [],
    run(context) {
      const { open, expect, each, environment } = context;
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const a = refusedDatagram(context);
        poller.add(a, mode | READABLE);
        expect.held(poller, mode, [a, READABLE | ERROR]);
        expect.equal(sys.takeError(a), ECONNREFUSED, 'takeError()');
        poller.modify(a, mode | READABLE | WRITABLE);
        expect.held(poller, mode, [a, WRITABLE]);
      });
    },
  },
  {
    id: 'error.6',
    title: 'a read that fails with the pending error ends ERROR',
    promise: 'A read of a UDP socket that fails with its pending error ends READABLE and ERROR.',
    needs: [],
    run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const a = refusedDatagram(context);
      poller.add(a, READABLE);
      expect.events(poller, [a, READABLE | ERROR]);
      expect.fails(() => receive(a), 'ECONNREFUSED');
      expect.none(poller);
    },
  },
  {
    id: 'error.7',
    title: 'a registration for WRITABLE alone reports a refused datagram',
    promise: 'A registration for WRITABLE alone reports WRITABLE and ERROR when a datagram was refused.',
    needs: [],
    run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const a = refusedDatagram(context);
      poller.add(a, READABLE);
      expect.events(poller, [a, READABLE | ERROR]);
      poller.modify(a, WRITABLE);
      expect.events(poller, [a, WRITABLE | ERROR]);
      sys.takeError(a);
      expect.events(poller, [a, WRITABLE]);
    },
  },
  {
    id: 'error.8',
    title: 'an unconnected UDP socket does not report a refused datagram',
    promise: 'A UDP socket that is not connected reports no error when a datagram was refused.',
    needs: [],
    run(context) {
      const { open, expect, close } = context;
      const poller = open.poller();
      const [a, b] = [open.boundUdp(), open.boundUdp()];
      const address = sys.localAddress(b) as sys.InternetAddress;
      close(b);
      poller.add(a, READABLE);
      sys.sendTo(a, Buffer.from('x'), address);
      // The datagram that refusedDatagram() sends later was refused by now, so that the one above was refused too.
      refusedDatagram(context);
      expect.none(poller);
    },
  },
  {
    id: 'error.9',
    title: 'an error of one descriptor does not affect the others',
    promise: 'An error is reported with its own descriptor, and the poller continues to report the others.',
    needs: [],
    run(context) {
      const { open, expect } = context;
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      const a = refusedDatagram(context);
      poller.add(a, READABLE);
      expect.events(poller, [a, READABLE | ERROR]);
      send(writer);
      expect.events(poller, [a, READABLE | ERROR], [reader, READABLE]);
      poller.remove(a);
      expect.events(poller, [reader, READABLE]);
    },
  },
  {
    id: 'error.10',
    title: 'an edge registration reports an error once',
    promise: 'An edge registration reports an error when it occurs, and not again.',
    needs: ['edge'],
    run(context) {
      const { open, expect, close } = context;
      const poller = open.poller();
      const [a, b] = open.udp();
      poller.add(a, EDGE | READABLE);
      expect.none(poller);
      close(b);
      send(a);
      expect.edge(poller, a, READABLE | ERROR);
    },
  },
  {
    id: 'error.11',
    title: 'a disarmed oneshot registration reports an error only after modify()',
    promise: 'A oneshot registration that has fired does not report an error until modify().',
    needs: ['oneshot', 'readClosed'],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.tcp();
      send(b);
      poller.add(a, ONESHOT | READABLE);
      expect.events(poller, [a, READABLE]);
      open.reset(b);
      gone(a);
      expect.none(poller);
      poller.modify(a, ONESHOT | READABLE);
      expect.events(poller, [a, RESET]);
      expect.none(poller);
    },
  },
  {
    id: 'error.12',
    title: 'a registration for any single interest reports a reset',
    promise:
      'ERROR is reported without being in the interest: a registration for any single bit reports HANGUP and ERROR when the connection was reset.',
    needs: ['readClosed'],
    run({ open, expect, each, environment: { capabilities } }) {
      each(product(singleInterestsOf(capabilities), modesOf(capabilities)), ([{ interest, over }, { mode }]) => {
        const poller = open.poller();
        const [a, b] = open.tcp();
        if (interest === WRITABLE) fill(a, 'TCP');
        poller.add(a, mode | interest);
        expect.none(poller);
        open.reset(b);
        expect.held(poller, mode, [a, over | HANGUP | ERROR]);
      });
    },
  },
  {
    id: 'error.13',
    title: 'a registration for any single interest reports a refused datagram',
    promise: 'A registration for any single bit reports ERROR when a datagram was refused.',
    needs: [],
    run(context) {
      const {
        open,
        expect,
        each,
        environment: { capabilities },
      } = context;
      each(product(singleInterestsOf(capabilities), modesOf(capabilities)), ([{ interest }, { mode }]) => {
        const poller = open.poller();
        const a = refusedDatagram(context);
        poller.add(a, mode | interest);
        expect.events(poller, [a, (interest & (READABLE | WRITABLE)) | ERROR]);
        if (mode !== 0) expect.none(poller);
      });
    },
  },
  {
    id: 'error.14',
    title: 'every wait reports a pending error to a level registration for any single interest',
    promise:
      'A level registration for any single bit reports the ERROR of a refused datagram at every wait until takeError() has taken the error.',
    needs: [],
    run(context) {
      const {
        open,
        expect,
        each,
        environment: { capabilities },
      } = context;
      each(singleInterestsOf(capabilities), ({ interest }) => {
        const poller = open.poller();
        const a = refusedDatagram(context);
        poller.add(a, interest);
        for (let round = 0; round < 3; round++) expect.events(poller, [a, (interest & (READABLE | WRITABLE)) | ERROR]);
        sys.takeError(a);
        if (interest === WRITABLE) expect.events(poller, [a, WRITABLE]);
        else expect.none(poller);
      });
    },
  },
];
