import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.js';

const SCRIPT = join(__dirname, '../../scripts/test-native.mjs');
const CLAUSES = 79;

const BUILDS = {
  plain: 'the backend keeps its contract',
  address: 'the backend keeps its contract under AddressSanitizer and UndefinedBehaviorSanitizer',
  thread: 'the backend keeps its contract under ThreadSanitizer',
} as const;

const test = suite('self-check of the backend');

for (const [build, title] of Object.entries(BUILDS)) {
  const probe = run('--probe', build).stdout.trim();
  if (probe !== '') {
    test.gate(`self-check.${build} ${title}`, probe);
    continue;
  }
  test(`self-check.${build} ${title}`, () => {
    const { status, stdout, stderr } = run(build);
    assert.is(stderr, '', stderr);
    assert.is(stdout.trimEnd().split('\n').at(-1), `${CLAUSES} passed, 0 failed`);
    assert.is(status, 0);
  });
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
}
