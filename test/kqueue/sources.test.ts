import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KQUEUE_ADDON, PERSONALITIES, run } from '../support/kqueue.js';
import { suite } from '../support/suite.js';

const test = suite('sources over the kqueue simulator', { needs: ['kernel', 'node'] });

for (const personality of PERSONALITIES) {
  test(`kqueue:sources.1 ${personality}: timers, events and processes do over kqueue what they do elsewhere`, () => {
    const { status, output } = run(process.execPath, [join(__dirname, '../sys/sources.test.js')], {
      POLLUX_BINDING: KQUEUE_ADDON,
      KQUEUE_PERSONALITY: personality,
      POLLUX_TEST_REPORT: undefined,
    });
    assert.is(status, 0, output);
    assert.match(output, /Passed: +2\d\n/);
  });
}
