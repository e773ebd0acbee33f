import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, untilPolled, POLLIN } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { addressOf } from '../support/kit.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys datagrams', { sanitized: ['epoll'] });

const AF_NETLINK = 16;
const SOCK_RAW = 3;

/** Binds a datagram socket of each family. */
const BOUND: Readonly<Record<string, (scope: Scope) => number>> = {
  ipv4: (scope) => bound(scope, 'ipv4', { host: '127.0.0.1', port: 0 }),
  ipv6: (scope) => bound(scope, 'ipv6', { host: '::1', port: 0 }),
  'unix path': (scope) => bound(scope, 'unix', { path: join(scope.directory(), 'socket') }),
  'unix abstract': (scope) => bound(scope, 'unix', { path: '' }),
};

function bound(scope: Scope, family: sys.SocketFamily, address: sys.BindAddress): number {
  const fd = scope.own(sys.socket(family, 'dgram'));
  sys.bind(fd, address);
  return fd;
}

function pair(scope: Scope, type: sys.SocketType): [a: number, b: number] {
  const [a, b] = sys.socketPair(type);
  return [scope.own(a), scope.own(b)];
}

function message(
  fd: number,
  buffer: ArrayBufferView,
  ...rest: [offset?: number, length?: number, flags?: number]
): sys.Message {
  untilPolled(fd, POLLIN);
  const received = sys.recvFrom(fd, buffer, ...rest);
  if (received === sys.WOULD_BLOCK) throw new Error('nothing was there');
  return received;
}

for (const [family, make] of Object.entries(BOUND)) {
  test(
    `sys:datagram.1 ${family}: a message arrives with the address of its sender`,
    scoped((scope) => {
      const [sender, receiver] = [make(scope), make(scope)];
      const buffer = Buffer.alloc(16, '.');
      assert.is(sys.recvFrom(receiver, buffer), sys.WOULD_BLOCK);
      assert.is(sys.sendTo(sender, Buffer.from('castor'), sys.localAddress(receiver)), 6);
      assert.equal(message(receiver, buffer), { length: 6, address: sys.localAddress(sender), truncated: false });
      assert.is(buffer.toString(), 'castor..........');
      assert.is(sys.sendTo(receiver, Buffer.from('<pollux>'), sys.localAddress(sender), 1, 6), 6);
      assert.equal(message(sender, buffer, 4, 6), { length: 6, address: sys.localAddress(receiver), truncated: false });
      assert.is(buffer.toString(), 'castpollux......');
      assert.is(sys.recvFrom(receiver, buffer), sys.WOULD_BLOCK);
    }),
  );

  test(
    `sys:datagram.2 ${family}: an empty message arrives`,
    scoped((scope) => {
      const [sender, receiver] = [make(scope), make(scope)];
      const buffer = Buffer.alloc(4);
      assert.is(sys.sendTo(sender, new Uint8Array(0), sys.localAddress(receiver)), 0);
      assert.is(sys.sendTo(sender, Buffer.from('ab'), sys.localAddress(receiver)), 2);
      assert.equal(message(receiver, buffer), { length: 0, address: sys.localAddress(sender), truncated: false });
      assert.is(message(receiver, buffer).length, 2);
      assert.is(sys.recvFrom(receiver, buffer), sys.WOULD_BLOCK);
    }),
  );

  test(
    `sys:datagram.3 ${family}: a message that is longer than the buffer is cut and marked as truncated`,
    scoped((scope) => {
      const [sender, receiver] = [make(scope), make(scope)];
      const to = sys.localAddress(receiver);
      const memory = Buffer.alloc(8, '.');
      for (const text of ['longer', 'next', 'last']) sys.sendTo(sender, Buffer.from(text), to);
      const cut = message(receiver, memory.subarray(2, 6));
      assert.equal([cut.length, cut.truncated], [4, true]);
      assert.is(memory.toString(), '..long..');
      const whole = message(receiver, memory.subarray(2, 6));
      assert.equal([whole.length, whole.truncated], [4, false]);
      assert.is(memory.toString(), '..next..');
      const nothing = message(receiver, memory, 0, 0);
      assert.equal([nothing.length, nothing.truncated], [0, true]);
      assert.is(sys.recvFrom(receiver, memory), sys.WOULD_BLOCK);
    }),
  );

  test(
    `sys:datagram.4 ${family}: MSG_PEEK leaves the message in the queue, MSG_TRUNC returns its real length`,
    scoped((scope) => {
      const [sender, receiver] = [make(scope), make(scope)];
      sys.sendTo(sender, Buffer.from('twelve bytes'), sys.localAddress(receiver));
      const buffer = Buffer.alloc(4);
      const address = sys.localAddress(sender);
      assert.equal(message(receiver, buffer, 0, 4, sys.MSG_PEEK), { length: 4, address, truncated: true });
      assert.equal(message(receiver, buffer, 0, 0, sys.MSG_PEEK | sys.MSG_TRUNC), {
        length: 12,
        address,
        truncated: true,
      });
      assert.is(sys.recv(receiver, buffer, 0, 2, sys.MSG_PEEK | sys.MSG_TRUNC), 12);
      assert.is(sys.bytesReadable(receiver), 12);
      assert.is(sys.recv(receiver, buffer), 4);
      assert.is(buffer.toString(), 'twel');
      assert.is(sys.recvFrom(receiver, buffer), sys.WOULD_BLOCK);
    }),
  );

  test(
    `sys:datagram.5 ${family}: a connected socket sends without an address`,
    scoped((scope) => {
      const [sender, receiver] = [make(scope), make(scope)];
      assert.is(sys.connect(sender, sys.localAddress(receiver)), 0);
      assert.equal(sys.peerAddress(sender), sys.localAddress(receiver));
      assert.is(sys.send(sender, Buffer.from('one')), 3);
      assert.is(sys.write(sender, Buffer.from('two')), 3);
      assert.is(message(receiver, Buffer.alloc(8)).length, 3);
      assert.is(sys.read(receiver, Buffer.alloc(8)), 3);
    }),
  );
}

