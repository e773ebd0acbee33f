import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { auditOf, compiled, lackOfCompiler, lackOfPython, lackOfStrace, PROGRAMS } from './any-programs.js';

const test = suite('audit: any program', { needs: ['node', 'kernel'] });

/** Programs with a fault, which with the argument "right" are correct. */
const FAULTS: ReadonlyArray<readonly [file: string, code: string]> = [
  ['edge.c', 'POLLUX_EDGE_NOT_DRAINED'],
  ['oneshot.c', 'POLLUX_ONESHOT_NOT_REARMED'],
  ['half-close.c', 'POLLUX_HALF_CLOSE_MISSED'],
  ['hangup.c', 'POLLUX_END_IGNORED'],
  ['ghost.c', 'POLLUX_GHOST'],
  ['ghost-dup.c', 'POLLUX_GHOST'],
  ['closed.c', 'POLLUX_CLOSED_WHILE_REGISTERED'],
  ['spin.c', 'POLLUX_WRITABLE_SPIN'],
  ['blocking.c', 'POLLUX_BLOCKING_DESCRIPTOR'],
  ['edge.py', 'POLLUX_EDGE_NOT_DRAINED'],
  ['closed.py', 'POLLUX_CLOSED_WHILE_REGISTERED'],
];

for (const [index, [file, code]] of FAULTS.entries()) {
  const isPython = file.endsWith('.py');
  const runnable = test.unless(lackOfStrace() ?? (isPython ? lackOfPython() : lackOfCompiler()));
  const command = (folder: string): string[] =>
    isPython ? ['python3', join(PROGRAMS, file)] : [compiled(file, folder)];

  runnable(
    `audit:any.${index + 1} ${file}, a program with a fault, has the finding ${code}, and no other`,
    scoped((scope) => {
      const { found, own, status, stderr } = auditOf(...command(scope.directory()));
      assert.equal([found.map((finding) => [finding.code, finding.fd]), status], [[[code, Number(own)]], 1], stderr);
      const [{ calls, registeredAt, cure }] = found as [(typeof found)[0]];
      assert.match(registeredAt[0]!, /^line \d+ [\d.]+ \[\d+\] epoll_ctl\(/);
      assert.ok(cure.length > 0);
      assert.ok(calls.length > 0 && calls.every(({ line, timeMs }) => line > 0 && timeMs > 0));
    }),
  );

  runnable(
    `audit:any-right.${index + 1} ${file}, corrected, has no finding`,
    scoped((scope) => {
      const { found, status, stderr } = auditOf(...command(scope.directory()), 'right');
      assert.equal([found, status], [[], 0], stderr);
    }),
  );
}
