import { constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { descriptors, untilPolled, POLLIN } from '../support/descriptors.js';

const test = suite('sys zero copy', { sanitized: ['epoll'] });

const MOST = Number.MAX_SAFE_INTEGER;

/** A file of `contents`, open for reading and writing. */
function fileOf(scope: Scope, contents: string | Buffer): { fd: number; path: string } {
  const path = join(scope.directory(), 'file');
  writeFileSync(path, contents);
  return { fd: scope.own(descriptors.openFile(path, constants.O_RDWR)), path };
}

function owned(scope: Scope, [a, b]: [number, number]): [number, number] {
  return [scope.own(a), scope.own(b)];
}

/** Reads what has arrived on `fd`. */
function taken(fd: number): string {
  const buffer = Buffer.alloc(1 << 16);
  const count = sys.read(fd, buffer);
  return count === sys.WOULD_BLOCK ? 'WOULD_BLOCK' : buffer.toString('utf8', 0, count);
}

test(
  'sys:send-file.1 sendFile() from an offset leaves the position of the file',
  scoped((scope) => {
    const { fd } = fileOf(scope, '0123456789');
    const [accepted, connected] = scope.open.tcp();
    for (const [offset, count, sent] of [
      [2, 4, '2345'],
      [8, 100, '89'],
      [0, MOST, '0123456789'],
    ] as const) {
      assert.is(sys.sendFile(connected, fd, offset, count), sent.length);
      untilPolled(accepted, POLLIN);
      assert.is(taken(accepted), sent);
    }
    assert.is(sys.sendFile(connected, fd, 10, 4), 0);
    assert.is(sys.sendFile(connected, fd, 2 ** 33, 4), 0);
    assert.is(sys.sendFile(connected, fd, 0, 0), 0);
    assert.is(taken(accepted), 'WOULD_BLOCK');
    assert.is(taken(fd), '0123456789');
  }),
);

test(
  'sys:send-file.2 sendFile() with null starts at the position of the file, and moves it',
  scoped((scope) => {
    const { fd } = fileOf(scope, '0123456789');
    const [a, b] = owned(scope, sys.socketPair());
    assert.is(sys.sendFile(a, fd, null, 3), 3);
    assert.is(sys.sendFile(a, fd, null, 4), 4);
    assert.is(taken(b), '0123456');
    assert.is(taken(fd), '789');
    assert.is(sys.sendFile(a, fd, null, 4), 0);
  }),
);

test(
  'sys:send-file.3 sendFile() to a socket with little room sends a part, then returns WOULD_BLOCK',
  scoped((scope) => {
    const contents = Buffer.alloc(1 << 22, 'Castor and Pollux. ');
    const { fd } = fileOf(scope, contents);
    const [a, b] = owned(scope, sys.socketPair());
    const parts: Buffer[] = [];
    let sent = 0;
    while (sent < contents.length) {
      const count = sys.sendFile(a, fd, sent, contents.length - sent);
      if (count !== sys.WOULD_BLOCK) {
        sent += count;
        continue;
      }
      assert.ok(sent > 0 && sent < contents.length, String(sent));
      const buffer = Buffer.alloc(1 << 20);
      parts.push(buffer.subarray(0, sys.read(b, buffer)));
    }
    for (let rest = sent - parts.reduce((sum, { length }) => sum + length, 0); rest > 0; ) {
      const buffer = Buffer.alloc(rest);
      const count = sys.read(b, buffer);
      parts.push(buffer.subarray(0, count));
      rest -= count;
    }
    assert.ok(parts.length > 1, String(parts.length));
    assert.ok(Buffer.concat(parts).equals(contents));
  }),
);

test(
  "sys:send-file.4 sendFile() throws the kernel's error for a file that cannot be sent",
  scoped((scope) => {
    const { fd } = fileOf(scope, 'contents');
    const [reader] = owned(scope, sys.pipe());
    const [a, b] = owned(scope, sys.socketPair());
    const error = thrownBy(() => sys.sendFile(a, reader, null, 1));
    assert.equal([error.code, error.syscall, error.fd], ['EINVAL', 'sendfile', a]);
    scope.close(b);
    expectSystemError(() => sys.sendFile(a, fd, 0, 8), 'EPIPE', a);
    scope.close(a);
    expectSystemError(() => sys.sendFile(a, fd, 0, 8), 'EBADF', a);
  }),
);

test(
  'sys:send-file.5 sendFile() checks its arguments before any system call',
  scoped((scope) => {
    const { fd } = fileOf(scope, 'contents');
    const [a, b] = owned(scope, sys.socketPair());
    for (const number of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expectRefusal(() => sys.sendFile(a, fd, number, 1), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.sendFile(a, fd, 0, number), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(
        () => sys.sendFile(number === 2 ** 53 ? 2 ** 31 : number, fd, 0, 1),
        RangeError,
        'ERR_OUT_OF_RANGE',
      );
    }
    for (const wrong of [undefined, '1', 1n] as unknown[]) {
      expectRefusal(() => sys.sendFile(a, fd, wrong as number, 1), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => sys.sendFile(a, fd, 0, wrong as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => sys.sendFile(a, wrong as number, 0, 1), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    assert.match(thrownBy(() => sys.sendFile(a, -1, 0, 1)).message, '"inFd"');
    assert.is(taken(b), 'WOULD_BLOCK');
  }),
);

test(
  'sys:splice.1 splice() moves data from a pipe to a socket and from a socket to a pipe',
  scoped((scope) => {
    const [reader, writer] = owned(scope, sys.pipe());
    const [accepted, connected] = scope.open.tcp();
    assert.is(sys.splice(reader, connected, 100), sys.WOULD_BLOCK);
    sys.write(writer, Buffer.from('through the kernel'));
    assert.is(sys.splice(reader, connected, 7, { more: true }), 7);
    assert.is(sys.splice(reader, connected, MOST), 11);
    while (sys.bytesReadable(accepted) < 18) untilPolled(accepted, POLLIN);
    assert.is(sys.splice(accepted, writer, 10), 10);
    assert.is(taken(reader), 'through th');
    assert.is(taken(accepted), 'e kernel');
    assert.is(sys.splice(accepted, writer, 10), sys.WOULD_BLOCK);
    assert.is(sys.splice(accepted, writer, 0), 0);
    sys.shutdown(connected, 'write');
    untilPolled(accepted, POLLIN);
    assert.is(sys.splice(accepted, writer, 10), 0);
  }),
);

test(
  'sys:splice.2 splice() reads and writes a file at the given offset, and moves the position of the file only without one',
  scoped((scope) => {
    const { fd, path } = fileOf(scope, '0123456789');
    const [reader, writer] = owned(scope, sys.pipe());
    assert.is(sys.splice(fd, writer, 3, { inOffset: 6 }), 3);
    assert.is(sys.splice(fd, writer, 2), 2);
    assert.is(sys.splice(fd, writer, 2, { inOffset: undefined, outOffset: undefined, more: undefined }), 2);
    assert.is(taken(reader), '6780123');
    sys.write(writer, Buffer.from('XYZ'));
    assert.is(sys.splice(reader, fd, 2, { outOffset: 1 }), 2);
    assert.is(sys.splice(reader, fd, 2), 1);
    assert.is(readFileSync(path, 'utf8'), '0XY3Z56789');
    assert.is(sys.splice(fd, writer, 5, { inOffset: 10 }), 0);
  }),
);

test(
  'sys:splice.3 splice() to a full pipe returns WOULD_BLOCK, also with blocking descriptors',
  scoped((scope) => {
    const { fd } = fileOf(scope, Buffer.alloc(1 << 20, 'x'));
    const [reader, writer] = owned(scope, sys.pipe());
    for (const end of [reader, writer]) sys.setNonBlocking(end, false);
    let moved = 0;
    for (let count = 0; count !== sys.WOULD_BLOCK; count = sys.splice(fd, writer, 1 << 20)) moved += count;
    assert.ok(moved > 0 && moved < 1 << 20, String(moved));
    assert.is(sys.bytesReadable(reader), moved);
  }),
);

test(
  "sys:splice.4 splice() throws the kernel's error with the descriptor that it reads from",
  scoped((scope) => {
    const { fd } = fileOf(scope, 'contents');
    const [reader, writer] = owned(scope, sys.pipe());
    const [a, b] = owned(scope, sys.socketPair());
    const error = thrownBy(() => sys.splice(fd, a, 4));
    assert.equal([error.code, error.syscall, error.fd], ['EINVAL', 'splice', fd]);
    expectSystemError(() => sys.splice(reader, a, 4, { inOffset: 0 }), 'ESPIPE', reader);
    sys.write(writer, Buffer.from('x'));
    scope.close(b);
    expectSystemError(() => sys.splice(reader, a, 4), 'EPIPE', reader);
  }),
);

test(
  'sys:splice.5 splice() checks its arguments before any system call',
  scoped((scope) => {
    const { fd } = fileOf(scope, 'contents');
    const [reader, writer] = owned(scope, sys.pipe());
    for (const number of [-1, 0.5, NaN, 2 ** 53]) {
      expectRefusal(() => sys.splice(fd, writer, number), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.splice(fd, writer, 1, { inOffset: number }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.splice(fd, writer, 1, { outOffset: number }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    for (const options of [
      null,
      'more',
      { inOffset: '0' },
      { inOffset: null },
      { outOffset: 0n },
      { more: 1 },
    ] as unknown[]) {
      expectRefusal(() => sys.splice(fd, writer, 1, options as sys.SpliceOptions), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    expectRefusal(() => sys.splice(-1, writer, 1), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.splice(fd, null as unknown as number, 1), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.is(taken(reader), 'WOULD_BLOCK');
  }),
);
