import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { untilPolled, POLLIN } from '../support/descriptors.js';
import { expectRefusal, expectSystemError } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys segments', { sanitized: ['epoll'] });
/**
 * The same tests, with every datagram sent and received by a call of its own (`off`), or with more datagrams in a call
 * than any kernel takes at first.
 */
const FORCED = process.env['POLLUX_UDP_SEGMENTS'];
const how = FORCED === undefined ? 'as the kernel can' : FORCED === 'off' ? 'one by one' : `${FORCED} at first`;

const ROOM = Buffer.alloc(65535);

type Family = 'ipv4' | 'ipv6';

function receiver(scope: Scope, family: Family = 'ipv4'): { fd: number; address: sys.InternetAddress } {
  const fd = scope.own(sys.socket(family, 'dgram'));
  sys.setOption(fd, 'receiveBuffer', 1 << 20);
  sys.bind(fd, { host: family === 'ipv6' ? '::1' : '127.0.0.1' });
  assert.is(sys.receiveSegments(fd, ROOM), sys.WOULD_BLOCK);
  return { fd, address: sys.localAddress(fd) as sys.InternetAddress };
}

/** The datagrams that are there, each by itself. */
function datagrams(fd: number, most = Infinity): Buffer[] {
  const list: Buffer[] = [];
  while (list.length < most) {
    untilPolled(fd, POLLIN);
    const received = sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments;
    assert.is(received.truncated, false);
    const { length, segmentSize } = received;
    for (let at = 0; at < length || at === 0; at += segmentSize || 1) {
      list.push(Buffer.from(ROOM.subarray(at, Math.min(length, at + segmentSize))));
    }
  }
  return list;
}

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

for (const family of ['ipv4', 'ipv6'] as const) {
  for (const [length, segmentSize] of [
    [1, 1],
    [100, 100],
    [1000, 300],
    [12_000, 1200],
    [20_000, 100],
    [100_001, 1200],
    [60_000, 30_000],
    [9000, 9001],
  ] as const) {
    test(
      `sys:segment.1 ${how}, ${family}: ${length} bytes in segments of ${segmentSize} arrive as datagrams of that size, in order`,
      scoped((scope) => {
        const { fd, address } = receiver(scope, family);
        const sender = scope.own(sys.socket(family, 'dgram'));
        const bytes = pattern(length);
        const count = Math.ceil(length / segmentSize);
        const list: Buffer[] = [];
        for (let sent = 0; sent < length; ) {
          const taken = sys.sendSegments(sender, bytes.subarray(sent), segmentSize, address);
          assert.ok(taken > 0 && (taken % segmentSize === 0 || sent + taken === length));
          list.push(...datagrams(fd, Math.ceil(taken / segmentSize)));
          sent += taken;
        }
        assert.is(list.length, count);
        list.forEach((datagram, index) => {
          assert.ok(datagram.equals(bytes.subarray(index * segmentSize, (index + 1) * segmentSize)), String(index));
        });
        assert.is(sys.receiveSegments(fd, ROOM), sys.WOULD_BLOCK);
      }),
    );
  }
}

test(
  `sys:segment.2 ${how}: a connected socket needs no address, and the receiver knows the sender`,
  scoped((scope) => {
    const { fd, address } = receiver(scope);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    sys.connect(sender, address);
    assert.is(sys.sendSegments(sender, pattern(500), 100), 500);
    untilPolled(fd, POLLIN);
    const received = sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments;
    assert.equal(received.address, sys.localAddress(sender));
    assert.is(received.segmentSize, 100);
    assert.is(received.length % 100, 0);
  }),
);

test(
  `sys:segment.3 ${how}: datagrams of a unix socket stay separate, and descriptors that were sent with them are not received`,
  scoped((scope) => {
    const [a, b] = sys.socketPair('dgram');
    scope.own(a);
    scope.own(b);
    assert.is(sys.sendSegments(a, pattern(250), 100), 250);
    assert.equal(
      datagrams(b, 3).map((datagram) => datagram.length),
      [100, 100, 50],
    );
    sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: [a] } });
    assert.is((sys.receiveSegments(b, ROOM) as sys.ReceivedSegments).length, 1);
  }),
);

