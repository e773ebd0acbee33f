import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pollux } from '../support/command.js';
import { ROOT } from '../support/paths.js';

export const PROGRAMS = join(ROOT, 'test', 'audit', 'programs');

/** One object that `pollux audit --exec --json` prints. */
export interface Printed {
  readonly code: string;
  readonly rank: 'finding' | 'advice';
  readonly fd: number;
  readonly kind: string;
  readonly interest: string;
  readonly seen: string;
  readonly cure: string;
  readonly registeredAt: readonly string[];
  readonly pid: number;
  readonly command: string;
  readonly calls: ReadonlyArray<{ readonly line: number; readonly timeMs: number; readonly text: string }>;
}

/** Why no program can be traced here; undefined: one can. */
export function lackOfStrace(): string | undefined {
  const { status, error, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'strace(1) is not there: apt-get install strace';
  return status === 0 ? undefined : `strace(1) may not trace here: ${stderr.trim().split('\n')[0]}`;
}

export function lackOfCompiler(): string | undefined {
  const { status } = spawnSync('gcc', ['--version']);
  return status === 0 ? undefined : 'gcc is not there: apt-get install gcc libc6-dev';
}

export function lackOfPython(): string | undefined {
  const { status } = spawnSync('python3', ['--version']);
  return status === 0 ? undefined : 'python3 is not there: apt-get install python3';
}

/** Compiles `file` of test/audit/programs into `folder`. Returns the program. */
export function compiled(file: string, folder: string): string {
  const program = join(folder, file.replace(/\W/g, '-'));
  const options = ['-Wall', '-Wextra', '-Wno-unused-function', '-Wno-unused-result', '-pthread'];
  const { status, stderr } = spawnSync('gcc', [...options, '-o', program, join(PROGRAMS, file)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc failed: ${stderr}`);
  return program;
}

/** What `pollux audit --exec --json` prints of a command, what the command prints itself, and the exit status. */
export function auditOf(...command: string[]): {
  found: Printed[];
  advice: Printed[];
  own: string;
  status: number | null;
  stderr: string;
} {
  const { stdout, stderr, status } = pollux(['audit', '--json', '--exec', ...command]);
  const lines = stdout.split('\n');
  const printed = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Printed);
  return {
    found: printed.filter(({ rank }) => rank === 'finding'),
    advice: printed.filter(({ rank }) => rank === 'advice'),
    own: lines.filter((line) => !line.startsWith('{')).join('\n'),
    status,
    stderr,
  };
}
