import { constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { addressOf } from '../support/kit.js';
import { openDescriptors } from '../support/process.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys descriptors', { sanitized: ['epoll'] });

const O_CLOEXEC = 0o2000000;
const CYCLES = 10_000;

/** The flags of fcntl(2) and of the descriptor itself, as the kernel shows them. */
function flagsOf(fd: number): { isNonBlocking: boolean; isCloseOnExec: boolean } {
  const flags = parseInt(/^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
  return { isNonBlocking: (flags & constants.O_NONBLOCK) !== 0, isCloseOnExec: (flags & O_CLOEXEC) !== 0 };
}

function accepted(scope: Scope, family: 'tcp' | 'unix'): number {
  if (family === 'tcp') return scope.open.tcp()[0];
  const listener = scope.own(sys.socket('unix'));
  sys.bind(listener, { path: '' });
  sys.listen(listener);
  sys.connect(scope.own(sys.socket('unix')), sys.localAddress(listener));
  return scope.own(sys.accept(listener));
}

const MAKERS: Readonly<Record<string, (scope: Scope) => number[]>> = {
  socket: (scope) => [
    scope.own(sys.socket('ipv4')),
    scope.own(sys.socket('ipv6', 'dgram')),
    scope.own(sys.socket('unix', 'seqpacket')),
  ],
  'accept of TCP': (scope) => [accepted(scope, 'tcp')],
  'accept of unix': (scope) => [accepted(scope, 'unix')],
  socketPair: (scope) => sys.socketPair().map((fd) => scope.own(fd)),
  pipe: (scope) => sys.pipe().map((fd) => scope.own(fd)),
  dup: (scope) => sys.pipe().map((fd) => scope.own(sys.dup(scope.own(fd)))),
};

for (const [name, make] of Object.entries(MAKERS)) {
  test(
    `sys:flags.5 descriptors of ${name} are non-blocking and close-on-exec`,
    scoped((scope) => {
      for (const fd of make(scope)) {
        assert.equal(flagsOf(fd), { isNonBlocking: true, isCloseOnExec: true });
        assert.is(sys.isNonBlocking(fd), true);
      }
    }),
  );
}

test(
  'sys:access.1 accessMode() says whether a descriptor was opened for reading, writing or both',
  scoped((scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    const [a] = sys.socketPair().map((fd) => scope.own(fd)) as [number];
    sys.shutdown(a, 'write');
    const file = join(scope.directory(), 'file');
    writeFileSync(file, '');
    const appending = scope.own(sys.open(file, constants.O_WRONLY | constants.O_APPEND));
    const ends = lackOf('oneWayPipes') === undefined ? ['read', 'write'] : ['read-write', 'read-write'];
    assert.equal([reader, writer, a, appending].map(sys.accessMode), [...ends, 'read-write', 'write']);
    scope.close(writer);
    expectSystemError(() => sys.accessMode(writer), 'EBADF', writer);
  }),
);

test(
  'sys:nonblocking.1 the non-blocking mode can be switched, and belongs to the open file',
  scoped((scope) => {
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number];
    const copy = scope.own(sys.dup(reader));
    sys.setNonBlocking(reader, false);
    assert.equal([reader, copy].map(flagsOf), Array(2).fill({ isNonBlocking: false, isCloseOnExec: true }));
    assert.is(sys.isNonBlocking(copy), false);
    assert.is(flagsOf(scope.own(sys.dup(copy))).isNonBlocking, false);
    sys.setNonBlocking(copy);
    assert.equal([reader, copy].map(sys.isNonBlocking), [true, true]);
    sys.setNonBlocking(copy, true);
    assert.is(flagsOf(reader).isNonBlocking, true);
    expectRefusal(() => sys.setNonBlocking(reader, 1 as unknown as boolean), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.setNonBlocking(reader, null as unknown as boolean), TypeError, 'ERR_INVALID_ARG_TYPE');
  }),
);

test(
  'sys:nonblocking.2 setNonBlocking() leaves the other flags of the file alone',
  scoped((scope) => {
    const path = join(scope.directory(), 'log');
    const fd = scope.own(descriptors.openFile(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT));
    sys.setNonBlocking(fd);
    sys.setNonBlocking(fd, false);
    for (const text of ['one', 'two']) {
      const other = descriptors.openFile(path, constants.O_WRONLY | constants.O_APPEND);
      sys.write(other, Buffer.from('-'));
      sys.close(other);
      sys.write(fd, Buffer.from(text));
    }
    assert.is(readFileSync(path, 'utf8'), '-one-two');
  }),
);

