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

/** A UDP socket that has heard that nobody listens at the other end, and has the error pending. */
function refusedDatagram({ open, expect, close }: Context): number {
  const [a, b] = open.udp();
  close(b);
  send(a);
  // Any call that would tell takes the error, on Linux.
  const witness = open.poller();
  witness.add(a, READABLE);
  expect.events(witness, [a, READABLE | ERROR]);
  witness.close();
  return a;
}

export const errorClauses: readonly Clause[] = [
  {
    id: 'error.1',
    title: 'a reset connection is readable, read-closed, hangup and error',
    promise:
      'A connection that the peer reset is READABLE, READ_CLOSED, HANGUP and ERROR in one event, and takeError() says ECONNRESET.',
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
    title: 'taken, the error is gone, and the hangup stays',
    promise: 'takeError() ends ERROR; the connection stays a hangup.',
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
    title: 'who waits to write only is told of the reset',
    promise: 'WRITABLE alone reports a reset connection as WRITABLE, HANGUP and ERROR.',
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
    title: 'a peer that closes with data unread resets the connection',
    promise: 'A TCP peer that closes without having read what was sent is reported as an error and a hangup.',
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
    title: 'a refused datagram is readable and error',
    promise:
      'A connected UDP socket whose datagram was refused is READABLE and ERROR, and takeError() says ECONNREFUSED.',
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
    title: 'a failed read takes the error as well',
    promise: 'A read that fails with the pending error of a UDP socket ends READABLE and ERROR.',
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
    title: 'who waits to write only is told of a refused datagram',
    promise: 'WRITABLE alone reports a refused datagram as WRITABLE and ERROR.',
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
    title: 'a UDP socket without a peer is not told',
    promise: 'A UDP socket that is not connected reports no error for a datagram that was refused.',
    needs: [],
    run(context) {
      const { open, expect, close } = context;
      const poller = open.poller();
      const [a, b] = [open.boundUdp(), open.boundUdp()];
      const address = sys.localAddress(b) as sys.InternetAddress;
      close(b);
      poller.add(a, READABLE);
      sys.sendTo(a, Buffer.from('x'), address);
      // A later one was refused by now, and so was this.
      refusedDatagram(context);
      expect.none(poller);
    },
  },
  {
    id: 'error.9',
    title: 'an error on one descriptor leaves the others alone',
    promise: 'An error is reported with its own descriptor, and never stops the poller.',
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
    title: 'an error is an edge, once',
    promise: 'An edge registration reports an error when it comes, and silence follows.',
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
    title: 'a disarmed registration does not report an error until modify()',
    promise: 'A oneshot registration that has fired is silent about errors too, and modify() reports them.',
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
    title: 'every single interest hears of a reset',
    promise:
      'ERROR is reported, never asked for: whichever one interest a registration has, a reset connection is HANGUP and ERROR to it.',
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
    title: 'every single interest hears of a refused datagram',
    promise: 'Whichever one interest a registration has, a refused datagram is reported to it as ERROR.',
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
    title: 'an error is reported by every wait while it is pending, to every single interest',
    promise:
      'In level mode every wait reports a refused datagram as ERROR, whichever one interest was asked for, until takeError() has taken it.',
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
