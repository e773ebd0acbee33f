import { spawn, spawnSync } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, untilPolled, POLLIN } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { addressOf } from '../support/kit.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys messages', { sanitized: ['epoll'] });
const onLinux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has no /proc/self/fd`);

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

function pair(scope: Scope, type: sys.SocketType = 'dgram'): [a: number, b: number] {
  const [a, b] = sys.socketPair(type);
  return [scope.own(a), scope.own(b)];
}

function pipe(scope: Scope): [readEnd: number, writeEnd: number] {
  const [readEnd, writeEnd] = sys.pipe();
  return [scope.own(readEnd), scope.own(writeEnd)];
}

/** The next message, whose descriptors the scope owns. */
function receive(
  scope: Scope,
  fd: number,
  buffers: readonly ArrayBufferView[] = [Buffer.alloc(64)],
  options: sys.ReceiveMessageOptions = {},
): sys.ReceivedMessage {
  untilPolled(fd, POLLIN);
  const message = sys.receiveMessage(fd, buffers, options);
  if (message === sys.WOULD_BLOCK) throw new Error('nothing was there');
  for (const received of message.control.descriptors) scope.own(received);
  return message;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Bit FD_CLOEXEC, as /proc tells it: O_CLOEXEC among the flags. */
function isCloseOnExec(fd: number): boolean {
  const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
  return (parseInt(flags, 8) & 0o2000000) !== 0;
}

onLinux(
  'sys:message.1 descriptors arrive as new numbers of the same open files, close-on-exec',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const [readEnd, writeEnd] = pipe(scope);
    assert.is(sys.receiveMessage(b, [Buffer.alloc(1)]), sys.WOULD_BLOCK);
    assert.is(sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: [readEnd, writeEnd] } }), 1);
    const { control, ...rest } = receive(scope, b);
    assert.equal(rest, { length: 1, address: { family: 'unix', path: '' }, truncated: false });
    const [otherRead, otherWrite, ...others] = control.descriptors;
    assert.equal(others, []);
    assert.equal([control.raw, control.truncated, control.credentials], [[], false, undefined]);
    assert.is.not(otherRead, readEnd);
    assert.ok(isCloseOnExec(otherRead!) && isCloseOnExec(otherWrite!));
    sys.write(writeEnd, Buffer.from('through'));
    const buffer = Buffer.alloc(16);
    assert.is(sys.read(otherRead!, buffer), 7);
    assert.is(readlinkSync(`/proc/self/fd/${otherRead}`), readlinkSync(`/proc/self/fd/${readEnd}`));
  }),
);

test(
  'sys:message.2 sendMessage() sends the bytes of several buffers as one message, and receiveMessage() fills several buffers',
  scoped((scope) => {
    const [a, b] = pair(scope);
    assert.is(sys.sendMessage(a, [Buffer.from('cas'), new Uint8Array(0), Buffer.from('tor')]), 6);
    const parts = [Buffer.alloc(2), Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(9, '.')];
    assert.is(receive(scope, b, parts).length, 6);
    assert.is(Buffer.concat(parts).toString(), 'castor........');
    assert.is(sys.sendMessage(a, []), 0);
    assert.equal(receive(scope, b, []).length, 0);
  }),
);

test(
  'sys:message.3 a message that is longer than the buffers is cut, and the result says so',
  scoped((scope) => {
    const [a, b] = pair(scope);
    sys.sendMessage(a, [Buffer.from('castor')]);
    const message = receive(scope, b, [Buffer.alloc(2), Buffer.alloc(1)]);
    assert.equal([message.length, message.truncated], [3, true]);
  }),
);

onLinux(
  'sys:message.4 control messages that do not fit are cut, what fits is delivered, and nothing is leaked',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const [readEnd] = pipe(scope);
    const before = openDescriptors();
    for (let room = 0; room <= 72; room++) {
      sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: Array(10).fill(readEnd) as number[] } });
      untilPolled(b, POLLIN);
      const message = sys.receiveMessage(b, [Buffer.alloc(1)], { control: room }) as sys.ReceivedMessage;
      const { descriptors: received, truncated } = message.control;
      // struct cmsghdr has 16 bytes, and each descriptor 4.
      const fitting = Math.min(10, Math.max(0, Math.floor((room - 16) / 4)));
      assert.equal([received.length, truncated], [fitting, fitting < 10], String(room));
      assert.is(openDescriptors(), before + fitting);
      received.forEach((fd) => sys.close(fd));
    }
    assert.is(openDescriptors(), before);
  }),
);

onLinux(
  'sys:message.5 when receiveMessage() throws after the system call, no descriptor of the message stays open',
  () => {
    const [a, b] = sys.socketPair('dgram');
    try {
      const before = openDescriptors();
      for (const name of ['descriptors', 'control', 'length', 'raw', 'address', 'family', 'truncated', '0']) {
        const prototype = name === '0' ? Array.prototype : Object.prototype;
        sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: [a, b] } });
        const list = [Buffer.alloc(1)];
        let seen: Error | undefined;
        Object.defineProperty(prototype, name, {
          configurable: true,
          set() {
            throw new Error(`trap of ${name}`);
          },
        });
        try {
          const message = sys.receiveMessage(b, list, { flags: sys.MSG_DONTWAIT });
          if (message !== sys.WOULD_BLOCK) for (const fd of message.control.descriptors) sys.close(fd);
        } catch (error) {
          seen = error as Error;
        } finally {
          delete (prototype as unknown as Record<string, unknown>)[name];
        }
        assert.is(openDescriptors(), before, `${name}: ${String(seen)}`);
        sys.receiveMessage(b, [Buffer.alloc(1)], { control: 0 });
      }
      assert.is(openDescriptors(), before);
    } finally {
      sys.close(a);
      sys.close(b);
    }
  },
);

onLinux(
  'sys:message.6 at the limit of descriptors what fits is delivered, and the message says that it was cut',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const filled = openSync('/dev/null', 'r');
    const limit = descriptors.limitDescriptors(filled + 4);
    try {
      const held: number[] = [];
      try {
        for (;;) held.push(sys.dup(a));
      } catch {
        // The table is full.
      }
      sys.close(held.pop()!);
      sys.sendMessage(a, [Buffer.from('x')], { control: { descriptors: [a, a, a] } });
      const message = sys.receiveMessage(b, [Buffer.alloc(1)]) as sys.ReceivedMessage;
      assert.equal([message.length, message.control.descriptors.length, message.control.truncated], [1, 1, true]);
      for (const fd of [...held, ...message.control.descriptors]) sys.close(fd);
    } finally {
      descriptors.limitDescriptors(limit);
      sys.close(filled);
    }
  }),
);

onLinux(
  'sys:message.7 credentials arrive once they are asked for: those that the sender names, otherwise those that the kernel knows',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const own = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() };
    sys.setOption(b, 'passCredentials', true);
    sys.sendMessage(a, [Buffer.from('x')], { control: { credentials: own } });
    assert.equal(receive(scope, b).control.credentials, own);
    sys.send(a, Buffer.from('x'));
    assert.equal(receive(scope, b).control.credentials, own);
    assert.equal(sys.peerCredentials(a), own);
    assert.is(
      thrownBy(() => sys.sendMessage(a, [], { control: { credentials: { ...own, pid: 2 ** 31 - 1 } } })).code,
      own.uid === 0 ? 'ESRCH' : 'EPERM',
    );
  }),
);

onLinux(
  'sys:message.8 packet info and timestamps say where and when a datagram arrived, and packet info chooses the source address of one that is sent',
  scoped((scope) => {
    const receiver = scope.own(sys.socket('ipv4', 'dgram'));
    sys.bind(receiver, {});
    sys.setOption(receiver, 'packetInfo', true);
    sys.setOption(receiver, 'timestamps', true);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    const address = { host: '127.0.0.7', port: addressOf(receiver).port };
    sys.sendMessage(sender, [Buffer.from('x')], {
      address,
      control: { packetInfo: { interface: sys.interfaceIndex('lo'), address: '127.0.0.9' } },
    });
    const { address: from, control } = receive(scope, receiver);
    assert.is((from as sys.InternetAddress).host, '127.0.0.9');
    assert.equal(control.packetInfo, { interface: sys.interfaceIndex('lo'), address: '127.0.0.7' });
    const ageMs = Date.now() - Number(control.timestampNs! / 1_000_000n);
    assert.ok(Math.abs(ageMs) < 600_000, String(ageMs));
  }),
);

onLinux(
  'sys:message.9 ipv6: packet info says where a datagram arrived, and an ipv4 source address is sent as a mapped one',
  scoped((scope) => {
    const receiver = scope.own(sys.socket('ipv6', 'dgram'));
    sys.bind(receiver, { host: '::' });
    sys.setOption(receiver, 'packetInfo', true);
    const sender = scope.own(sys.socket('ipv6', 'dgram'));
    const { port } = sys.localAddress(receiver) as sys.InternetAddress;
    sys.sendMessage(sender, [Buffer.from('x')], {
      address: { host: '::1', port },
      control: { packetInfo: { address: '::1' } },
    });
    assert.equal(receive(scope, receiver).control.packetInfo, { interface: sys.interfaceIndex('lo'), address: '::1' });
    sys.sendMessage(sender, [Buffer.from('x')], {
      address: { host: '::ffff:127.0.0.1', port },
      control: { packetInfo: { address: '127.0.0.3' } },
    });
    const message = receive(scope, receiver);
    assert.is((message.address as sys.InternetAddress).host, '::ffff:127.0.0.3');
    assert.is(message.control.packetInfo!.address, '::ffff:127.0.0.1');
  }),
);

onLinux(
  'sys:message.10 control messages that pollux has no name for are sent and received as bytes',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const data = new Uint8Array(Int32Array.of(a).buffer);
    sys.sendMessage(a, [Buffer.from('x')], { control: { raw: [{ level: SOL_SOCKET, type: SCM_RIGHTS, data }] } });
    assert.is(receive(scope, b).control.descriptors.length, 1);
    const receiver = scope.own(sys.socket('ipv4', 'dgram'));
    sys.bind(receiver, { host: '127.0.0.1' });
    // IP_RECVTTL, and the IP_TTL that it brings.
    sys.setOption(receiver, { level: 0, name: 12 }, true);
    const sender = scope.own(sys.socket('ipv4', 'dgram'));
    sys.setOption(sender, 'ttl', 33);
    sys.sendTo(sender, Buffer.from('x'), sys.localAddress(receiver));
    assert.equal(receive(scope, receiver).control.raw, [
      { level: 0, type: 2, data: Buffer.from(Int32Array.of(33).buffer) },
    ]);
  }),
);

test(
  'sys:message.11 on a stream socket descriptors arrive with the first byte of their message, and sendMessage() to a full socket returns WOULD_BLOCK',
  scoped((scope) => {
    const [a, b] = pair(scope, 'stream');
    sys.sendMessage(a, [Buffer.from('with')], { control: { descriptors: [a] } });
    const message = receive(scope, b, [Buffer.alloc(1)]);
    assert.equal([message.length, message.control.descriptors.length], [1, 1]);
    assert.is(receive(scope, b).control.descriptors.length, 0);
    const chunk = Buffer.alloc(65536);
    let sent = 0;
    while (sent !== sys.WOULD_BLOCK) sent = sys.sendMessage(a, [chunk], { control: { descriptors: [a] } });
  }),
);

test(
  'sys:message.12 arguments of a wrong type or range are refused, and nothing is sent',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const send = (options: unknown) => () => sys.sendMessage(a, [Buffer.from('x')], options as sys.SendMessageOptions);
    const control = (value: unknown) => send({ control: value });
    for (const [act, type, code] of [
      [send({ adress: {} }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [send(null), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [send({ flags: '1' }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [send({ flags: 0x800 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [send({ address: { host: 'localhost', port: 1 } }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [control({ fds: [1] }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [control({ descriptors: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ descriptors: [1, -1] }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ descriptors: ['1'] }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ descriptors: Array(1025).fill(0) }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ credentials: { pid: 1, uid: 0 } }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ credentials: { pid: -1, uid: 0, gid: 0 } }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ credentials: { pid: 1, uid: 2 ** 32, gid: 0 } }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ packetInfo: { interface: -1 } }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ packetInfo: { address: 5 } }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ packetInfo: { address: 'lo' } }), TypeError, 'ERR_INVALID_ARG_VALUE'],
      [control({ raw: {} }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ raw: [{ level: 1, type: 1 }] }), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [control({ raw: [{ level: 1.5, type: 1, data: data(0) }] }), RangeError, 'ERR_OUT_OF_RANGE'],
      [control({ raw: [{ level: 1, type: 1, data: data(2 ** 20 + 1) }] }), RangeError, 'ERR_OUT_OF_RANGE'],
      [() => sys.receiveMessage(b, [Buffer.alloc(1)], { control: -1 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [() => sys.receiveMessage(b, [Buffer.alloc(1)], { control: 2 ** 21 }), RangeError, 'ERR_OUT_OF_RANGE'],
      [() => sys.receiveMessage(b, Buffer.alloc(1) as never), TypeError, 'ERR_INVALID_ARG_TYPE'],
      [() => sys.receiveMessage(-1, []), RangeError, 'ERR_OUT_OF_RANGE'],
      [() => sys.peerCredentials(-1), RangeError, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      expectRefusal(act, type, code);
    }
    const packetInfo = { address: 'lo' };
    for (const address of [undefined, { host: '127.0.0.1', port: 1 }]) {
      const { message } = thrownBy(send({ address, control: { packetInfo } }));
      assert.match(message, /^The argument "options\.control\.packetInfo\.address" must be a numeric address/);
    }
    const closed = sys.dup(a);
    sys.close(closed);
    expectSystemError(control({ descriptors: [closed] }), 'EBADF', a);
    expectSystemError(control({ descriptors: Array(254).fill(a) }), 'EINVAL', a);
    expectSystemError(() => sys.receiveMessage(closed, []), 'EBADF', closed);
    expectSystemError(() => sys.sendMessage(closed, []), 'EBADF', closed);
    assert.is(sys.receiveMessage(b, [Buffer.alloc(1)]), sys.WOULD_BLOCK);
  }),
);

function data(length: number): Uint8Array {
  return new Uint8Array(length);
}

const PYTHON = 'python3';

const withPython = test.unless(pythonProblem());

function pythonProblem(): string | undefined {
  const { status } = spawnSync(PYTHON, ['-c', 'import socket; socket.send_fds; socket.recv_fds']);
  return status === 0 ? undefined : 'there is no python3 with socket.send_fds';
}

withPython(
  'sys:message.13 descriptors go to Python and come back, by socket.recv_fds and socket.send_fds',
  scoped(async (scope) => {
    const listener = scope.own(sys.socket('unix'));
    const path = join(scope.directory(), 'socket');
    sys.bind(listener, { path });
    sys.listen(listener);
    const program = [
      'import os, socket, sys',
      's = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])',
      'm, fds, f, a = socket.recv_fds(s, 16, 4)',
      'os.write(fds[1], b"from python: " + m); r, w = os.pipe()',
      'os.write(w, b"through a pipe of python"); os.close(w)',
      'socket.send_fds(s, [b"back"], [r, fds[0]])',
    ].join('\n');
    const python = spawn(PYTHON, ['-c', program, path], { stdio: ['ignore', 'inherit', 'inherit'] });
    const ended = onceEmitted(python, 'exit');
    untilPolled(listener, POLLIN);
    const connection = scope.own(sys.accept(listener));
    const [readEnd, writeEnd] = pipe(scope);
    sys.sendMessage(connection, [Buffer.from('hello')], { control: { descriptors: [readEnd, writeEnd] } });
    untilPolled(readEnd, POLLIN);
    const buffer = Buffer.alloc(64);
    assert.is(buffer.toString('utf8', 0, sys.read(readEnd, buffer)), 'from python: hello');
    const message = receive(scope, connection, [buffer]);
    assert.is(buffer.toString('utf8', 0, message.length), 'back');
    assert.is(message.control.descriptors.length, 2);
    assert.is(sys.peerCredentials(connection).pid, python.pid);
    const fromPython = message.control.descriptors[0]!;
    assert.is(buffer.toString('utf8', 0, sys.read(fromPython, buffer)), 'through a pipe of python');
    assert.is(sys.read(fromPython, buffer), 0);
    assert.equal(await ended, [0, null]);
  }),
);

test(
  'sys:message.14 peerCredentials() throws for a socket that is not connected and for a descriptor that is no socket',
  scoped((scope) => {
    const fd = scope.own(sys.socket('unix'));
    assert.ok(['ENOTCONN', 'EINVAL'].includes(thrownBy(() => sys.peerCredentials(fd)).code!));
    const [readEnd] = pipe(scope);
    expectSystemError(() => sys.peerCredentials(readEnd), 'ENOTSOCK', readEnd);
  }),
);
