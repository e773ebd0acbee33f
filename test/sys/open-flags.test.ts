import { constants, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys open flags');
const onLinux = test.unless(process.platform === 'linux' ? undefined : `${process.platform} has no /proc`);

function file(scope: Scope): string {
  const path = join(scope.directory(), 'file');
  writeFileSync(path, 'contents');
  return path;
}

/** The words of open(), with the flags that /proc shows for the descriptor. */
const WORDS: ReadonlyArray<[sys.OpenFlags, number]> = [
  ['r', constants.O_RDONLY],
  ['rs', constants.O_RDONLY | constants.O_SYNC],
  ['r+', constants.O_RDWR],
  ['rs+', constants.O_RDWR | constants.O_SYNC],
  ['w', constants.O_WRONLY],
  ['w+', constants.O_RDWR],
  ['a', constants.O_WRONLY | constants.O_APPEND],
  ['as', constants.O_WRONLY | constants.O_APPEND | constants.O_SYNC],
  ['a+', constants.O_RDWR | constants.O_APPEND],
  ['as+', constants.O_RDWR | constants.O_APPEND | constants.O_SYNC],
];

onLinux(
  'sys:open-flags.1 open() takes the flags of node:fs as words, and the file is opened for what they say',
  scoped((scope) => {
    for (const [word, wanted] of WORDS) {
      const path = file(scope);
      const fd = scope.own(sys.open(path, word));
      const flags = parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
      const mask = constants.O_RDWR | constants.O_WRONLY | constants.O_APPEND | constants.O_SYNC;
      assert.is(flags & mask, wanted, word);
      assert.is(sys.isNonBlocking(fd), true);
      assert.is(readFileSync(path, 'utf8'), word.startsWith('w') ? '' : 'contents', word);
    }
  }),
);

test(
  'sys:open-flags.2 open() with an x in the flags makes the file and refuses an existing one; unknown flags are refused',
  scoped((scope) => {
    const path = file(scope);
    for (const word of ['wx', 'wx+', 'ax', 'ax+'] as const) {
      assert.is(thrownBy(() => sys.open(path, word)).code, 'EEXIST');
      scope.own(sys.open(`${path}.${word}`, word));
    }
    for (const word of ['', 'rw', 'x', 'R', 'toString'])
      expectRefusal(() => sys.open(path, word as 'r'), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.open(path, null as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.open(path, -1), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);
