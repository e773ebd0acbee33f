import { join } from 'node:path';
import { createPoller, ERROR, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, POLLIN, untilPolled } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { untilQueued } from '../support/kinds.js';
import { addressOf } from '../support/kit.js';
import { openDescriptors } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('sys sockets', { sanitized: ['epoll'] });

const COMBINATIONS: ReadonlyArray<[family: sys.SocketFamily, type: sys.SocketType]> = [
  ['ipv4', 'stream'],
  ['ipv4', 'dgram'],
  ['ipv6', 'stream'],
  ['ipv6', 'dgram'],
  ['unix', 'stream'],
  ['unix', 'dgram'],
  ['unix', 'seqpacket'],
];

for (const [family, type] of COMBINATIONS) {
  test(
    `sys:socket.1 a ${family} ${type} socket has that family and type`,
    scoped((scope) => {
      const fd = scope.own(sys.socket(family, type));
      assert.is(sys.localAddress(fd).family, family);
      assert.is(sys.getOption(fd, 'type'), type);
    }),
  );
}

test(
  'sys:socket.2 socket() makes a stream socket by default',
  scoped((scope) => {
    assert.is(sys.getOption(scope.own(sys.socket('ipv4')), 'type'), 'stream');
    const [a, b] = sys.socketPair();
    for (const fd of [scope.own(a), scope.own(b)]) assert.is(sys.getOption(fd, 'type'), 'stream');
  }),
);

test(
  'sys:socket.3 unknown families, types and directions are refused',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    for (const name of ['inet', '', 'IPV4', 'toString', '__proto__']) {
      for (const act of [
        () => sys.socket(name as 'ipv4'),
        () => sys.socket('ipv4', name as 'stream'),
        () => sys.socketPair(name as 'stream'),
        () => sys.shutdown(fd, name as 'both'),
      ])
        expectRefusal(act, TypeError, 'ERR_INVALID_ARG_VALUE');
    }
    for (const name of [null, 4, {}, Symbol('ipv4')] as unknown[]) {
      for (const act of [
        () => sys.socket(name as 'ipv4'),
        () => sys.socket('ipv4', name as 'stream'),
        () => sys.socketPair(name as 'stream'),
        () => sys.shutdown(fd, name as 'both'),
      ])
        expectRefusal(act, TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    assert.match(thrownBy(() => sys.socket('inet' as 'ipv4')).message, "'unix', 'ipv4', 'ipv6'");
  }),
);

test.unless(on('deno', 'os.constants.errno of Deno has no ESOCKTNOSUPPORT'))(
  "sys:socket.4 socket() throws the kernel's error for a family and type that do not go together",
  () => {
    const error = thrownBy(() => sys.socket('ipv4', 'seqpacket'));
    assert.equal([error.code, error.syscall, 'fd' in error], ['ESOCKTNOSUPPORT', 'socket', false]);
  },
);

for (const type of ['stream', 'dgram', 'seqpacket'] as const) {
  test(
    `sys:socket-pair.1 ${type}: both ends send and receive`,
    scoped((scope) => {
      const [a, b] = sys.socketPair(type);
      scope.own(a);
      scope.own(b);
      const buffer = Buffer.alloc(4);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        assert.is(sys.write(from, Buffer.from('ping')), 4);
        assert.is(sys.read(to, buffer), 4);
        assert.is(buffer.toString(), 'ping');
      }
      assert.equal(
        [a, b].map((fd) => sys.getOption(fd, 'type')),
        [type, type],
      );
    }),
  );
}