test(
  `sys:segment.4 ${how}: datagrams that the socket has no space for are not counted, and WOULD_BLOCK is returned when the first one has none`,
  scoped((scope) => {
    const [a, b] = sys.socketPair('dgram');
    scope.own(a);
    scope.own(b);
    const bytes = pattern(1_000_000);
    const sent = sys.sendSegments(a, bytes, 1000);
    assert.ok(sent > 0 && sent < bytes.length && sent % 1000 === 0, String(sent));
    assert.is(sys.sendSegments(a, bytes, 1000), sys.WOULD_BLOCK);
    assert.is(datagrams(b, sent / 1000).length, sent / 1000);
    assert.is(sys.receiveSegments(b, ROOM), sys.WOULD_BLOCK);
  }),
);

/** SOL_SOCKET, SO_NO_CHECK of Linux: without checksums the kernel refuses to cut. */
const NO_CHECK = { level: 1, name: 11 };

for (const [title, segmentSize, prepare] of [
  ['that are as long as a datagram can be', 60_000, () => {}],
  ['that the kernel refuses to cut', 1200, (fd: number) => sys.setOption(fd, NO_CHECK, true)],
] as const) {
  test(
    `sys:segment.5 ${how}: segments ${title} arrive`,
    scoped((scope) => {
      const { fd, address } = receiver(scope);
      const sender = scope.own(sys.socket('ipv4', 'dgram'));
      if (process.platform === 'linux') prepare(sender);
      const bytes = pattern(120_000);
      assert.is(sys.sendSegments(sender, bytes, segmentSize, address), 120_000);
      const hash = createHash('sha1');
      for (const datagram of datagrams(fd, 120_000 / segmentSize)) {
        assert.is(datagram.length, segmentSize);
        hash.update(datagram);
      }
      assert.is(hash.digest('hex'), createHash('sha1').update(bytes).digest('hex'));
    }),
  );
}

test(
  `sys:segment.6 ${how}: an empty datagram is received as one, and sending no bytes sends no datagram`,
  scoped((scope) => {
    const { fd, address } = receiver(scope);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    assert.is(sys.sendSegments(sender, new Uint8Array(0), 100, address), 0);
    assert.is(sys.receiveSegments(fd, ROOM), sys.WOULD_BLOCK);
    sys.sendTo(sender, new Uint8Array(0), address);
    untilPolled(fd, POLLIN);
    const received = sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments;
    assert.equal([received.length, received.segmentSize], [0, 0]);
  }),
);