test(
  'sys:datagram.6 a unix sender without a name has the path ""',
  scoped((scope) => {
    const receiver = BOUND['unix abstract']!(scope);
    const sender = scope.own(sys.socket('unix', 'dgram'));
    sys.sendTo(sender, Buffer.from('x'), sys.localAddress(receiver));
    const unnamed = { length: 1, address: { family: 'unix', path: '' }, truncated: false };
    assert.equal(message(receiver, Buffer.alloc(4)), unnamed);
    const [a, b] = pair(scope, 'dgram');
    sys.write(a, Buffer.from('x'));
    assert.equal(message(b, Buffer.alloc(4)), unnamed);
  }),
);

test(
  'sys:datagram.7 recvFrom() of a stream socket returns an unnamed address as sender, and length 0 at the end',
  scoped((scope) => {
    const [accepted, connected] = scope.open.tcp();
    sys.write(connected, Buffer.from('abc'));
    const address = { family: 'ipv4', host: '0.0.0.0', port: 0 };
    assert.equal(message(accepted, Buffer.alloc(8)), { length: 3, address, truncated: false });
    sys.shutdown(connected, 'write');
    assert.equal(message(accepted, Buffer.alloc(8)), { length: 0, address, truncated: false });
  }),
);

test(
  'sys:datagram.8 recvFrom() of a seqpacket socket returns one record, cut if it is longer than the buffer, and length 0 at the end',
  scoped((scope) => {
    const [a, b] = pair(scope, 'seqpacket');
    for (const text of ['first', 'second', 'third'])
      assert.is(sys.send(a, Buffer.from(text), 0, undefined, sys.MSG_EOR), text.length);
    const buffer = Buffer.alloc(5);
    assert.is(sys.read(b, buffer), 5);
    assert.is(buffer.toString(), 'first');
    const cut = message(b, buffer);
    assert.equal([cut.length, cut.truncated], [5, true]);
    assert.is(sys.recv(b, buffer), 5);
    assert.is(buffer.toString(), 'third');
    scope.close(a);
    assert.is(sys.recv(b, buffer), 0);
  }),
);

