import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KQUEUE_ADDON, PERSONALITIES, run } from './support/kqueue.js';
import { suite, type Report } from './support/suite.js';

const test = suite('the suite on kqueue');

/** Files that hold on every kqueue as they stand. What the others expect of Linux is in docs/kernels.md. */
const FILES = [
  'batch', 'connect', 'data', 'edge', 'level', 'modify', 'oneshot', 'pause', 'threads-delivery', 'threads-own', 'threads-share',
  'timeout', 'wake',
];

for (const personality of PERSONALITIES) {
  for (const name of FILES) {
    test(`kqueue.5 ${personality}: ${name} passes`, () => {
      const reportFile = join(tmpdir(), `pollux-${process.pid}-${personality}-${name}.json`);
      const { status, output } = run(process.execPath, ['--expose-gc', join(__dirname, `${name}.test.js`)], {
        POLLUX_BINDING: KQUEUE_ADDON, KQUEUE_PERSONALITY: personality, POLLUX_TEST_REPORT: reportFile,
      });
      const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
      rmSync(reportFile);
      assert.equal([status, report.failed], [0, []], output);
      assert.ok(report.passed > 0 && report.passed === report.registered, output);
    });
  }
}

test('kqueue.6 the addon over the simulator has the backend "kqueue" and no other', () => {
  const { output } = run(process.execPath, ['-p', "JSON.stringify(require('pollux').backends())"], { POLLUX_BINDING: KQUEUE_ADDON });
  assert.is(output, '["kqueue"]\n');
});