test(
  'sys:dup.1 a duplicate names the same open file, and stays open after the first is closed',
  scoped((scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    const copy = scope.own(sys.dup(reader));
    assert.ok(copy !== reader && copy !== writer);
    sys.write(writer, Buffer.from('ab'));
    const buffer = Buffer.alloc(1);
    assert.is(sys.read(reader, buffer), 1);
    scope.close(reader);
    assert.is(sys.read(copy, buffer), 1);
    assert.is(buffer.toString(), 'b');
  }),
);

test(
  'sys:pipe.1 the first end of a pipe reads what the second end writes',
  scoped((scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    assert.is(sys.write(writer, Buffer.from('x')), 1);
    assert.is(sys.read(reader, Buffer.alloc(4)), 1);
    scope.close(writer);
    assert.is(sys.read(reader, Buffer.alloc(4)), 0);
  }),
);

test(
  "sys:open.1 open() returns the kernel's number of a non-blocking, close-on-exec descriptor",
  scoped((scope) => {
    const path = join(scope.directory(), 'file');
    writeFileSync(path, 'text');
    const fd = scope.own(sys.open(path));
    assert.is(sys.isNonBlocking(fd), true);
    assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /^flags:\s*02\d*4000$/m);
    const buffer = Buffer.alloc(8);
    assert.is(buffer.toString('latin1', 0, sys.read(fd, buffer)), 'text');
    const made = scope.own(sys.open(`${path}-ä`, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL));
    assert.is(sys.write(made, Buffer.from('more')), 4);
    assert.is(readFileSync(`${path}-ä`, 'utf8'), 'more');
  }),
);

test(
  'sys:open.2 open() throws the system error, and ENXIO for the write end of a FIFO without a reader',
  scoped((scope) => {
    const path = join(scope.directory(), 'fifo');
    const codeOf = (act: () => void): string[] => [thrownBy(act).code!, thrownBy(act).syscall!];
    assert.equal(
      codeOf(() => sys.open(path)),
      ['ENOENT', 'open'],
    );
    descriptors.makeFifo(path);
    assert.equal(
      codeOf(() => sys.open(path, constants.O_WRONLY)),
      ['ENXIO', 'open'],
    );
    const reader = scope.own(sys.open(path));
    const writer = scope.own(sys.open(path, constants.O_WRONLY));
    sys.write(writer, Buffer.from('x'));
    assert.is(sys.read(reader, Buffer.alloc(8)), 1);
  }),
);

