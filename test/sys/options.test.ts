import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, untilPolled, POLLIN, POLLOUT } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { addressOf } from '../support/kit.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys options', { sanitized: ['epoll'] });

const AF_NETLINK = 16;
const SOCK_RAW = 3;

/** Flags that a TCP socket has off, can switch on, and off again. */
const FLAGS = ['reuseAddress', 'reusePort', 'broadcast', 'keepAlive', 'noDelay', 'cork', 'outOfBandInline'] as const;

for (const name of FLAGS) {
  test(
    `sys:option.1 ${name} is a boolean that can be switched on and off`,
    scoped((scope) => {
      const fd = scope.own(sys.socket('ipv4'));
      assert.is(sys.getOption(fd, name), false);
      sys.setOption(fd, name, true);
      assert.is(sys.getOption(fd, name), true);
      for (const other of FLAGS) if (other !== name) assert.is(sys.getOption(fd, other), false, other);
      sys.setOption(fd, name, false);
      assert.is(sys.getOption(fd, name), false);
    }),
  );
}

/** Numbers of a TCP socket, a value to set and the value that is then read. */
const NUMBERS: ReadonlyArray<[name: 'keepAliveIdle', set: number, got: number]> = (
  [
    ['keepAliveIdle', 77, 77],
    ['keepAliveInterval', 13, 13],
    ['keepAliveCount', 4, 4],
    ['userTimeout', 12345, 12345],
    ['sendBuffer', 40_000, 80_000],
    ['receiveBuffer', 50_000, 100_000],
    ['receiveLowWater', 17, 17],
    ['incomingCpu', 0, 0],
    ['linger', 0, 0],
    ['linger', 5, 5],
    ['linger', -1, -1],
  ] as const
).map(([name, set, got]) => [name as 'keepAliveIdle', set, got]);

for (const [name, set, got] of NUMBERS) {
  test(
    `sys:option.2 ${name} set to ${set} is read as ${got}`,
    scoped((scope) => {
      const fd = scope.own(sys.socket('ipv4'));
      if (name !== ('linger' as string)) assert.is.not(sys.getOption(fd, name), got);
      sys.setOption(fd, name, set);
      assert.is(sys.getOption(fd, name), got);
    }),
  );
}

test(
  'sys:option.3 a new socket has the default options of the kernel',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    assert.is(sys.getOption(fd, 'linger'), -1);
    assert.is(sys.getOption(fd, 'receiveLowWater'), 1);
    assert.is(sys.getOption(fd, 'incomingCpu'), -1);
    assert.is(sys.getOption(fd, 'userTimeout'), 0);
    assert.is(sys.getOption(fd, 'deferAccept'), 0);
    assert.is(sys.getOption(fd, 'quickAck'), true);
    assert.is(sys.getOption(fd, 'error'), 0);
    sys.setOption(fd, 'linger', 3);
    sys.setOption(fd, 'linger', -1);
    assert.is(sys.getOption(fd, 'linger'), -1);
  }),
);

test(
  'sys:option.4 quickAck can be switched off, and deferAccept is at least the requested value',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    sys.setOption(fd, 'quickAck', false);
    assert.is(sys.getOption(fd, 'quickAck'), false);
    sys.setOption(fd, 'deferAccept', 5);
    const seconds = sys.getOption(fd, 'deferAccept');
    assert.ok(seconds >= 5 && seconds <= 15, String(seconds));
  }),
);

test(
  'sys:option.5 ipv6Only decides whether an ipv6 socket serves ipv4',
  scoped((scope) => {
    for (const [only, isServed] of [
      [false, true],
      [true, false],
    ] as const) {
      const listener = scope.own(sys.socket('ipv6'));
      sys.setOption(listener, 'ipv6Only', only);
      assert.is(sys.getOption(listener, 'ipv6Only'), only);
      sys.bind(listener, { port: 0 });
      sys.listen(listener);
      const { port } = sys.localAddress(listener) as sys.InternetAddress;
      const client = scope.own(sys.socket('ipv4'));
      sys.connect(client, { host: '127.0.0.1', port });
      untilPolled(client, POLLOUT);
      assert.is(sys.errorName(sys.takeError(client)), isServed ? '' : 'ECONNREFUSED');
      if (!isServed) continue;
      untilPolled(listener, POLLIN);
      const peer = sys.peerAddress(scope.own(sys.accept(listener))) as sys.InternetAddress;
      assert.is(peer.host, '::ffff:127.0.0.1');
    }
  }),
);

test(
  'sys:option.6 linger 0 resets the connection when it is closed',
  scoped((scope) => {
    const [accepted, connected] = scope.open.tcp();
    sys.setOption(connected, 'linger', 0);
    scope.close(connected);
    untilPolled(accepted, POLLIN);
    assert.is(sys.errorName(sys.getOption(accepted, 'error')), 'ECONNRESET');
    assert.is(sys.takeError(accepted), 0);
  }),
);

