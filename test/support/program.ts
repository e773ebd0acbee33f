import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const TIME_LIMIT_MS = 60_000;

/** What a program of test/programs printed, on this runtime. */
export function runProgram(name: string, ...args: string[]): { stdout: string; stderr: string } {
  const file = join(__dirname, '..', 'programs', `${name}.js`);
  const { stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8', timeout: TIME_LIMIT_MS });
  return { stdout, stderr };
}
