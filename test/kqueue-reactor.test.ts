import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KQUEUE_ADDON, PERSONALITIES, run } from './support/kqueue.js';
import { suite, type Report } from './support/suite.js';

const test = suite('the reactor on kqueue');

const FILES = ['delivery', 'events', 'idle', 'interest', 'once', 'run'];

for (const personality of PERSONALITIES) {
  for (const name of FILES) {
    test(`kqueue.7 ${personality}: the reactor's ${name} passes on both waiters`, () => {
      const reportFile = join(tmpdir(), `pollux-${process.pid}-${personality}-reactor-${name}.json`);
      const { status, output } = run(process.execPath, ['--expose-gc', join(__dirname, `reactor-${name}.test.js`)], {
        POLLUX_BINDING: KQUEUE_ADDON, KQUEUE_PERSONALITY: personality, POLLUX_TEST_REPORT: reportFile,
      });
      const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
      rmSync(reportFile);
      assert.equal([status, report.failed, report.gated], [0, [], []], output);
      assert.ok(report.passed > 0 && report.passed === report.registered, output);
    });
  }
}