for (const [family, host] of [
  ['ipv4', '127.0.0.1'],
  ['ipv6', '::1'],
] as const) {
  test(
    `sys:connect.1 ${family}: connect() is in progress, then reported as writable, and both ends have matching addresses`,
    scoped((scope) => {
      const listener = scope.own(sys.socket(family));
      sys.bind(listener, { host, port: 0 });
      sys.listen(listener);
      assert.is(sys.accept(listener), sys.WOULD_BLOCK);
      const client = scope.own(sys.socket(family));
      assert.is(sys.connect(client, sys.localAddress(listener)), sys.WOULD_BLOCK);
      const poller = scope.poller();
      poller.add(client, WRITABLE);
      assert.equal(
        [...poller.wait(10_000)].map(({ fd, readiness }) => [fd, readiness]),
        [[client, WRITABLE]],
      );
      assert.is(sys.takeError(client), 0);
      untilPolled(listener, POLLIN);
      const accepted = scope.own(sys.accept(listener));
      assert.is(sys.accept(listener), sys.WOULD_BLOCK);
      assert.equal(sys.peerAddress(accepted), sys.localAddress(client));
      assert.equal(sys.peerAddress(client), sys.localAddress(accepted));
      assert.equal(sys.localAddress(accepted), sys.localAddress(listener));
      assert.is(sys.connect(client, sys.localAddress(listener)), 0);
      expectSystemError(() => sys.connect(client, sys.localAddress(listener)), 'EISCONN', client);
    }),
  );

  test(
    `sys:connect.2 ${family}: takeError() returns ECONNREFUSED of a refused connect once`,
    scoped((scope) => {
      const closed = scope.own(sys.socket(family));
      sys.bind(closed, { host, port: 0 });
      const client = scope.own(sys.socket(family));
      assert.is(sys.connect(client, sys.localAddress(closed)), sys.WOULD_BLOCK);
      const poller = createPoller();
      scope.atEnd(() => poller.close());
      poller.add(client, WRITABLE);
      const [event] = [...poller.wait(10_000)];
      assert.is(event!.readiness & (WRITABLE | ERROR), WRITABLE | ERROR);
      assert.is(sys.errorName(sys.takeError(client)), 'ECONNREFUSED');
      assert.is(sys.takeError(client), 0);
    }),
  );
}

test(
  'sys:connect.3 connect() of a socket whose connect is in progress throws EALREADY',
  scoped((scope) => {
    const listener = scope.own(sys.socket('ipv4'));
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener, 0);
    const first = scope.own(sys.socket('ipv4'));
    sys.connect(first, addressOf(listener));
    untilQueued(listener, 1);
    // With its queue full, the listener leaves further connections unanswered.
    const second = scope.own(sys.socket('ipv4'));
    assert.is(sys.connect(second, addressOf(listener)), sys.WOULD_BLOCK);
    expectSystemError(() => sys.connect(second, addressOf(listener)), 'EALREADY', second);
    expectSystemError(() => sys.peerAddress(second), 'ENOTCONN', second);
  }),
);

test(
  'sys:connect.4 a unix connect is done at once, and a path without a listener is ENOENT or ECONNREFUSED',
  scoped((scope) => {
    const path = join(scope.directory(), 'socket');
    const client = scope.own(sys.socket('unix'));
    expectSystemError(() => sys.connect(client, { path }), 'ENOENT', client);
    const listener = scope.own(sys.socket('unix'));
    sys.bind(listener, { path });
    expectSystemError(() => sys.connect(client, { path }), 'ECONNREFUSED', client);
    sys.listen(listener);
    assert.is(sys.connect(client, { path }), 0);
  }),
);

test(
  'sys:connect.5 connect() to a unix listener with a full queue throws EAGAIN, because no readiness would follow',
  scoped((scope) => {
    const listener = scope.own(sys.socket('unix'));
    sys.bind(listener, { path: '' });
    sys.listen(listener, 0);
    const first = scope.own(sys.socket('unix'));
    assert.is(sys.connect(first, sys.localAddress(listener)), 0);
    const second = scope.own(sys.socket('unix'));
    const error = thrownBy(() => sys.connect(second, sys.localAddress(listener)));
    assert.equal([error.code, error.syscall, error.fd], ['EAGAIN', 'connect', second]);
    scope.own(sys.accept(listener));
    assert.is(sys.connect(second, sys.localAddress(listener)), 0);
  }),
);

test(
  "sys:listen.1 listen() checks the backlog, and throws the kernel's error for a socket that cannot listen",
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    for (const backlog of [-1, 0.5, 2 ** 31, NaN])
      expectRefusal(() => sys.listen(fd, backlog), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.listen(fd, '1' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.is(sys.getOption(fd, 'acceptConnections'), false);
    sys.listen(fd, 2 ** 31 - 1);
    assert.is(sys.getOption(fd, 'acceptConnections'), true);
    const datagram = scope.own(sys.socket('ipv4', 'dgram'));
    const error = thrownBy(() => sys.listen(datagram));
    assert.equal([error.code, error.syscall, error.fd], ['ENOTSUP', 'listen', datagram]);
  }),
);