test('sys:open.3 open() refuses a path or flags of a wrong type', () => {
  for (const path of [undefined, 3, Buffer.from('/')])
    expectRefusal(() => sys.open(path as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectRefusal(() => sys.open('a\0b'), TypeError, 'ERR_INVALID_ARG_VALUE');
  expectRefusal(() => sys.open('/', null as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectRefusal(() => sys.open('/', 'rx' as never), TypeError, 'ERR_INVALID_ARG_VALUE');
  for (const flags of [-1, 0.5, NaN, 2 ** 31])
    expectRefusal(() => sys.open('/', flags), RangeError, 'ERR_OUT_OF_RANGE');
});

test(
  'sys:open.4 what open() throws names the path, as an error of node:fs does',
  scoped((scope) => {
    const path = join(scope.directory(), 'nothing');
    const error = thrownBy(() => sys.open(path)) as sys.SystemError;
    const other = thrownBy(() => readFileSync(path)) as sys.SystemError;
    assert.equal(
      [error.code, error.errno, error.syscall, error.path, error.fd],
      ['ENOENT', other.errno, 'open', path, undefined],
    );
    assert.is(error.message, `ENOENT: no such file or directory, open '${path}'`);
    assert.ok(error.stack!.startsWith(`Error: ${error.message}\n`), error.stack);
  }),
);

test('sys:close.1 close() closes a descriptor, and a second close() throws EBADF', () => {
  const [reader, writer] = sys.pipe();
  sys.close(reader);
  const error = thrownBy(() => sys.close(reader));
  assert.equal([error.code, error.syscall, error.fd], ['EBADF', 'close', reader]);
  expectSystemError(() => sys.write(writer, Buffer.from('x')), 'EPIPE', writer);
  sys.close(writer);
  expectSystemError(() => sys.close(writer), 'EBADF', writer);
});

type OneFd = (fd: number) => unknown;

const ONE_FD: Readonly<Record<string, OneFd>> = {
  close: sys.close,
  dup: sys.dup,
  isNonBlocking: sys.isNonBlocking,
  setNonBlocking: (fd) => sys.setNonBlocking(fd),
  bytesReadable: sys.bytesReadable,
  classify: sys.classify,
  accept: sys.accept,
  listen: (fd) => sys.listen(fd),
  localAddress: sys.localAddress,
  peerAddress: sys.peerAddress,
  takeError: sys.takeError,
  shutdown: (fd) => sys.shutdown(fd, 'both'),
  bind: (fd) => sys.bind(fd, { port: 0 }),
  connect: (fd) => sys.connect(fd, { path: '\0nobody' }),
  getOption: (fd) => sys.getOption(fd, 'type'),
  setOption: (fd) => sys.setOption(fd, 'noDelay', true),
};

const SYSTEM_CALLS: Readonly<Record<string, string>> = {
  close: 'close',
  dup: 'fcntl',
  isNonBlocking: 'fcntl',
  setNonBlocking: 'fcntl',
  bytesReadable: 'ioctl',
  classify: 'statx',
  accept: 'accept4',
  listen: 'listen',
  localAddress: 'getsockname',
  peerAddress: 'getpeername',
  takeError: 'getsockopt',
  shutdown: 'shutdown',
  bind: 'getsockname',
  connect: 'connect',
  getOption: 'getsockopt',
  setOption: 'setsockopt',
};

for (const [name, call] of Object.entries(ONE_FD)) {
  test(`sys:errors.2 ${name} refuses a value that is no descriptor, and its error for a closed number names the system call and the number`, () => {
    for (const fd of [-1, 0.5, NaN, Infinity, 2 ** 31]) expectRefusal(() => call(fd), RangeError, 'ERR_OUT_OF_RANGE');
    for (const fd of [undefined, null, '0', 0n, {}, true] as unknown[]) {
      expectRefusal(() => call(fd as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    const fds = sys.pipe();
    for (const fd of fds) sys.close(fd);
    for (const fd of [...fds, 2 ** 31 - 1]) {
      const error = thrownBy(() => call(fd));
      assert.equal([error.code, error.syscall, error.fd], ['EBADF', SYSTEM_CALLS[name], fd]);
    }
  });
}

test(
  'sys:bytes-readable.1 bytesReadable() counts the bytes of a stream or pipe, and of the next message of a datagram socket',
  scoped((scope) => {
    for (const kind of ['pipe', 'unix stream', 'unix seqpacket', 'TCP'] as const) {
      const [reader, writer] = scope.open.pair(kind);
      assert.is(sys.bytesReadable(reader), 0, kind);
      for (const text of ['abc', 'de']) {
        sys.write(writer, Buffer.from(text));
        descriptors.poll(reader, 1, 1000);
      }
      while (sys.bytesReadable(reader) < 5) descriptors.poll(reader, 1, 1);
      assert.is(sys.bytesReadable(reader), 5, kind);
    }
    const [a, b] = scope.open.udp();
    for (const text of ['abc', 'de']) sys.write(b, Buffer.from(text));
    descriptors.poll(a, 1, 1000);
    assert.is(sys.bytesReadable(a), 3);
    sys.read(a, Buffer.alloc(8));
    assert.is(sys.bytesReadable(a), 2);
  }),
);

test(
  'sys:bytes-readable.2 bytesReadable() of a listener is EINVAL',
  scoped((scope) => {
    const { listener } = scope.open.listener();
    expectSystemError(() => sys.bytesReadable(listener), 'EINVAL', listener);
  }),
);

test(
  `sys:leak.1 ${CYCLES} rounds of opening, using and closing leave no descriptor open`,
  scoped((scope) => {
    const { listener, address } = scope.open.listener();
    const buffer = Buffer.alloc(8);
    const before = openDescriptors();
    for (let round = 0; round < CYCLES; round++) {
      const opened = [...sys.pipe(), ...sys.socketPair(), sys.socket('ipv4', 'dgram'), sys.dup(listener)];
      sys.classify(opened[0]!);
      sys.write(opened[1]!, buffer);
      thrownBy(() => sys.peerAddress(opened[4]!));
      thrownBy(() => sys.connect(opened[4]!, { host: 'localhost', port: 1 }));
      for (const fd of opened) sys.close(fd);
    }
    for (let round = 0; round < 100; round++) {
      const client = sys.socket('ipv4');
      sys.connect(client, address);
      descriptors.poll(listener, 1, 10_000);
      const connection = sys.accept(listener);
      sys.setOption(connection, 'linger', 0);
      sys.close(connection);
      sys.close(client);
    }
    assert.equal(openDescriptors(), before);
    assert.is(addressOf(listener).port, address.port);
  }),
);