test(
  'sys:option.7 reuseAddress lets a listener take a port that old connections still use',
  scoped((scope) => {
    const listener = scope.own(sys.socket('ipv4'));
    sys.setOption(listener, 'reuseAddress', true);
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener);
    const address = addressOf(listener);
    const client = scope.own(sys.socket('ipv4'));
    sys.connect(client, address);
    untilPolled(listener, POLLIN);
    const accepted = scope.own(sys.accept(listener));
    scope.close(listener, accepted);
    const second = scope.own(sys.socket('ipv4'));
    expectSystemError(() => sys.bind(second, address), 'EADDRINUSE', second);
    sys.setOption(second, 'reuseAddress', true);
    sys.bind(second, address);
    assert.equal(sys.localAddress(second), { family: 'ipv4', ...address });
  }),
);

test(
  'sys:option.8 the type of a netlink socket is raw',
  scoped((scope) => {
    const raw = scope.own(descriptors.rawSocket(AF_NETLINK, SOCK_RAW, 0));
    assert.is(sys.getOption(raw, 'type'), 'raw');
  }),
);

const READ_ONLY = ['type', 'acceptConnections', 'error'] as const;

for (const name of READ_ONLY) {
  test(
    `sys:option.9 ${name} can be read, but not set`,
    scoped((scope) => {
      const fd = scope.own(sys.socket('ipv4'));
      sys.getOption(fd, name);
      expectRefusal(() => sys.setOption(fd, name as 'keepAliveIdle', 1), TypeError, 'ERR_INVALID_ARG_VALUE');
    }),
  );
}

test(
  'sys:option.10 an unknown option is refused with a list of the known ones',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    for (const name of ['', 'SO_REUSEADDR', 'nodelay', 'toString', '__proto__', 'x'.repeat(100)]) {
      for (const [act, names] of [
        [() => sys.getOption(fd, name as 'type'), /reuseAddress, .*keepAliveIdle, .*acceptConnections, error\./],
        [
          () => sys.setOption(fd, name as 'noDelay', true),
          /reuseAddress, .*keepAliveIdle, .*incomingCpu, .*packetFilter\./,
        ],
      ] as const) {
        expectRefusal(act, TypeError, 'ERR_INVALID_ARG_VALUE');
        assert.match(thrownBy(act).message, names);
      }
    }
    for (const name of [undefined, 7, Symbol('noDelay')] as unknown[]) {
      expectRefusal(() => sys.getOption(fd, name as 'type'), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => sys.setOption(fd, name as 'noDelay', true), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
  }),
);

test(
  'sys:option.11 a value of the wrong type or range is refused and changes nothing',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4'));
    for (const value of [1, 0, 'true', null, undefined] as unknown[]) {
      expectRefusal(() => sys.setOption(fd, 'noDelay', value as boolean), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    for (const value of [true, '9', null, undefined, 9n] as unknown[]) {
      expectRefusal(() => sys.setOption(fd, 'keepAliveCount', value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    const before = sys.getOption(fd, 'keepAliveCount');
    for (const value of [-1, 1.5, NaN, Infinity, 2 ** 31]) {
      expectRefusal(() => sys.setOption(fd, 'keepAliveCount', value), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(() => sys.setOption(fd, 'linger', -2), RangeError, 'ERR_OUT_OF_RANGE');
    const error = thrownBy(() => sys.setOption(fd, 'keepAliveCount', 128));
    assert.equal([error.code, error.syscall, error.fd], ['EINVAL', 'setsockopt', fd]);
    assert.is(sys.getOption(fd, 'keepAliveCount'), before);
    assert.is(sys.getOption(fd, 'noDelay'), false);
  }),
);

test(
  "sys:option.12 an option that this kind of socket lacks throws the kernel's error",
  scoped((scope) => {
    const fd = scope.own(sys.socket('unix'));
    const error = thrownBy(() => sys.getOption(fd, 'noDelay'));
    assert.equal([error.code, error.syscall, error.fd], ['ENOTSUP', 'getsockopt', fd]);
    expectSystemError(() => sys.setOption(fd, 'noDelay', true), 'ENOTSUP', fd);
    const ipv4 = scope.own(sys.socket('ipv4'));
    expectSystemError(() => sys.setOption(ipv4, 'ipv6Only', true), 'ENOPROTOOPT', ipv4);
    const [reader, writer] = sys.pipe();
    for (const end of [scope.own(reader), scope.own(writer)]) {
      expectSystemError(() => sys.getOption(end, 'type'), 'ENOTSOCK', end);
      expectSystemError(() => sys.takeError(end), 'ENOTSOCK', end);
    }
  }),
);

test('sys:error-name.1 errorName() returns the name of an error number', () => {
  assert.is(sys.errorName(0), '');
  assert.is(sys.errorName(1), 'EPERM');
  assert.is(sys.errorName(-thrownBy(() => sys.shutdown(2 ** 31 - 1, 'both')).errno!), 'EBADF');
  assert.is(sys.errorName(9999), 'UNKNOWN_9999');
  // Two names have the same number, of which libuv knows one.
  const known: ReadonlySet<number> = new Set([...getSystemErrorMap().keys()].map((errno) => -errno));
  for (const [name, errno] of Object.entries(constants.errno))
    if (!known.has(errno)) assert.is(sys.errorName(errno), name);
  for (const errno of [-9, 0.5, NaN]) expectRefusal(() => sys.errorName(errno), RangeError, 'ERR_OUT_OF_RANGE');
  expectRefusal(() => sys.errorName('EBADF' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
});
