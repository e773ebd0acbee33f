import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Report } from './suite.js';
import { ROOT } from './paths.js';

const SCRIPTS = join(ROOT, 'scripts');
const BUILD_SCRIPT = join(ROOT, 'test/native/sanitized/build.mjs');

/** The run-time library of AddressSanitizer, to be loaded before everything else. */
function runtime(): string | undefined {
  const [command = 'c++', ...args] = (process.env['CXX'] ?? 'c++').split(' ');
  const { stdout } = spawnSync(command, [...args, '-print-file-name=libasan.so'], { encoding: 'utf8' });
  const file = (stdout ?? '').trim();
  return isAbsolute(file) && existsSync(file) ? file : undefined;
}

/** Why the addon cannot be run under AddressSanitizer here; undefined when it can. */
export function objection(): string | undefined {
  const probe = spawnSync(process.execPath, [join(SCRIPTS, 'test/native.mjs'), '--probe', 'address'], {
    encoding: 'utf8',
  });
  const complaint = probe.stdout.trim();
  if (complaint !== '') return complaint;
  const library = runtime();
  if (library === undefined) return 'the compiler has no libasan.so that could be loaded into node';
  const { status, stderr } = spawnSync(process.execPath, ['-e', ''], {
    env: { ...process.env, LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' },
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `node does not start with libasan.so: ${stderr.trim().split('\n')[0]}`;
}

/** Builds the addon with sanitizers, over this kernel or the kqueue simulator. Returns its file. */
export function buildSanitizedAddon(...over: 'kqueue'[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUILD_SCRIPT, ...over], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot build the addon with sanitizers:\n${stderr}`);
  return stdout.trim();
}

export interface Outcome {
  status: number | null;
  signal: string | null;
  output: string;
  report: Report | undefined;
  /** The reports of the sanitizers: all errors, and the leaks of memory that the addon allocated. */
  complaints: string[];
}

/**
 * Runs a compiled test file, or another script, with `addon` in place of the usual one. `withLeaks`:
 * reports leaks at the end; a process that exits with threads running always has some.
 */
export function runSanitized(addon: string, file: string, withLeaks: boolean, env: NodeJS.ProcessEnv = {}): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  const log = `log_path=${join(folder, 'log')}`;
  const reportFile = join(folder, 'report.json');
  try {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', file], {
      encoding: 'utf8',
      env: {
        ...process.env,
        ...env,
        POLLUX_BINDING: addon,
        POLLUX_TEST_REPORT: reportFile,
        POLLUX_TERMINATIONS: '24',
        POLLUX_REACTOR_TERMINATIONS: '16',
        LD_PRELOAD: runtime()!,
        // The library that makes calls fail is loaded first. Node itself leaks when it exits, so that the logs count
        // and not the exit status.
        ASAN_OPTIONS: `${log}:verify_asan_link_order=0:detect_leaks=${withLeaks ? 1 : 0}`,
        LSAN_OPTIONS: 'exitcode=0',
        UBSAN_OPTIONS: `${log}:print_stacktrace=1`,
      },
    });
    const logs = readdirSync(folder).filter((name) => name.startsWith('log'));
    return {
      status,
      signal,
      output: stdout + stderr,
      report: existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report) : undefined,
      complaints: logs.flatMap((name) => complaintsIn(readFileSync(join(folder, name), 'utf8'))),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function complaintsIn(log: string): string[] {
  if (!log.includes('ERROR: LeakSanitizer')) return [log];
  return log.split('\n\n').filter((block) => /^(Direct|Indirect) leak/.test(block) && isOurs(block));
}

/** Whether the addon itself made the allocation that a leak report is about. */
function isOurs(block: string): boolean {
  const frames = block.split('\n').filter((line) => /^\s+#\d+ /.test(line));
  const caller = frames.find((frame) => !/__interceptor_|faults\.node|interposed\.cc/.test(frame));
  return caller !== undefined && /pollux\.node|native\/(addon|common|posix|linux|bsd)\//.test(caller);
}