test(
  'sys:datagram.9 after sending to a port without a socket the next call throws ECONNREFUSED; a unix path without one is ENOENT at once',
  scoped((scope) => {
    const gone = BOUND['ipv4']!(scope);
    const address = addressOf(gone);
    scope.close(gone);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    sys.connect(sender, address);
    assert.is(sys.send(sender, Buffer.from('x')), 1);
    untilPolled(sender, POLLIN);
    expectSystemError(() => sys.recv(sender, Buffer.alloc(1)), 'ECONNREFUSED', sender);
    const local = scope.own(sys.socket('unix', 'dgram'));
    const error = thrownBy(() => sys.sendTo(local, Buffer.from('x'), { path: join(scope.directory(), 'nobody') }));
    assert.equal([error.code, error.syscall, error.fd], ['ENOENT', 'sendto', local]);
  }),
);

test(
  'sys:datagram.10 a message that is too long is EMSGSIZE, and a broadcast without permission is EACCES',
  scoped((scope) => {
    const receiver = BOUND['ipv4']!(scope);
    const sender = BOUND['ipv4']!(scope);
    expectSystemError(() => sys.sendTo(sender, Buffer.alloc(70_000), sys.localAddress(receiver)), 'EMSGSIZE', sender);
    const any = scope.own(sys.socket('ipv4', 'dgram'));
    expectSystemError(() => sys.sendTo(any, Buffer.alloc(1), { host: '255.255.255.255', port: 9 }), 'EACCES', any);
    assert.is(sys.recvFrom(receiver, Buffer.alloc(1)), sys.WOULD_BLOCK);
  }),
);

test(
  'sys:datagram.11 a full queue returns WOULD_BLOCK',
  scoped((scope) => {
    const [a, b] = pair(scope, 'dgram');
    let sent = 0;
    while (sys.send(a, Buffer.of(sent & 0xff)) === 1) sent++;
    assert.ok(sent > 1, String(sent));
    assert.is(sys.send(a, Buffer.of(1)), sys.WOULD_BLOCK);
    const buffer = Buffer.alloc(1);
    for (let index = 0; index < sent; index++) {
      assert.is(sys.recv(b, buffer), 1);
      assert.is(buffer[0], index & 0xff);
    }
    assert.is(sys.recv(b, buffer), sys.WOULD_BLOCK);
  }),
);

test(
  'sys:flags.1 MSG_MORE holds a UDP datagram back until it is complete',
  scoped((scope) => {
    const [sender, receiver] = [BOUND['ipv4']!(scope), BOUND['ipv4']!(scope)];
    sys.connect(sender, addressOf(receiver));
    assert.is(sys.send(sender, Buffer.from('two '), 0, undefined, sys.MSG_MORE), 4);
    assert.is(sys.recvFrom(receiver, Buffer.alloc(16)), sys.WOULD_BLOCK);
    assert.is(sys.send(sender, Buffer.from('parts'), 0, undefined, sys.MSG_DONTROUTE), 5);
    const buffer = Buffer.alloc(16);
    assert.is(message(receiver, buffer).length, 9);
    assert.is(buffer.toString('utf8', 0, 9), 'two parts');
  }),
);

test(
  'sys:flags.2 MSG_OOB sends and receives one urgent byte beside the normal data',
  scoped((scope) => {
    const [accepted, connected] = scope.open.tcp();
    assert.is(sys.send(connected, Buffer.from('abc')), 3);
    assert.is(sys.send(connected, Buffer.from('!'), 0, 1, sys.MSG_OOB), 1);
    const buffer = Buffer.alloc(8);
    untilPolled(accepted, 2);
    assert.is(sys.recv(accepted, buffer, 0, 1, sys.MSG_OOB), 1);
    assert.is(buffer.toString('utf8', 0, 1), '!');
    assert.is(sys.recv(accepted, buffer), 3);
  }),
);