test(
  'sys:accept.1 accept() returns connections in the order in which they were made',
  scoped((scope) => {
    const { listener, address } = scope.open.listener();
    const clients = [1, 2, 3].map((count) => {
      const client = scope.own(sys.socket('ipv4'));
      sys.connect(client, address);
      untilQueued(listener, count);
      return client;
    });
    const accepted = clients.map(() => scope.own(sys.accept(listener)));
    assert.equal(
      accepted.map((fd) => sys.peerAddress(fd)),
      clients.map((fd) => sys.localAddress(fd)),
    );
    assert.is(sys.accept(listener), sys.WOULD_BLOCK);
  }),
);

test(
  'sys:accept.2 accept() is EINVAL without listen(), ENOTSUP on a datagram socket, ENOTSOCK on a pipe',
  scoped((scope) => {
    const stream = scope.own(sys.socket('ipv4'));
    const datagram = scope.own(sys.socket('ipv4', 'dgram'));
    const [reader, writer] = sys.pipe();
    scope.own(reader);
    scope.own(writer);
    expectSystemError(() => sys.accept(stream), 'EINVAL', stream);
    expectSystemError(() => sys.accept(datagram), 'ENOTSUP', datagram);
    expectSystemError(() => sys.accept(reader), 'ENOTSOCK', reader);
  }),
);

test(
  'sys:accept.3 accept() throws EMFILE at the limit of descriptors, and the connection waits',
  scoped((scope) => {
    const { listener, address } = scope.open.listener();
    const client = scope.own(sys.socket('ipv4'));
    sys.connect(client, address);
    untilPolled(listener, POLLIN);
    thrownBy(() => sys.accept(client));
    const limit = descriptors.limitDescriptors(Math.max(...openDescriptors()) + 1);
    const spare: number[] = [];
    try {
      const error = thrownBy(() => {
        for (;;) spare.push(sys.dup(client));
      });
      assert.equal([error.code, error.syscall, error.fd], ['EMFILE', 'fcntl', client]);
      for (const [act, syscall] of [
        [() => sys.accept(listener), 'accept4'],
        [() => sys.socket('ipv4'), 'socket'],
        [() => sys.pipe(), 'pipe2'],
        [() => sys.socketPair(), 'socketpair'],
        [() => sys.classify(client), 'epoll_create1'],
      ] as const)
        assert.equal([thrownBy(act).code, thrownBy(act).syscall], ['EMFILE', syscall]);
      assert.is(thrownBy(() => sys.accept(listener)).fd, listener);
    } finally {
      descriptors.limitDescriptors(limit);
      for (const fd of spare) sys.close(fd);
    }
    assert.equal(sys.peerAddress(scope.own(sys.accept(listener))), sys.localAddress(client));
  }),
);

test(
  "sys:shutdown.1 after shutdown(fd, 'write') the peer can read to the end and answer",
  scoped((scope) => {
    const [accepted, connected] = scope.open.tcp();
    sys.write(connected, Buffer.from('bye'));
    sys.shutdown(connected, 'write');
    expectSystemError(() => sys.write(connected, Buffer.from('x')), 'EPIPE', connected);
    const buffer = Buffer.alloc(4);
    untilPolled(accepted, POLLIN);
    assert.is(sys.read(accepted, buffer), 3);
    untilPolled(accepted, POLLIN);
    assert.is(sys.read(accepted, buffer), 0);
    sys.write(accepted, Buffer.from('seen'));
    untilPolled(connected, POLLIN);
    assert.is(sys.read(connected, buffer), 4);
  }),
);

test(
  "sys:shutdown.2 shutdown(fd, 'read') ends reading alone, and shutdown(fd, 'both') both directions",
  scoped((scope) => {
    const [a, b] = sys.socketPair();
    scope.own(a);
    scope.own(b);
    assert.is(sys.read(a, Buffer.alloc(1)), sys.WOULD_BLOCK);
    sys.shutdown(a, 'read');
    assert.is(sys.read(a, Buffer.alloc(1)), 0);
    assert.is(sys.write(a, Buffer.from('x')), 1);
    sys.shutdown(a, 'both');
    expectSystemError(() => sys.write(a, Buffer.from('x')), 'EPIPE', a);
    const idle = scope.own(sys.socket('ipv4'));
    const error = thrownBy(() => sys.shutdown(idle, 'both'));
    assert.equal([error.code, error.syscall, error.fd], ['ENOTCONN', 'shutdown', idle]);
  }),
);
