import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { networkInterfaces } from 'node:os';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys addresses', { sanitized: ['epoll'] });

const LONGEST_PATH = 107;

function made(scope: Scope, family: sys.SocketFamily, type?: sys.SocketType): number {
  return scope.own(sys.socket(family, type));
}

/** Binds a socket to `address` and returns what the kernel says of it. */
function bound(scope: Scope, family: sys.SocketFamily, address: sys.BindAddress): sys.Address {
  const fd = made(scope, family);
  sys.bind(fd, address);
  return sys.localAddress(fd);
}

function portOf(address: sys.Address): number {
  if (address.family === 'unix') throw new Error('a unix address has no port');
  return address.port;
}

for (const [family, loopback, any] of [
  ['ipv4', '127.0.0.1', '0.0.0.0'],
  ['ipv6', '::1', '::'],
] as const) {
  test(
    `sys:address.1 ${family}: a socket that is not bound has port 0 of any address`,
    scoped((scope) => {
      assert.equal(sys.localAddress(made(scope, family)), { family, host: any, port: 0 });
    }),
  );

  test(
    `sys:address.2 ${family}: bind takes host and port, with or without the family`,
    scoped((scope) => {
      const first = bound(scope, family, { host: loopback, port: 0 });
      assert.equal(first, { family, host: loopback, port: portOf(first) });
      assert.ok(portOf(first) > 0);
      const second = bound(scope, family, { family, host: loopback });
      assert.is.not(portOf(second), 0);
      assert.is.not(portOf(second), portOf(first));
    }),
  );

  test(
    `sys:address.3 ${family}: without a host bind means any address of the socket's family`,
    scoped((scope) => {
      for (const address of [{ port: 0 }, {}, { family, port: 0 }, { family }]) {
        const local = bound(scope, family, address);
        assert.equal(local, { family, host: any, port: portOf(local) });
        assert.ok(portOf(local) > 0);
      }
    }),
  );

  test(
    `sys:address.4 ${family}: bind() takes the requested port, which is then in use`,
    scoped((scope) => {
      const port = portOf(bound(scope, family, { host: loopback, port: 0 }));
      const fd = made(scope, family, 'dgram');
      sys.bind(fd, { host: loopback, port });
      assert.equal(sys.localAddress(fd), { family, host: loopback, port });
      const late = made(scope, family, 'dgram');
      const error = thrownBy(() => sys.bind(late, { host: loopback, port }));
      assert.equal([error.code, error.syscall, error.fd], ['EADDRINUSE', 'bind', late]);
    }),
  );
}

for (const [written, read] of [
  ['0:0:0:0:0:0:0:1', '::1'],
  ['::', '::'],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ['::FFFF:7f00:1', '::ffff:127.0.0.1'],
]) {
  test(
    `sys:address.5 the host ${written} is reported as ${read}`,
    scoped((scope) => {
      const local = bound(scope, 'ipv6', { host: written!, port: 0 });
      assert.equal(local, { family: 'ipv6', host: read, port: portOf(local) });
    }),
  );
}

const NAMES = [
  'localhost',
  'example.com',
  '',
  '127.1',
  '127.0.0',
  '127.0.0.256',
  '0x7f.0.0.1',
  ' 127.0.0.1',
  '127.0.0.1\0',
  '*',
  '::1::',
  '1::2::3',
  'fe80::1%',
  '%lo',
  ':',
  '[::1]',
  '::1/128',
  `::${'1'.repeat(200)}`,
];

for (const host of NAMES) {
  test(
    `sys:address.6 the host ${JSON.stringify(host.slice(0, 20))} is refused: it is not numeric`,
    scoped((scope) => {
      const fd = made(scope, host.includes(':') ? 'ipv6' : 'ipv4', 'dgram');
      for (const act of [
        () => sys.bind(fd, { host, port: 0 }),
        () => sys.connect(fd, { host, port: 9 }),
        () => sys.sendTo(fd, Buffer.alloc(1), { host, port: 9 }),
      ]) {
        expectRefusal(act, TypeError, 'ERR_INVALID_ARG_VALUE');
        assert.match(thrownBy(act).message, /"address\.host".*numeric/);
      }
      assert.is(portOf(sys.localAddress(fd)), 0);
    }),
  );
}