test(
  'sys:flags.3 MSG_DONTWAIT does not block on a blocking descriptor',
  scoped((scope) => {
    const [a, b] = pair(scope, 'stream');
    sys.setNonBlocking(a, false);
    assert.is(sys.recv(a, Buffer.alloc(1), 0, 1, sys.MSG_DONTWAIT), sys.WOULD_BLOCK);
    assert.is(sys.recvFrom(a, Buffer.alloc(1), 0, 1, sys.MSG_DONTWAIT), sys.WOULD_BLOCK);
    const chunk = Buffer.alloc(1 << 20);
    while (sys.send(a, chunk, 0, undefined, sys.MSG_DONTWAIT) !== sys.WOULD_BLOCK);
    assert.ok(sys.bytesReadable(b) > 0);
  }),
);

test(
  'sys:flags.4 unknown flags and other types are refused before any system call',
  scoped((scope) => {
    const [a, b] = pair(scope, 'stream');
    sys.write(b, Buffer.from('kept'));
    const buffer = Buffer.alloc(4);
    const to = { path: '\0nobody' };
    for (const [flags, type, code] of [
      [0x80, RangeError, 'ERR_OUT_OF_RANGE'],
      [-1, RangeError, 'ERR_OUT_OF_RANGE'],
      [1.5, RangeError, 'ERR_OUT_OF_RANGE'],
      [NaN, RangeError, 'ERR_OUT_OF_RANGE'],
      [2 ** 32, RangeError, 'ERR_OUT_OF_RANGE'],
      ['1', TypeError, 'ERR_INVALID_ARG_TYPE'],
      [null, TypeError, 'ERR_INVALID_ARG_TYPE'],
      [1n, TypeError, 'ERR_INVALID_ARG_TYPE'],
    ] as const) {
      const bad = flags as number;
      expectRefusal(() => sys.recv(a, buffer, 0, 4, bad), type, code);
      expectRefusal(() => sys.send(a, buffer, 0, 4, bad), type, code);
      expectRefusal(() => sys.recvFrom(a, buffer, 0, 4, bad), type, code);
      expectRefusal(() => sys.sendTo(a, buffer, to, 0, 4, bad), type, code);
    }
    assert.is(sys.bytesReadable(a), 4);
  }),
);

test(
  'sys:datagram.12 recvFrom and sendTo check descriptor and buffer as read and write do',
  scoped((scope) => {
    const [a] = pair(scope, 'dgram');
    const buffer = Buffer.alloc(4);
    const to = { path: '\0nobody' };
    for (const act of [
      () => sys.recvFrom(-1, buffer),
      () => sys.sendTo(-1, buffer, to),
      () => sys.recvFrom(a, buffer, 5),
      () => sys.sendTo(a, buffer, to, 2, 3),
    ])
      expectRefusal(act, RangeError, 'ERR_OUT_OF_RANGE');
    for (const act of [
      () => sys.recvFrom(a, 'text' as unknown as Buffer),
      () => sys.sendTo(a, 'text' as unknown as Buffer, to),
      () => sys.sendTo(a, buffer, undefined as unknown as sys.RemoteAddress),
    ])
      expectRefusal(act, TypeError, 'ERR_INVALID_ARG_TYPE');
    const lying = Object.defineProperty(new Uint8Array(4), 'length', { value: 64 });
    assert.is(thrownBy(() => sys.recvFrom(a, lying)).code, 'EFAULT');
    assert.is(thrownBy(() => sys.sendTo(a, lying, to)).code, 'EFAULT');
  }),
);

