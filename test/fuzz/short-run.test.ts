import * as assert from 'uvu/assert';
import { Finding } from './finding.js';
import type { FuzzerName, Operation } from './fuzzer.js';
import { runSeed } from './poller/run.js';
import { shrink } from './shrink.js';
import { fuzz } from './supervise.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('a short run of the fuzzer').unless(
  on(['bun', 'deno'], 'the fuzzer runs in processes of Node, and compares streams with its net.Socket'),
);

/** A finding is in the message, as a program. */
async function findNothing(fuzzer: FuzzerName, operations: number): Promise<void> {
  const report = await fuzz({ fuzzer, seed: 1, operations, untilMs: Date.now() + 300_000, mostFindings: 3 });
  assert.is(
    report.findings.length,
    0,
    report.findings.map(({ detail, seed, program }) => `seed ${seed}: ${detail}\n${program}`).join('\n'),
  );
  assert.ok(report.operations >= operations, `${report.operations} operations`);
}

test('fuzz:short-run.1 pollers keep their promises in 40,000 random operations', () => findNothing('poller', 40_000));

test('fuzz:short-run.2 streams behave like net.Socket in 150 random scripts', () => findNothing('stream', 2250));

test('fuzz:short-run.3 a reactor keeps its promises while handlers close, re-arm, change and throw at random', () =>
  findNothing('reactor', 3000));

test('fuzz:short-run.4 the same seed makes the same operations', () => {
  const first = runSeed(7);
  const second = runSeed(7);
  assert.equal(first.operations, second.operations);
  assert.ok(first.operations.length > 100);
});

test('fuzz:short-run.5 shrinking keeps the operations that the failure needs, and removes all others', async () => {
  const steps = Array.from({ length: 100 }, (_, index): Operation => ['step', index]);
  const needed = [3, 50, 51, 97];
  const part = await shrink(
    steps,
    (candidate) => needed.every((step) => candidate.some(([, index]) => index === step)),
    1000,
  );
  assert.equal(
    part.map(([, index]) => index),
    needed,
  );
});

test('fuzz:short-run.6 a finding names the promise that was broken', () => {
  const finding = new Finding('oneshot', 'pipe 5 reports READABLE after it has fired');
  assert.equal([finding.rule, finding.message], ['oneshot', 'oneshot: pipe 5 reports READABLE after it has fired']);
});
