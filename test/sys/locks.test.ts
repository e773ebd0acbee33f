import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys locks', { sanitized: ['epoll'] });
const lackOfRanges = process.platform === 'linux' ? undefined : `${process.platform} may have no F_OFD_SETLK`;
const onLinux = test.unless(lackOfRanges);

function file(scope: Scope): string {
  const path = join(scope.directory(), 'file');
  writeFileSync(path, 'contents');
  return path;
}

for (const kind of ['flock', 'ofd'] as const) {
  const clause = kind === 'ofd' ? onLinux : test;
  clause(
    `sys:lock.1 ${kind}: an exclusive lock keeps every other open file out until it is unlocked`,
    scoped((scope) => {
      const path = file(scope);
      const [a, b] = [scope.own(sys.open(path, 'r+')), scope.own(sys.open(path, 'r+'))];
      assert.is(sys.lock(a, { kind }), 0);
      assert.is(sys.lock(a, { kind }), 0);
      assert.is(sys.lock(b, { kind }), sys.WOULD_BLOCK);
      assert.is(sys.lock(b, { kind, exclusive: false }), sys.WOULD_BLOCK);
      sys.unlock(a, { kind });
      assert.is(sys.lock(b, { kind }), 0);
      assert.is(sys.lock(a, { kind }), sys.WOULD_BLOCK);
      sys.close(sys.dup(b));
      sys.unlock(a, { kind });
      assert.is(sys.lock(a, { kind }), sys.WOULD_BLOCK);
    }),
  );

  clause(
    `sys:lock.2 ${kind}: several open files can have a shared lock, which keeps an exclusive one out`,
    scoped((scope) => {
      const path = file(scope);
      const [a, b] = [scope.own(sys.open(path, 'r+')), scope.own(sys.open(path, 'r+'))];
      assert.is(sys.lock(a, { kind, exclusive: false }), 0);
      assert.is(sys.lock(b, { kind, exclusive: false }), 0);
      assert.is(sys.lock(a, { kind }), sys.WOULD_BLOCK);
      sys.unlock(b, { kind });
      assert.is(sys.lock(a, { kind }), 0);
      sys.unlock(a, { kind });
      sys.unlock(a, { kind });
    }),
  );

  clause(
    `sys:lock.3 ${kind}: the lock ends when the last descriptor of its open file is closed`,
    scoped((scope) => {
      const path = file(scope);
      const a = sys.open(path, 'r+');
      const copy = scope.own(sys.dup(a));
      const b = scope.own(sys.open(path, 'r+'));
      sys.lock(a, { kind });
      sys.close(a);
      assert.is(sys.lock(b, { kind }), sys.WOULD_BLOCK);
      scope.close(copy);
      assert.is(sys.lock(b, { kind }), 0);
    }),
  );
}

onLinux(
  'sys:lock.4 locks of ranges exclude each other only where they overlap',
  scoped((scope) => {
    const path = file(scope);
    const [a, b] = [scope.own(sys.open(path, 'r+')), scope.own(sys.open(path, 'r+'))];
    assert.is(sys.lock(a, { kind: 'ofd', start: 10, length: 10 }), 0);
    assert.is(sys.lock(b, { kind: 'ofd', start: 0, length: 10 }), 0);
    assert.is(sys.lock(b, { kind: 'ofd', start: 20 }), 0);
    assert.is(sys.lock(b, { kind: 'ofd', start: 19, length: 1 }), sys.WOULD_BLOCK);
    sys.unlock(a, { kind: 'ofd', start: 15, length: 5 });
    assert.is(sys.lock(b, { kind: 'ofd', start: 19, length: 1 }), 0);
    assert.is(sys.lock(b, { kind: 'ofd', start: 14, length: 1 }), sys.WOULD_BLOCK);
  }),
);

onLinux(
  'sys:lock.5 another process is kept out: flock(1) and the locks of fcntl(2)',
  scoped((scope) => {
    const path = file(scope);
    const fd = scope.own(sys.open(path, 'r+'));
    const flock = (): number | null => spawnSync('flock', ['-n', path, 'true']).status;
    if (spawnSync('flock', ['--version']).status === 0) {
      assert.is(flock(), 0);
      sys.lock(fd);
      assert.is(flock(), 1);
      sys.unlock(fd);
      assert.is(flock(), 0);
    }
    const python = 'import fcntl,sys; fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)';
    const record = (): number | null => spawnSync('python3', ['-c', python, path]).status;
    if (spawnSync('python3', ['-c', 'import fcntl']).status === 0) {
      assert.is(record(), 0);
      sys.lock(fd, { kind: 'ofd' });
      assert.is(record(), 1);
    }
  }),
);

test(
  'sys:lock.6 arguments of a wrong type or range are refused before any system call',
  scoped((scope) => {
    const fd = scope.own(sys.open(file(scope), 'r'));
    const lock = (options: unknown) => () => sys.lock(fd, options as sys.LockOptions);
    expectRefusal(lock({ exclusiv: true }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(lock({ exclusive: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(lock({ kind: 'posix' }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(lock({ start: 0 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(lock({ length: 0 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    for (const bad of [-1, 1.5, NaN, 2 ** 53]) {
      expectRefusal(lock({ kind: 'ofd', start: bad }), RangeError, 'ERR_OUT_OF_RANGE');
      expectRefusal(lock({ kind: 'ofd', length: bad }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(lock(null), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.unlock(fd, { exclusive: true } as never), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.lock(-1), RangeError, 'ERR_OUT_OF_RANGE');
    const closed = sys.dup(fd);
    sys.close(closed);
    expectSystemError(() => sys.lock(closed), 'EBADF', closed);
    if (lackOfRanges === undefined) expectSystemError(() => sys.lock(fd, { kind: 'ofd' }), 'EBADF', fd);
  }),
);
