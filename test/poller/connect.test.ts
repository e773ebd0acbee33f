import { constants } from 'node:os';
import { EDGE, ERROR, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLERR, POLLIN, untilPolled } from '../support/descriptors.js';
import { bitNames, expectEvents, expectNone, thrownBy } from '../support/expect.js';
import { addressOf, tcpListener, udpPair, untilQueued } from '../support/kinds.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('connect');

const MODES = [
  ['level', 0],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
  ['edge-oneshot', EDGE | ONESHOT],
] as const;
const { ECONNREFUSED } = constants.errno;

/** A port of the loopback interface that nobody listens on. */
function deadAddress(scope: Scope): { host: string; port: number } {
  // Bound, so that nobody else takes it.
  const fd = scope.own(sys.socket('ipv4'));
  sys.bind(fd, { host: '127.0.0.1', port: 0 });
  return addressOf(fd);
}

function connectTo(scope: Scope, address: { host: string; port: number }): number {
  const fd = scope.own(sys.socket('ipv4'));
  sys.connect(fd, address);
  return fd;
}

for (const [name, mode] of MODES) {
  test(
    `poller:listen.1 ${name}: a listener is readable while connections wait to be accepted`,
    scoped((scope) => {
      const poller = scope.poller();
      const { listener, address } = tcpListener(scope);
      poller.add(listener, mode | READABLE | WRITABLE);
      expectNone(poller);
      connectTo(scope, address);
      expectEvents(poller, [listener, READABLE]);
      if (mode === 0) expectEvents(poller, [listener, READABLE]);
      else expectNone(poller);
      scope.own(sys.accept(listener));
      assert.is(sys.accept(listener), sys.WOULD_BLOCK);
      poller.modify(listener, mode | READABLE | WRITABLE);
      expectNone(poller);
      connectTo(scope, address);
      expectEvents(poller, [listener, READABLE]);
    }),
  );

  test(
    `poller:connect.1 ${name}: a connect that succeeds is writable, and no error is pending`,
    scoped((scope) => {
      const poller = scope.poller();
      const { address } = tcpListener(scope);
      const fd = scope.own(sys.socket('ipv4'));
      sys.connect(fd, address);
      poller.add(fd, mode | READABLE | WRITABLE);
      expectEvents(poller, [fd, WRITABLE]);
      if (mode === 0) expectEvents(poller, [fd, WRITABLE]);
      else expectNone(poller);
      assert.is(sys.takeError(fd), 0);
    }),
  );

  test(
    `poller:connect.2 ${name}: a connect that is refused is writable and error, and the error can be taken`,
    scoped((scope) => {
      const poller = scope.poller();
      const fd = scope.own(sys.socket('ipv4'));
      sys.connect(fd, deadAddress(scope));
      untilPolled(fd, POLLERR);
      poller.add(fd, mode | WRITABLE);
      const events = [...poller.wait(1000)].map((event) => [
        event.fd,
        bitNames(event.readiness & ~(READ_CLOSED | HANGUP)),
      ]);
      assert.equal(events, [[fd, 'WRITABLE|ERROR']]);
      if (mode !== 0) expectNone(poller);
      assert.is(sys.takeError(fd), ECONNREFUSED);
      assert.is(sys.takeError(fd), 0);
      poller.modify(fd, mode | WRITABLE);
      for (const event of poller.wait(0)) assert.is(event.error, false);
    }),
  );

  test(
    `poller:error.1 UDP, ${name}: a refused datagram is readable and error; taken, nothing is left`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = udpPair(scope);
      poller.add(a, mode | READABLE);
      expectNone(poller);
      scope.close(b);
      sys.write(a, Buffer.from('x'));
      untilPolled(a, POLLERR);
      expectEvents(poller, [a, READABLE | ERROR]);
      if (mode !== 0) expectNone(poller);
      assert.is(sys.takeError(a), ECONNREFUSED);
      poller.modify(a, mode | READABLE | WRITABLE);
      expectEvents(poller, [a, WRITABLE]);
    }),
  );
}

test(
  'poller:listen.2 a listener is readable until the last connection is accepted',
  scoped((scope) => {
    const poller = scope.poller();
    const { listener, address } = tcpListener(scope);
    poller.add(listener, READABLE);
    for (let count = 0; count < 3; count++) connectTo(scope, address);
    untilQueued(listener, 3);
    for (let count = 0; count < 3; count++) {
      expectEvents(poller, [listener, READABLE]);
      scope.own(sys.accept(listener));
    }
    expectNone(poller);
  }),
);

test(
  'poller:listen.3 with one of several connections accepted, an edge is silent until another comes',
  scoped((scope) => {
    const poller = scope.poller();
    const { listener, address } = tcpListener(scope);
    poller.add(listener, EDGE | READABLE);
    for (let count = 0; count < 2; count++) connectTo(scope, address);
    untilQueued(listener, 2);
    expectEvents(poller, [listener, READABLE]);
    scope.own(sys.accept(listener));
    expectNone(poller);
    connectTo(scope, address);
    expectEvents(poller, [listener, READABLE]);
  }),
);

test(
  'poller:connect.3 a connect that is under way is silent, and its end is reported',
  scoped((scope) => {
    const poller = scope.poller();
    const listener = scope.own(sys.socket('ipv4'));
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener, 0);
    const address = addressOf(listener);
    connectTo(scope, address);
    untilQueued(listener, 1);
    const waiting = scope.own(sys.socket('ipv4'));
    assert.is(sys.connect(waiting, address), sys.WOULD_BLOCK);
    poller.add(waiting, READABLE | WRITABLE);
    expectNone(poller);
    untilPolled(listener, POLLIN);
    scope.own(sys.accept(listener));
    expectEvents(poller, [waiting, WRITABLE]);
  }),
);

test(
  'poller:error.2 a failed read takes the error of a UDP socket as well',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = udpPair(scope);
    scope.close(b);
    sys.write(a, Buffer.from('x'));
    untilPolled(a, POLLERR);
    poller.add(a, READABLE);
    expectEvents(poller, [a, READABLE | ERROR]);
    assert.is(thrownBy(() => sys.read(a, Buffer.alloc(1))).code, 'ECONNREFUSED');
    expectNone(poller);
  }),
);

test(
  'poller:error.3 an error on one descriptor leaves the others alone',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = udpPair(scope);
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(a, READABLE);
    poller.add(reader, READABLE);
    scope.close(b);
    sys.write(a, Buffer.from('x'));
    untilPolled(a, POLLERR);
    expectEvents(poller, [a, READABLE | ERROR]);
    sys.write(writer, Buffer.from('x'));
    expectEvents(poller, [a, READABLE | ERROR], [reader, READABLE]);
    poller.remove(a);
    expectEvents(poller, [reader, READABLE]);
  }),
);
