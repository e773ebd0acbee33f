import { spawnSync } from 'node:child_process';
import { clauses, type Report, type Result } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { TOTALS } from '../support/conformance-totals.js';
import { KQUEUE_ADDON, PERSONALITIES } from '../support/kqueue.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';

const test = suite('conformance of kqueue on the simulator');

const PROGRAM = programFile('conformance-run');
/** Ends a run that hangs. The suite takes a few seconds, and ten times as long on a busy machine. */
const LIMIT_MS = 600_000;
const CLAUSE_LIMIT_MS = 30_000;

for (const personality of PERSONALITIES) {
  test(`kqueue:conformance.1 ${personality} passes every clause, and the number of clauses that run is as listed`, () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, String(CLAUSE_LIMIT_MS)], {
      env: { ...process.env, POLLUX_BINDING: KQUEUE_ADDON, KQUEUE_PERSONALITY: personality },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    assert.ok(stdout.startsWith('{'), `no report: ${stderr}`);
    const report = JSON.parse(stdout) as Report;
    const reasons = (outcome: Result['outcome']): Record<string, string | undefined> =>
      Object.fromEntries(
        report.results.filter((result) => result.outcome === outcome).map(({ id, reason }) => [id, reason]),
      );
    assert.equal(reasons('failed'), {});
    assert.equal({ passed: report.passed, gated: reasons('gated') }, TOTALS[`kqueue ${personality}`]);
    assert.equal([report.backend, report.total, status], ['kqueue', clauses.length, 0]);
  });
}