test(
  `sys:segment.7 ${how}: arguments of a wrong type or range are refused, and other errors are those of the kernel`,
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4', 'dgram'));
    const bytes = Buffer.alloc(10);
    for (const bad of [0, -1, 1.5, NaN, 65536]) {
      expectRefusal(() => sys.sendSegments(fd, bytes, bad), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(() => sys.sendSegments(fd, bytes, '5' as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.sendSegments(fd, 'bytes' as never, 5), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.sendSegments(fd, bytes, 5, { host: 'x', port: 1 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.receiveSegments(fd, Buffer.alloc(65534)), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.receiveSegments(-1, ROOM), RangeError, 'ERR_OUT_OF_RANGE');
    expectSystemError(() => sys.sendSegments(fd, bytes, 5), 'EDESTADDRREQ', fd);
    expectSystemError(() => sys.sendSegments(fd, ROOM, 65535, { host: '127.0.0.1', port: 9 }), 'EMSGSIZE', fd);
    const [readEnd, writeEnd] = sys.pipe();
    expectSystemError(() => sys.sendSegments(scope.own(writeEnd), bytes, 5), 'ENOTSOCK', writeEnd);
    expectSystemError(() => sys.receiveSegments(scope.own(readEnd), ROOM), 'ENOTSOCK', readEnd);
  }),
);

test(
  `sys:segment.13 ${how}: a connected socket whose peer is gone is told so, however many datagrams a call sends`,
  scoped((scope) => {
    const { fd, address } = receiver(scope);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    sys.connect(sender, address);
    scope.close(fd);
    const codes = new Set<unknown>();
    for (let call = 0; call < 4; call++) {
      try {
        assert.is(sys.sendSegments(sender, pattern(1000), 100), 1000);
      } catch (error) {
        codes.add((error as { code?: unknown }).code);
      }
    }
    assert.equal([...codes], ['ECONNREFUSED']);
  }),
);

test(
  `sys:segment.9 ${how}: each result names the sender of its datagrams, in an object of the caller's own`,
  scoped((scope) => {
    const { fd, address } = receiver(scope);
    const senders = [0, 1].map(() => scope.own(sys.socket('ipv4', 'dgram')));
    for (const sender of senders) sys.connect(sender, address);
    for (const index of [0, 0, 1, 0, 1, 1]) {
      const sender = senders[index]!;
      assert.is(sys.sendSegments(sender, pattern(100), 100), 100);
      untilPolled(fd, POLLIN);
      const received = sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments<sys.InternetAddress>;
      assert.equal(received.address, sys.localAddress(sender));
      (received.address as { port: number }).port = 0;
    }
  }),
);

/** SOL_UDP, UDP_GRO of Linux. */
const JOINS = { level: 17, name: 104 };

const joining = FORCED === 'off' ? () => {} : test.unless(needOfJoining());

joining(
  `sys:segment.10 ${how}: datagrams of one call arrive together`,
  scoped((scope) => {
    const { fd, address } = receiver(scope);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    for (let call = 0; call < 2; call++) {
      assertJoined(fd, sender, address);
    }
  }),
);

/** 300 datagrams: 64 or 128 in a system call of the sender. */
function assertJoined(fd: number, sender: number, address: sys.InternetAddress): void {
  const bytes = pattern(30_000);
  assert.is(sys.sendSegments(sender, bytes, 100, address), 30_000);
  let calls = 0;
  for (let length = 0; length < 30_000; calls++) {
    untilPolled(fd, POLLIN);
    const received = sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments;
    assert.ok(ROOM.subarray(0, received.length).equals(bytes.subarray(length, length + received.length)));
    length += received.length;
  }
  assert.ok(calls <= 5, String(calls));
}

joining(
  `sys:segment.11 ${how}: datagrams of one call arrive together at a socket that has the number of a former one`,
  scoped((scope) => {
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    const former = receiver(scope);
    assertJoined(former.fd, sender, former.address);
    scope.close(former.fd);
    const { fd, address } = receiver(scope);
    assert.is(fd, former.fd);
    assertJoined(fd, sender, address);
    scope.close(fd);
    // What has arrived before the first call has arrived one by one.
    const last = scope.own(sys.socket('ipv4', 'dgram'));
    assert.is(last, fd);
    sys.setOption(last, 'receiveBuffer', 1 << 20);
    sys.bind(last, { host: '127.0.0.1' });
    const to = sys.localAddress(last) as sys.InternetAddress;
    for (let i = 0; i < 20; i++) sys.sendTo(sender, pattern(100), to);
    assert.is(datagrams(last, 20).length, 20);
    assertJoined(last, sender, to);
  }),
);

test(
  `sys:segment.12 ${how}: no descriptor comes to a unix socket that has the number of a former UDP socket`,
  scoped((scope) => {
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    const { fd, address } = receiver(scope);
    sys.sendSegments(sender, pattern(300), 100, address);
    assert.is(datagrams(fd, 3).length, 3);
    scope.close(fd);
    const ends = sys.socketPair('dgram').map((end) => scope.own(end));
    assert.ok(ends.includes(fd));
    const other = ends[0] === fd ? ends[1]! : ends[0]!;
    sys.sendMessage(other, [Buffer.from('x')], { control: { descriptors: [other, other] } });
    const [next, unused] = sys.pipe();
    sys.close(next);
    sys.close(unused);
    untilPolled(fd, POLLIN);
    assert.is((sys.receiveSegments(fd, ROOM) as sys.ReceivedSegments).length, 1);
    const [free, end] = sys.pipe();
    scope.own(free);
    scope.own(end);
    assert.equal([free, end], [next, unused]);
  }),
);

function needOfJoining(): string | undefined {
  if (process.platform !== 'linux') return 'this kernel lacks UDP_GRO';
  const fd = sys.socket('ipv4', 'dgram');
  try {
    sys.setOption(fd, JOINS, true);
    return undefined;
  } catch {
    return 'this kernel lacks UDP_GRO';
  } finally {
    sys.close(fd);
  }
}

if (FORCED === undefined) {
  for (const [choice, title] of [
    ['off', 'without offload of the kernel'],
    ['1000', 'with more datagrams in a system call than the kernel takes'],
  ] as const) {
    test(`sys:segment.8 ${title} the same tests pass`, () => {
      const env: NodeJS.ProcessEnv = { ...process.env, POLLUX_UDP_SEGMENTS: choice };
      delete env['POLLUX_TEST_REPORT'];
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', __filename], {
        env,
        encoding: 'utf8',
      });
      assert.is(status, 0, stdout + stderr);
      assert.match(stdout, /Passed: +2[68]/);
    });
  }
}
