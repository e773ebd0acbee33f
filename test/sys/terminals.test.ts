import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { FdStream, once, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { openDescriptors } from '../support/process.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys terminals', { sanitized: ['epoll'] });

/** A pseudoterminal, and a descriptor of its other side. */
function terminal(scope: Scope): { fd: number; other: number; path: string } {
  const { fd, path } = sys.openPty();
  scope.own(fd);
  return { fd, other: scope.own(sys.open(path, constants.O_RDWR)), path };
}

/** Reads until `length` bytes or more have come. */
async function hear(fd: number, length: number): Promise<string> {
  const buffer = Buffer.alloc(256);
  let text = '';
  while (text.length < length) {
    await once(fd, READABLE, { timeoutMs: 5000 });
    text += buffer.toString('utf8', 0, sys.read(fd, buffer));
  }
  return text;
}

test(
  'sys:pty.1 both sides of openPty() are terminals, and the first is non-blocking',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    assert.is(sys.isNonBlocking(fd), true);
    assert.equal(
      [fd, other].map((each) => sys.classify(each)),
      Array(2).fill({ readiness: 'pollable', kind: 'terminal' }),
    );
    assert.is(sys.read(fd, Buffer.alloc(1)), sys.WOULD_BLOCK);
  }),
);

test(
  'sys:pty.2 a line typed at one side is echoed there, and read at the other',
  scoped(async (scope) => {
    const { fd, other } = terminal(scope);
    sys.write(fd, Buffer.from('typed\n'));
    assert.is(await hear(other, 6), 'typed\n');
    assert.is(await hear(fd, 7), 'typed\r\n');
  }),
);

test(
  'sys:pty.3 two pseudoterminals are separate',
  scoped((scope) => {
    const [first, second] = [terminal(scope), terminal(scope)];
    assert.not(first.path === second.path);
  }),
);

test.unless(lackOf('terminalHangup'))(
  'sys:pty.4 a program on a pseudoterminal prints to it, and the stream ends with the program',
  scoped(async () => {
    const { fd, path } = sys.openPty();
    const other = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    spawn('sh', ['-c', 'test -t 1 && echo a terminal'], { stdio: [other, other, other] });
    closeSync(other);
    let text = '';
    for await (const chunk of new FdStream(fd)) text += String(chunk);
    assert.is(text, 'a terminal\r\n');
  }),
);

test(
  'sys:pty.5 the size set at one side is the size at the other',
  scoped((scope) => {
    const { fd, other } = terminal(scope);
    assert.equal(sys.windowSize(fd), { columns: 0, rows: 0 });
    sys.setWindowSize(fd, { columns: 132, rows: 50 });
    assert.equal(sys.windowSize(other), { columns: 132, rows: 50 });
    sys.setWindowSize(other, { columns: 65535, rows: 0 });
    assert.equal(sys.windowSize(fd), { columns: 65535, rows: 0 });
  }),
);

test(
  'sys:pty.6 an invalid size is refused, and the former size stays',
  scoped((scope) => {
    const { fd } = terminal(scope);
    sys.setWindowSize(fd, { columns: 80, rows: 24 });
    for (const columns of [-1, 65536, 1.5, NaN]) {
      expectRefusal(() => sys.setWindowSize(fd, { columns, rows: 1 }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(() => sys.setWindowSize(fd, { columns: 1, rows: columns }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    for (const size of [undefined, null, 80, {}, { columns: 1 }] as unknown as sys.WindowSize[]) {
      expectRefusal(() => sys.setWindowSize(fd, size), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    expectRefusal(() => sys.windowSize(-1), RangeError, 'ERR_OUT_OF_RANGE');
    assert.equal(sys.windowSize(fd), { columns: 80, rows: 24 });
  }),
);

test(
  'sys:pty.7 the size of a descriptor that is no terminal is ENOTTY, of a closed number EBADF',
  scoped((scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    expectSystemError(() => sys.windowSize(reader), 'ENOTTY', reader);
    expectSystemError(() => sys.setWindowSize(reader, { columns: 1, rows: 1 }), 'ENOTTY', reader);
    scope.close(writer);
    expectSystemError(() => sys.windowSize(writer), 'EBADF', writer);
  }),
);

test('sys:pty.8 a thousand pseudoterminals, opened and closed, leave no descriptor open', () => {
  const before = openDescriptors();
  for (let cycle = 0; cycle < 1000; cycle++) sys.close(sys.openPty().fd);
  assert.equal(openDescriptors(), before);
});
