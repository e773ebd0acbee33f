import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { WAITERS } from '../support/reactor.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';

const test = suite('reactor: the end of the process');

const PROGRAM = programFile('reactor-end');

const ENDS: ReadonlyArray<readonly [how: string, title: string, status: number]> = [
  ['throw', 'an error of a handler that nobody catches ends the process with its stack', 1],
  ['throw in run()', 'so does one in run()', 1],
  ['exit', 'process.exit() in a handler ends it', 7],
  ['close the last watch', 'it ends when the last watch is closed', 0],
  ['unref', 'watches that do not count do not keep it', 0],
  ['unref at rest', 'nor do they while the loop rests from the events of others', 0],
  ['ref at rest', 'those that count keep it, while the loop rests, too', 0],
  ['onWake alone', 'a reactor that only hears wakes does not keep it', 0],
  ['close the poller', "it ends when the poller is closed behind the reactor's back", 0],
];

for (const waiter of WAITERS) {
  for (const [how, title, expected] of ENDS) {
    test(`reactor:process.1 ${waiter}: ${title}`, () => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, how, waiter], {
        encoding: 'utf8',
        timeout: 120_000,
      });
      assert.equal([status, signal], [expected, null], stderr);
      // The process may end before the first event of an unreferenced watch.
      assert.match(stdout, how === 'unref' ? /^(called\n)*$/ : /^(called\n)+$/);
      if (!how.startsWith('throw')) return assert.is(stderr, '');
      assert.is(stdout, 'called\n');
      assert.match(stderr, /error: nobody catches this/i);
      assert.match(stderr, /at .*thrower/);
    });
  }
}
