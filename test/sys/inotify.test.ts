import { endianness } from 'node:os';
import { appendFileSync, mkdirSync, renameSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FdStream, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone, expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys inotify', { sanitized: ['epoll'] });
const clause = test.unless(lackOf('inotify'));

function watcher(scope: Scope, mask: number): { fd: number; folder: string; watch: number } {
  const folder = scope.directory();
  const fd = scope.own(sys.inotifyInit());
  return { fd, folder, watch: sys.inotifyAddWatch(fd, folder, mask) };
}

function read(fd: number): sys.InotifyEvent[] {
  const buffer = Buffer.alloc(4096);
  const length = sys.read(fd, buffer);
  return length === sys.WOULD_BLOCK ? [] : sys.inotifyEvents(buffer.subarray(0, length));
}

/** An event as the kernel writes it. */
function event(watch: number, mask: number, cookie: number, name: string, padding: number): Buffer {
  const header = new DataView(new ArrayBuffer(16));
  const isLittle = endianness() === 'LE';
  header.setInt32(0, watch, isLittle);
  header.setUint32(4, mask, isLittle);
  header.setUint32(8, cookie, isLittle);
  header.setUint32(12, Buffer.byteLength(name) + padding, isLittle);
  return Buffer.concat([Buffer.from(header.buffer), Buffer.from(name), Buffer.alloc(padding)]);
}

clause(
  'sys:inotify.1 a change makes the descriptor readable, and the event has what happened and the name',
  scoped((scope) => {
    const { fd, folder, watch } = watcher(scope, sys.IN_CREATE | sys.IN_DELETE | sys.IN_CLOSE_WRITE);
    assert.is(sys.isNonBlocking(fd), true);
    const poller = scope.poller();
    poller.add(fd, READABLE);
    expectNone(poller);
    writeFileSync(join(folder, 'grün'), 'x');
    mkdirSync(join(folder, 'inner'));
    expectEvents(poller, [fd, READABLE]);
    assert.equal(read(fd), [
      { watch, mask: sys.IN_CREATE, cookie: 0, name: 'grün' },
      { watch, mask: sys.IN_CLOSE_WRITE, cookie: 0, name: 'grün' },
      { watch, mask: (sys.IN_CREATE | sys.IN_ISDIR) >>> 0, cookie: 0, name: 'inner' },
    ]);
    expectNone(poller);
    assert.is(sys.read(fd, Buffer.alloc(64)), sys.WOULD_BLOCK);
    rmdirSync(join(folder, 'inner'));
    unlinkSync(join(folder, 'grün'));
    assert.equal(
      read(fd).map(({ name }) => name),
      ['inner', 'grün'],
    );
  }),
);

clause(
  'sys:inotify.2 both halves of a move have the same cookie',
  scoped((scope) => {
    const { fd, folder } = watcher(scope, sys.IN_MOVED_FROM | sys.IN_MOVED_TO);
    writeFileSync(join(folder, 'a'), '');
    renameSync(join(folder, 'a'), join(folder, 'b'));
    const [from, to, ...rest] = read(fd) as [sys.InotifyEvent, sys.InotifyEvent];
    assert.equal([from.mask, from.name, to.mask, to.name, rest], [sys.IN_MOVED_FROM, 'a', sys.IN_MOVED_TO, 'b', []]);
    assert.ok(from.cookie > 0 && from.cookie === to.cookie);
  }),
);

clause(
  'sys:inotify.3 a watched file has no name in its events; adding it again keeps its number and replaces or extends the mask',
  scoped((scope) => {
    const path = join(scope.directory(), 'file');
    writeFileSync(path, '');
    const fd = scope.own(sys.inotifyInit());
    const watch = sys.inotifyAddWatch(fd, path, sys.IN_MODIFY);
    assert.is(sys.inotifyAddWatch(fd, path, sys.IN_DELETE_SELF), watch);
    appendFileSync(path, 'x');
    assert.equal(read(fd), []);
    assert.is(sys.inotifyAddWatch(fd, path, sys.IN_MODIFY | sys.IN_MASK_ADD), watch);
    appendFileSync(path, 'x');
    unlinkSync(path);
    assert.equal(
      read(fd),
      [sys.IN_MODIFY, sys.IN_DELETE_SELF, sys.IN_IGNORED].map((mask) => ({ watch, mask, cookie: 0, name: '' })),
    );
  }),
);

clause(
  'sys:inotify.4 IN_ONESHOT, the highest bit, and removal end a watch with IN_IGNORED',
  scoped((scope) => {
    const { fd, folder, watch } = watcher(scope, sys.IN_CREATE | sys.IN_ONESHOT);
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), '');
    assert.equal(
      read(fd).map(({ mask }) => mask),
      [sys.IN_CREATE, sys.IN_IGNORED],
    );
    const other = sys.inotifyAddWatch(fd, folder, sys.IN_CREATE);
    assert.not(other === watch);
    sys.inotifyRemoveWatch(fd, other);
    writeFileSync(join(folder, 'c'), '');
    assert.equal(read(fd), [{ watch: other, mask: sys.IN_IGNORED, cookie: 0, name: '' }]);
    expectSystemError(() => sys.inotifyRemoveWatch(fd, other), 'EINVAL', fd);
  }),
);

