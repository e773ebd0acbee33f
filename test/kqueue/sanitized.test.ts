import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildSanitizedAddon, objection, runSanitized } from '../support/sanitizer.js';
import { suite } from '../support/suite.js';

const test = suite('the addon over kqueue under sanitizers');
const clause = test.unless(objection());

/** Threads are woken by EVFILT_USER on the first, by a pipe on the second. */
const PERSONALITIES = ['freebsd', 'openbsd'];
/** Where memory and threads meet, and what the simulator's own recv() is for; the rest of native/bsd is under them in the self-check. */
const FILES = ['batch', 'kinds', 'stale', 'threads-share', 'lifecycle-workers'];

let addon = '';

clause('sanitized.3 the addon over the simulator builds with AddressSanitizer and UndefinedBehaviorSanitizer', () => {
  addon = buildSanitizedAddon('kqueue');
});

for (const personality of PERSONALITIES) {
  for (const name of FILES) {
    clause(`sanitized.4 ${personality}: ${name} passes, and the sanitizers find nothing`, () => {
      const file = join(__dirname, `${name}.test.js`);
      const outcome = runSanitized(addon, file, !name.startsWith('lifecycle'), { KQUEUE_PERSONALITY: personality });
      const { status, signal, output, report, complaints } = outcome;
      assert.equal(complaints, [], complaints.join('\n'));
      assert.equal([status, signal, report?.failed, report?.passed], [0, null, [], report?.registered], output);
      assert.ok(report!.passed > 0, output);
    });
  }
}
