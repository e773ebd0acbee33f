import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { READABLE, Reactor } from '../index.js';
import * as sys from '../sys.js';
import type { Trace } from '../trace/trace.js';
import { type ReportOptions, TraceReport } from './audit-trace.js';
import { complain } from './output.js';
import { ProgressLine } from './progress-line.js';
import { findStrace, pathOf } from './strace-command.js';
import { UsageError } from './usage-error.js';

const BUFFER_BYTES = 1 << 18;

export interface ExecOptions extends ReportOptions {
  /** Where the recording is kept; empty: nowhere. */
  readonly save: string;
}

/** `pollux audit --exec COMMAND [ARGS]`. Resolves with 1 where something was found, or the command failed. */
export async function auditExec(command: readonly string[], options: ExecOptions): Promise<number> {
  const [program] = command;
  if (program === undefined) throw new UsageError('--exec needs a command');
  const strace = findStrace();
  if ('lack' in strace) {
    complain(`pollux: ${strace.lack}`);
    return 1;
  }
  if (pathOf(program) === undefined) throw new UsageError(`there is no command ${program}`);
  const folder = mkdtempSync(join(tmpdir(), 'pollux-audit-'));
  try {
    const fifo = join(folder, 'trace');
    if (spawnSync('mkfifo', [fifo]).status !== 0) throw new Error(`mkfifo(1) could not make ${fifo}`);
    return await run([...strace.options, '-o', fifo, '--', ...command], fifo, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(args: readonly string[], fifo: string, options: ExecOptions): Promise<number> {
  const report = new TraceReport(options, true);
  const recording = new Recording(fifo, report, options.save);
  const progress = new ProgressLine(() => report.trace.counts);
  report.beforePrint = () => progress.clear();
  const child = spawn('strace', args, { stdio: 'inherit' });
  const letThrough = passSignals(child, () => report.trace.addressee);
  let failure: string | undefined;
  try {
    failure = await endOf(child);
    recording.end();
  } finally {
    letThrough();
    recording.close();
    progress.end();
  }
  const findings = report.end();
  if (report.trace.counts.calls === 0) failure ??= 'strace has recorded nothing';
  if (failure !== undefined) complain(`pollux: ${failure}`);
  return findings > 0 || failure !== undefined ? 1 : 0;
}

/** Resolves with how the command failed; undefined: its exit status was 0, or a user ended it. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      if (signal === 'SIGINT' || signal === 'SIGTERM') resolve(undefined);
      else if (signal !== null) resolve(`the command was ended by ${signal}`);
      else resolve(status === 0 ? undefined : `the command ended with the exit status ${status}`);
    });
  });
}

/**
 * strace keeps SIGINT and SIGTERM from itself: they are for the command, or for the daemon that it has become. A
 * terminal sends SIGINT to all processes of its group, the command among them. Returns what undoes that.
 */
function passSignals(child: ChildProcess, addressee: () => Trace['addressee']): () => void {
  const pass = (signal: NodeJS.Signals): void => {
    const { pid, isFirst } = addressee() ?? { pid: child.pid!, isFirst: true };
    if (signal === 'SIGINT' && process.stdin.isTTY === true && isFirst) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  return () => process.off('SIGINT', pass).off('SIGTERM', pass);
}

/** Reads what strace writes into a FIFO. strace, and with it the command, waits for a reader that is slow. */
class Recording {
  readonly #report: TraceReport;
  readonly #reactor = new Reactor();
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #copy: number | undefined;
  #error: unknown;

  constructor(fifo: string, report: TraceReport, save: string) {
    this.#report = report;
    this.#copy = save === '' ? undefined : openSync(save, 'w');
    this.#fd = sys.open(fifo);
    this.#reactor.watch(this.#fd, READABLE, (_readiness, watch) => {
      if (!this.#read()) watch.close();
    });
  }

  /** Reads one buffer. Returns false at the end: all who had the FIFO open for writing are gone. */
  #read(): boolean {
    const length = sys.read(this.#fd, this.#buffer);
    if (length === 0) return false;
    if (length === sys.WOULD_BLOCK) return true;
    const bytes = this.#buffer.subarray(0, length);
    try {
      if (this.#copy !== undefined) writeSync(this.#copy, bytes);
      this.#report.feed(bytes);
    } catch (error) {
      this.#error ??= error;
    }
    return true;
  }

  /** strace has ended: what is in the FIFO is all there is. */
  end(): void {
    while (sys.bytesReadable(this.#fd) > 0) this.#read();
    if (this.#error !== undefined) throw this.#error;
  }

  close(): void {
    this.#reactor.close();
    sys.close(this.#fd);
    if (this.#copy !== undefined) closeSync(this.#copy);
  }
}