clause(
  'sys:inotify.5 errors of the kernel are thrown with a message that explains them',
  scoped((scope) => {
    const { fd, folder } = watcher(scope, sys.IN_CREATE);
    const [reader] = sys.pipe().map((end) => scope.own(end)) as [number];
    writeFileSync(join(folder, 'file'), '');
    const missing = join(folder, 'nothing');
    expectSystemError(() => sys.inotifyAddWatch(fd, missing, sys.IN_CREATE), 'ENOENT', fd);
    const { message, path } = thrownBy(() => sys.inotifyAddWatch(fd, missing, sys.IN_CREATE)) as sys.SystemError;
    assert.equal([message, path], [`ENOENT: no such file or directory, inotify_add_watch '${missing}'`, missing]);
    expectSystemError(
      () => sys.inotifyAddWatch(fd, join(folder, 'file'), sys.IN_CREATE | sys.IN_ONLYDIR),
      'ENOTDIR',
      fd,
    );
    expectSystemError(() => sys.inotifyAddWatch(fd, folder, sys.IN_CREATE | sys.IN_MASK_CREATE), 'EEXIST', fd);
    expectSystemError(() => sys.inotifyAddWatch(fd, folder, 0), 'EINVAL', fd);
    expectSystemError(() => sys.inotifyAddWatch(reader, folder, sys.IN_CREATE), 'EINVAL', reader);
    expectSystemError(() => sys.inotifyRemoveWatch(reader, 1), 'EINVAL', reader);
  }),
);

clause(
  'sys:inotify.6 invalid arguments are refused',
  scoped((scope) => {
    const { fd, folder } = watcher(scope, sys.IN_CREATE);
    for (const mask of [-(2 ** 31) - 1, 2 ** 32, 1.5, NaN])
      expectRefusal(() => sys.inotifyAddWatch(fd, folder, mask), RangeError, 'ERR_OUT_OF_RANGE');
    for (const watch of [-1, 2 ** 31, 0.5])
      expectRefusal(() => sys.inotifyRemoveWatch(fd, watch), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.inotifyAddWatch(fd, 1 as unknown as string, 1), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.inotifyAddWatch(fd, 'a\0b', 1), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.inotifyAddWatch(-1, folder, 1), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

clause(
  'sys:inotify.7 each chunk of a stream holds whole events',
  scoped(async (scope) => {
    const folder = scope.directory();
    const fd = sys.inotifyInit();
    sys.inotifyAddWatch(fd, folder, sys.IN_CREATE);
    const names = Array.from({ length: 3000 }, (_, index) => 'name'.repeat(1 + (index % 20)) + index);
    for (const name of names) writeFileSync(join(folder, name), '');
    const seen: string[] = [];
    for await (const chunk of new FdStream(fd)) {
      seen.push(...sys.inotifyEvents(chunk as Buffer).map(({ name }) => name));
      if (seen.length >= names.length) break;
    }
    assert.equal(seen, names);
  }),
);

clause(
  'sys:inotify.8 too many events are reported as one IN_Q_OVERFLOW without a watch',
  scoped((scope) => {
    const { fd, folder } = watcher(scope, sys.IN_OPEN | sys.IN_MODIFY);
    const path = join(folder, 'file');
    const most = 40_000;
    for (let round = 0; round < most / 2; round++) appendFileSync(path, 'x');
    const events: sys.InotifyEvent[] = [];
    for (let some = read(fd); some.length > 0; some = read(fd)) events.push(...some);
    assert.ok(events.length < most);
    assert.equal(events.at(-1), { watch: -1, mask: sys.IN_Q_OVERFLOW, cookie: 0, name: '' });
  }),
);

test('sys:inotify.9 events are decoded from any view at any offset', () => {
  const bytes = Buffer.concat([
    Buffer.alloc(3),
    event(1, 0x80000000, 7, 'name', 4),
    event(-1, sys.IN_Q_OVERFLOW, 0, '', 0),
    event(2, 1, 0, 'full', 0),
  ]);
  const wanted = [
    { watch: 1, mask: 0x80000000, cookie: 7, name: 'name' },
    { watch: -1, mask: sys.IN_Q_OVERFLOW, cookie: 0, name: '' },
    { watch: 2, mask: 1, cookie: 0, name: 'full' },
  ];
  assert.equal(sys.inotifyEvents(bytes.subarray(3)), wanted);
  assert.equal(sys.inotifyEvents(new DataView(bytes.buffer, bytes.byteOffset + 3, bytes.length - 3)), wanted);
  assert.equal(sys.inotifyEvents(new Uint8Array(0)), []);
});

test('sys:inotify.10 bytes that end within an event are refused', () => {
  const whole = event(1, 1, 0, 'name', 12);
  for (const length of [1, 15, 16, whole.length - 1]) {
    expectRefusal(() => sys.inotifyEvents(whole.subarray(0, length)), RangeError, 'ERR_OUT_OF_RANGE');
  }
  assert.is(sys.inotifyEvents(whole).length, 1);
  for (const wrong of [undefined, null, 'bytes', [1]] as unknown as Buffer[]) {
    expectRefusal(() => sys.inotifyEvents(wrong), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
});

if (lackOf('inotify') !== undefined) {
  test('sys:inotify.11 on a kernel without inotify its calls throw ERR_NOT_SUPPORTED', () => {
    expectRefusal(() => sys.inotifyInit(), Error, 'ERR_NOT_SUPPORTED');
    expectRefusal(() => sys.inotifyAddWatch(0, '.', 1), Error, 'ERR_NOT_SUPPORTED');
    expectRefusal(() => sys.inotifyRemoveWatch(0, 1), Error, 'ERR_NOT_SUPPORTED');
  });
}
