import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from './suite.js';
import { ROOT } from './paths.js';

const SCRIPT = join(ROOT, 'scripts/test/native.mjs');
/** Fewer than this cannot be the whole program. */
const FEWEST_CLAUSES = 80;

/** Registers that the self-check passes, built in one way, on each kernel that is named. */
export function registerSelfCheck(
  folder: 'poller' | 'kqueue',
  build: 'plain' | 'address' | 'thread',
  title: string,
  kernels: readonly string[],
): void {
  const test = suite(`self-check of the backend, ${build}`, { needs: ['kernel', 'node'] });
  const probe = run('--probe', build).stdout.trim();
  const clause = test.unless(probe === '' ? undefined : probe);
  let outcome: ReturnType<typeof run> | undefined;
  for (const kernel of kernels) {
    clause(`${folder}:self-check-${build}.1 ${kernel}: ${title}`, () => {
      outcome ??= run(build, ...kernels);
      const row = outcome.stdout.split('\n').find((line) => line.split(/ {2,}/)[0]!.endsWith(kernel));
      const [, passed, all] = /^(\d+) of (\d+) passed$/.exec(row?.split(/ {2,}/)[1] ?? '') ?? [];
      assert.is(passed, all, outcome.stdout + outcome.stderr);
      assert.ok(Number(passed) >= FEWEST_CLAUSES, outcome.stdout + outcome.stderr);
    });
  }
  clause(
    `${folder}:self-check-${build}.2 ${kernels.join(', ')}: the outcome is the exit status, and the compiler has nothing to say`,
    () => {
      assert.equal([outcome!.status, outcome!.stderr], [0, '']);
    },
  );
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
}
