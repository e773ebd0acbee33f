import * as assert from 'uvu/assert';
import { fuzz } from '../fuzz/supervise.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('a short run of the fuzzer with faults', { sanitized: ['epoll'] }).unless(
  on(['bun', 'deno'], 'the fuzzer runs in processes of Node, and compares streams with its net.Socket'),
);

test('faults:fuzz.1 registry and kernel agree, and nothing leaks, whichever calls fail in 20,000 random operations', async () => {
  const report = await fuzz({
    fuzzer: 'faults',
    seed: 1,
    operations: 20_000,
    untilMs: Date.now() + 300_000,
    mostFindings: 3,
  });
  assert.is(
    report.findings.length,
    0,
    report.findings.map(({ detail, seed, program }) => `seed ${seed}: ${detail}\n${program}`).join('\n'),
  );
  assert.ok(report.operations >= 20_000);
});
