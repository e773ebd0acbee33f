import * as assert from 'uvu/assert';
import { buildSanitizedAddon, objection, runSanitized } from '../support/sanitizer.js';
import { compiledFile, filesToSanitize } from '../support/test-files.js';
import { suite } from '../support/suite.js';

const test = suite('the addon over kqueue under sanitizers');
const clause = test.unless(objection());

/** Threads are woken by EVFILT_USER on the first, by a pipe on the second. */
const PERSONALITIES = ['freebsd', 'openbsd'];
let addon = '';

clause(
  'kqueue:sanitized.3 the addon over the simulator builds with AddressSanitizer and UndefinedBehaviorSanitizer',
  () => {
    addon = buildSanitizedAddon('kqueue');
  },
);

for (const personality of PERSONALITIES) {
  for (const name of filesToSanitize('kqueue')) {
    clause(`kqueue:sanitized.4 ${personality}: ${name} passes, and the sanitizers find nothing`, () => {
      const outcome = runSanitized(addon, compiledFile(name), !name.includes('lifecycle'), {
        KQUEUE_PERSONALITY: personality,
      });
      const { status, signal, output, report, complaints } = outcome;
      assert.equal(complaints, [], complaints.join('\n'));
      assert.equal([status, signal, report?.failed, report?.passed], [0, null, [], report?.registered], output);
      assert.ok(report!.passed > 0, output);
    });
  }
}