test(
  'sys:datagram.13 a message of an address family that pollux has no name for is delivered, with the addresses as bytes',
  scoped((scope) => {
    const netlink = scope.own(descriptors.rawSocket(AF_NETLINK, SOCK_RAW, 0));
    assert.equal(sys.localAddress(netlink), { family: AF_NETLINK, raw: Buffer.from(netlinkAddress()) });
    assert.equal(sys.peerAddress(netlink), { family: AF_NETLINK, raw: Buffer.from(netlinkAddress()) });
    // RTM_GETLINK of all interfaces: struct nlmsghdr and struct rtgenmsg.
    const request = new DataView(new ArrayBuffer(20));
    const isLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
    request.setUint32(0, 17, isLittle);
    request.setUint16(4, 18, isLittle);
    request.setUint16(6, 0x301, isLittle);
    assert.is(sys.send(netlink, request, 0, 17), 17);
    untilPolled(netlink, POLLIN);
    const received = sys.recvFrom(netlink, Buffer.alloc(65536));
    if (received === sys.WOULD_BLOCK) throw new Error('nothing was there');
    assert.ok(received.length > 0);
    assert.equal(received.address, { family: AF_NETLINK, raw: Buffer.from(netlinkAddress()) });
    assert.ok(sys.recv(netlink, Buffer.alloc(65536)) > 0);
  }),
);

test(
  'sys:datagram.14 write() and writev() send an empty message also when the number belonged to a file before',
  scoped((scope) => {
    const empty = Buffer.alloc(0);
    const ways: ReadonlyArray<(fd: number) => number> = [
      (fd) => sys.write(fd, empty),
      (fd) => sys.writev(fd, [empty]),
      (fd) => sys.writev(fd, [empty, empty]),
      (fd) => sys.send(fd, empty),
    ];
    for (const type of ['dgram', 'seqpacket'] as const) {
      for (const send of ways) {
        const [reader, writer] = sys.pipe();
        assert.is(sys.write(writer, Buffer.from('x')), 1);
        assert.is(send === ways[3] ? 0 : send(writer), 0);
        sys.close(writer);
        sys.close(reader);
        const [a, b] = pair(scope, type);
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          assert.is(send(from), 0);
          assert.is(sys.write(from, Buffer.from('after')), 5);
          assert.is(sys.recv(to, Buffer.alloc(8)), 0);
          assert.is(sys.recv(to, Buffer.alloc(8)), 5);
          assert.is(sys.recv(to, Buffer.alloc(8)), sys.WOULD_BLOCK);
        }
        for (const fd of [a, b]) scope.close(fd);
      }
    }
  }),
);

test(
  "sys:datagram.15 each result names its sender, of whatever family and socket, in an object of the caller's own",
  scoped((scope) => {
    const pairs = Object.values(BOUND).flatMap((make) => {
      const receiver = make(scope);
      return [0, 1].map(() => ({ receiver, sender: make(scope) }));
    });
    const [a, b] = pair(scope, 'dgram');
    const unnamed = { receiver: b, sender: a };
    const stream = scope.open.tcp();
    for (const { receiver, sender } of pairs.flatMap((one) => [one, one, unnamed, unnamed, one])) {
      if (receiver === b) sys.write(sender, Buffer.from('x'));
      else sys.sendTo(sender, Buffer.from('x'), sys.localAddress(receiver));
      const { address } = message(receiver, Buffer.alloc(4));
      assert.equal(address, sys.localAddress(sender));
      // What a caller does with an object stays with that object.
      Object.assign(address, { path: 'elsewhere', host: '192.0.2.1', port: 1 });
      sys.write(stream[1], Buffer.from('x'));
      assert.equal(message(stream[0], Buffer.alloc(4)).address, { family: 'ipv4', host: '0.0.0.0', port: 0 });
    }
  }),
);

/** struct sockaddr_nl of the kernel itself. */
function netlinkAddress(): Uint8Array {
  const bytes = new Uint8Array(12);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_NETLINK;
  return bytes;
}
