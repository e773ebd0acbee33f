import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { untilPolled, POLLIN } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys raw', { sanitized: ['epoll'] });
const onLinux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has no netlink`);

const AF_UNIX = 1;
const AF_INET = 2;
const AF_NETLINK = 16;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;

/** struct sockaddr_in of Linux. */
function ipv4(port: number, ...host: [number, number, number, number]): Buffer {
  const address = Buffer.alloc(16);
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_INET;
  address.writeUInt16BE(port, 2);
  address.set(host, 4);
  return address;
}

/** struct sockaddr_nl. */
function netlink(groups = 0): Buffer {
  const address = Buffer.from(new ArrayBuffer(12));
  new Uint16Array(address.buffer, 0, 1)[0] = AF_NETLINK;
  new Uint32Array(address.buffer, 8, 1)[0] = groups;
  return address;
}

onLinux(
  'sys:raw.1 socket() takes the family, type and protocol as numbers and makes a non-blocking, close-on-exec socket; the protocol is 0 by default',
  scoped((scope) => {
    const fd = scope.own(sys.socket({ domain: AF_INET, type: SOCK_STREAM }));
    assert.is(sys.isNonBlocking(fd), true);
    assert.is(sys.getOption(fd, 'type'), 'stream');
    const udp = scope.own(sys.socket({ domain: AF_INET, type: SOCK_DGRAM, protocol: 17 }));
    assert.is(sys.getOption(udp, 'type'), 'dgram');
    assert.is(thrownBy(() => sys.socket({ domain: AF_INET, type: SOCK_DGRAM, protocol: 6 })).code, 'EPROTONOSUPPORT');
  }),
);

onLinux(
  'sys:raw.2 bind(), connect() and sendTo() take an internet address as bytes, and addresses are returned by name',
  scoped((scope) => {
    const receiver = scope.own(sys.socket('ipv4', 'dgram'));
    sys.bind(receiver, { raw: ipv4(0, 127, 0, 0, 1) });
    const { port } = sys.localAddress(receiver) as sys.InternetAddress;
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    assert.is(sys.sendTo(sender, Buffer.from('ab'), { raw: ipv4(port, 127, 0, 0, 1) }), 2);
    assert.is(sys.connect(sender, { raw: ipv4(port, 127, 0, 0, 1) }), 0);
    assert.equal(sys.peerAddress(sender), { family: 'ipv4', host: '127.0.0.1', port });
  }),
);

onLinux(
  'sys:raw.3 a netlink socket is bound to an address given as bytes, and its addresses are returned as bytes',
  scoped((scope) => {
    const fd = scope.own(sys.socket({ domain: AF_NETLINK, type: SOCK_RAW, protocol: 0 }));
    sys.bind(fd, { raw: netlink(1) });
    const own = sys.localAddress<sys.OtherAddress>(fd);
    assert.is(own.family, AF_NETLINK);
    assert.is(own.raw.length, 12);
    assert.is(own.raw.readUInt32LE(8), 1);
    const request = Buffer.alloc(20);
    request.writeUInt32LE(20, 0);
    request.writeUInt16LE(18, 4);
    request.writeUInt16LE(0x301, 6);
    assert.is(sys.sendTo(fd, request, { raw: netlink() }), 20);
    untilPolled(fd, POLLIN);
    const reply = sys.recvFrom(fd, Buffer.alloc(65536)) as sys.Message;
    assert.ok(reply.length > 0);
    assert.equal(reply.address, { family: AF_NETLINK, raw: netlink() });
    // The address in an answer can be used for another request.
    assert.is(sys.sendTo(fd, request, reply.address), 20);
  }),
);

test(
  'sys:raw.4 a unix address given as bytes names the path in it, and with an empty one Linux chooses a name',
  scoped((scope) => {
    if (process.platform !== 'linux') return;
    const fd = scope.own(sys.socket('unix', 'dgram'));
    sys.bind(fd, { raw: Uint8Array.of(AF_UNIX, 0) });
    assert.match((sys.localAddress(fd) as sys.UnixAddress).path, /^\0/);
  }),
);

test(
  'sys:raw.5 numbers and bytes that are no family, type or address are refused before any system call',
  scoped((scope) => {
    const fd = scope.own(sys.socket('ipv4', 'dgram'));
    const numbers =
      (value: unknown): (() => unknown) =>
      () =>
        sys.socket(value as sys.SocketNumbers);
    for (const bad of [-1, 1.5, NaN, 2 ** 31]) {
      expectRefusal(numbers({ domain: bad, type: 1 }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(numbers({ domain: 2, type: bad }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(numbers({ domain: 2, type: 1, protocol: bad }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(numbers({ domain: 2 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(numbers({ domain: '2', type: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(numbers({ domain: 2, type: 1, protcol: 1 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(numbers(null), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const act of [
      (raw: unknown) => sys.bind(fd, { raw } as sys.RawAddress),
      (raw: unknown) => sys.connect(fd, { raw } as sys.RawAddress),
      (raw: unknown) => sys.sendTo(fd, new Uint8Array(1), { raw } as sys.RawAddress),
    ]) {
      expectRefusal(() => act(Buffer.alloc(1)), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => act(Buffer.alloc(129)), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => act('bytes'), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => act(null), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    const both = { raw: Buffer.alloc(16), host: '::1' };
    expectRefusal(() => sys.bind(fd, both as sys.RawAddress), TypeError, 'ERR_INVALID_ARG_VALUE');
    assert.equal(sys.localAddress(fd), { family: 'ipv4', host: '0.0.0.0', port: 0 });
  }),
);

onLinux(
  "sys:raw.6 a family or an address that the kernel does not know throws the kernel's error",
  scoped((scope) => {
    assert.is(thrownBy(() => sys.socket({ domain: 46, type: 1 })).code, 'EAFNOSUPPORT');
    const fd = scope.own(sys.socket('ipv4', 'dgram'));
    expectSystemError(() => sys.bind(fd, { raw: netlink() }), 'EINVAL', fd);
  }),
);