test(
  'sys:address.7 a host of the other family is refused where the family is given',
  scoped((scope) => {
    const fd = made(scope, 'ipv4');
    expectRefusal(() => sys.connect(fd, { family: 'ipv4', host: '::1', port: 9 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(
      () => sys.connect(fd, { family: 'ipv6', host: '127.0.0.1', port: 9 }),
      TypeError,
      'ERR_INVALID_ARG_VALUE',
    );
    expectSystemError(() => sys.connect(fd, { host: '::1', port: 9 }), 'EAFNOSUPPORT', fd);
  }),
);

test(
  'sys:address.8 ports outside 0 … 65535 and values of other types are refused',
  scoped((scope) => {
    const fd = made(scope, 'ipv4');
    for (const port of [-1, 65536, 1.5, NaN, Infinity]) {
      expectRefusal(() => sys.bind(fd, { host: '127.0.0.1', port }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.connect(fd, { host: '127.0.0.1', port }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    const wrong: unknown[] = [
      undefined,
      null,
      'localhost',
      7,
      { host: 127, port: 1 },
      { host: '127.0.0.1', port: '1' },
      { host: '127.0.0.1', port: null },
      { path: 7 },
      { path: null },
      { family: 'unix' },
    ];
    for (const address of wrong) {
      expectRefusal(() => sys.bind(fd, address as sys.BindAddress), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => sys.connect(fd, address as sys.RemoteAddress), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    for (const address of [{}, { port: 9 }, { host: '127.0.0.1' }]) {
      expectRefusal(() => sys.connect(fd, address as sys.RemoteAddress), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    for (const family of ['inet', '', 4, null, 'constructor']) {
      const address = { family, host: '127.0.0.1', port: 0 } as unknown as sys.RemoteAddress;
      expectRefusal(() => sys.bind(fd, address), TypeError, 'ERR_INVALID_ARG_VALUE');
    }
    assert.is(portOf(sys.localAddress(fd)), 0);
  }),
);

/** The address that this machine's link-local interface has, if it has one. */
function linkLocal(): { name: string; address: string; scopeid: number } | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const found = addresses?.find(({ family, address }) => family === 'IPv6' && address.startsWith('fe80:'));
    if (found !== undefined) return { name, address: found.address, scopeid: (found as { scopeid: number }).scopeid };
  }
  return undefined;
}

const local = linkLocal();
const zones = 'sys:address.9 a link-local address takes its zone by name or number and reports it by name';
if (local === undefined) {
  test.gate(zones, 'no interface has a link-local IPv6 address');
} else {
  test(
    zones,
    scoped((scope) => {
      for (const zone of [local.name, local.scopeid]) {
        const address = bound(scope, 'ipv6', { host: `${local.address}%${zone}`, port: 0 });
        assert.equal(address, { family: 'ipv6', host: `${local.address}%${local.name}`, port: portOf(address) });
      }
      const fd = made(scope, 'ipv6');
      expectSystemError(() => sys.bind(fd, { host: local.address, port: 0 }), 'EINVAL', fd);
    }),
  );
}

test(
  'sys:address.10 bind() passes the zone to the kernel, and a zone of an interface that does not exist is ENODEV',
  scoped((scope) => {
    const fd = made(scope, 'ipv6');
    for (const zone of ['no-such-zone', '0', 'x'.repeat(60), '99999999999999999999']) {
      const error = thrownBy(() => sys.bind(fd, { host: `fe80::1%${zone}`, port: 0 }));
      assert.equal([error.code, error.syscall, error.fd], ['ENODEV', 'if_nametoindex', fd]);
    }
    // No interface has this number, so that the error comes from the kernel.
    assert.is(thrownBy(() => sys.bind(fd, { host: 'fe80::1%4294967295', port: 0 })).syscall, 'bind');
    for (const zone of ['lo', '1']) {
      expectSystemError(() => sys.bind(fd, { host: `fe80::1%${zone}`, port: 0 }), 'EADDRNOTAVAIL', fd);
    }
  }),
);

test(
  'sys:address.11 bind() to a unix path makes a file to which others can connect',
  scoped((scope) => {
    const path = join(scope.directory(), 'Κάστωρ');
    const listener = made(scope, 'unix');
    assert.equal(sys.localAddress(listener), { family: 'unix', path: '' });
    sys.bind(listener, { path });
    assert.ok(existsSync(path));
    assert.equal(sys.localAddress(listener), { family: 'unix', path });
    sys.listen(listener);
    const client = made(scope, 'unix');
    assert.is(sys.connect(client, { path }), 0);
    assert.equal(sys.peerAddress(client), { family: 'unix', path });
    assert.equal(sys.localAddress(client), { family: 'unix', path: '' });
    const accepted = scope.own(sys.accept(listener));
    assert.equal(sys.peerAddress(accepted), { family: 'unix', path: '' });
    assert.equal(sys.localAddress(accepted), { family: 'unix', path });
    const late = made(scope, 'unix');
    expectSystemError(() => sys.bind(late, { family: 'unix', path }), 'EADDRINUSE', late);
  }),
);

for (const name of [
  `\0pollux-${process.pid}`,
  `\0pollux-${process.pid}\0inner`,
  `\0${'x'.repeat(100)}${process.pid}`.slice(0, 108),
]) {
  test(
    `sys:address.12 bind() to an abstract name of ${name.length} bytes makes no file, and a connect finds the name`,
    scoped((scope) => {
      const listener = made(scope, 'unix');
      sys.bind(listener, { path: name });
      sys.listen(listener);
      assert.equal(sys.localAddress(listener), { family: 'unix', path: name });
      const client = made(scope, 'unix');
      assert.is(sys.connect(client, { path: name }), 0);
      assert.equal(sys.peerAddress(client), { family: 'unix', path: name });
      const shorter = made(scope, 'unix');
      expectSystemError(() => sys.connect(shorter, { path: name.slice(0, -1) }), 'ECONNREFUSED', shorter);
    }),
  );
}

test(
  'sys:address.13 bind() to an empty path lets the kernel choose an abstract name',
  scoped((scope) => {
    const address = bound(scope, 'unix', { path: '' });
    assert.match((address as sys.UnixAddress).path, /^\0[0-9a-f]{5}$/);
  }),
);

test(
  `sys:address.14 paths of ${LONGEST_PATH} bytes fit, longer ones are refused before any system call`,
  scoped((scope) => {
    const folder = `${scope.directory()}/`;
    const longest = folder.padEnd(LONGEST_PATH, 'p');
    const listener = made(scope, 'unix');
    sys.bind(listener, { path: longest });
    assert.equal(sys.localAddress(listener), { family: 'unix', path: longest });
    const longestName = `\0${String(process.pid).padEnd(LONGEST_PATH, 'n')}`;
    assert.equal(bound(scope, 'unix', { path: longestName }), { family: 'unix', path: longestName });
    const fd = made(scope, 'unix');
    const twoBytes = folder.padEnd(LONGEST_PATH - 1, 'p');
    for (const path of [`${longest}p`, `${twoBytes}ü`, `${longestName}n`, 'p'.repeat(10_000)]) {
      expectRefusal(() => sys.bind(fd, { path }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.connect(fd, { path }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    assert.equal(sys.localAddress(fd), { family: 'unix', path: '' });
    assert.is(existsSync(`${longest}p`), false);
  }),
);

test(
  'sys:address.15 a path with a NUL inside is refused',
  scoped((scope) => {
    const fd = made(scope, 'unix');
    for (const path of ['/tmp/a\0b', 'a\0'])
      expectRefusal(() => sys.bind(fd, { path }), TypeError, 'ERR_INVALID_ARG_VALUE');
    assert.equal(sys.localAddress(fd), { family: 'unix', path: '' });
  }),
);

test(
  'sys:address.16 both ends of a unix socket pair have an empty path',
  scoped((scope) => {
    const [a, b] = sys.socketPair();
    for (const fd of [scope.own(a), scope.own(b)]) {
      assert.equal(
        [sys.localAddress(fd), sys.peerAddress(fd)],
        [
          { family: 'unix', path: '' },
          { family: 'unix', path: '' },
        ],
      );
    }
  }),
);

test(
  'sys:address.17 peerAddress of a socket that is not connected is ENOTCONN, an address of a pipe ENOTSOCK',
  scoped((scope) => {
    const fd = made(scope, 'ipv4');
    assert.is(thrownBy(() => sys.peerAddress(fd)).syscall, 'getpeername');
    expectSystemError(() => sys.peerAddress(fd), 'ENOTCONN', fd);
    const [reader, writer] = sys.pipe();
    scope.own(reader);
    scope.own(writer);
    expectSystemError(() => sys.localAddress(reader), 'ENOTSOCK', reader);
    expectSystemError(() => sys.peerAddress(writer), 'ENOTSOCK', writer);
  }),
);
