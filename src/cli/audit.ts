import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TRACE_CODES } from '../trace/findings.js';
import { findingLine, summaryOf } from '../audit/table.js';
import { CODES } from '../audit/texts.js';
import type { AuditFinding } from '../audit-types.js';
import { didYouMean } from '../did-you-mean.js';
import { auditExec } from './audit-exec.js';
import { auditTrace } from './audit-trace.js';
import { checkOutput, complain, print } from './output.js';
import { parseOptions, UsageError } from './usage-error.js';

/** How often the findings of a program that runs are printed. */
const LOOK_MS = 250;

/**
 * `pollux audit SCRIPT [ARGS]`: runs a script under audit; resolves with 1 where something was found, or it failed.
 * `--exec COMMAND [ARGS]` and `--strace FILE` look at the system calls of any program instead.
 */
export async function auditCommand(args: string[]): Promise<number> {
  const at = placeOfScript(args);
  const options = parseOptions(args.slice(0, at), {
    json: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    exec: { type: 'boolean', default: false },
    strace: { type: 'string', default: '' },
    save: { type: 'string', default: '' },
  });
  const isOfTrace = options.exec || options.strace !== '';
  const only = options.only.flatMap((names) => names.split(',')).filter((name) => name !== '');
  for (const name of only) checkCode(name, isOfTrace ? [...CODES, ...TRACE_CODES] : CODES);
  if (options.save !== '' && !options.exec) throw new UsageError('--save is for --exec');
  if (options.exec && options.strace !== '') throw new UsageError('--exec and --strace exclude each other');
  const { json, save, strace } = options;
  if (options.exec) return auditExec(args.slice(at), { only, json, save });
  if (strace !== '') {
    if (at < args.length) throw new UsageError(`unexpected argument '${args[at]}'`);
    return auditTrace(strace, { only, json });
  }
  const script = args[at];
  if (script === undefined) throw new UsageError('no script given');
  if (!existsSync(script)) throw new UsageError(`there is no file ${script}`);
  const folder = mkdtempSync(join(tmpdir(), 'pollux-audit-'));
  try {
    const report = new Report(join(folder, 'findings'), only, options.json);
    const status = await run(args.slice(at), report);
    return report.end(status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where in the arguments of `pollux audit` the script is: the first word that belongs to no option. */
export function placeOfScript(args: readonly string[]): number {
  const at = args.findIndex((word, index) => !word.startsWith('-') && !WITH_VALUE.includes(args[index - 1] ?? ''));
  return at < 0 ? args.length : at;
}

/** Options whose value may be the next word. */
const WITH_VALUE: readonly string[] = ['--only', '--strace', '--save'];

function checkCode(name: string, codes: readonly string[]): void {
  if (!codes.includes(name))
    throw new UsageError(`--only: "${name}" is the code of no finding${didYouMean(name, codes)}`);
}

/** What the program and its threads and processes have found: they write it to a file, one object a line. */
class Report {
  readonly file: string;
  readonly #only: readonly string[];
  readonly #isJson: boolean;
  readonly #found: AuditFinding[] = [];
  #read = 0;

  constructor(file: string, only: readonly string[], isJson: boolean) {
    this.file = file;
    this.#only = only;
    this.#isJson = isJson;
  }

  /** Prints what is new. */
  look(): void {
    if (!existsSync(this.file)) return;
    const bytes = readFileSync(this.file);
    const end = bytes.lastIndexOf('\n') + 1;
    const lines = bytes.toString('utf8', this.#read, end).split('\n').slice(0, -1);
    this.#read = end;
    for (const line of lines) {
      const finding = JSON.parse(line) as AuditFinding;
      if (this.#only.length > 0 && !this.#only.includes(finding.code)) continue;
      this.#found.push(finding);
      print(this.#isJson ? line : findingLine(finding));
    }
    checkOutput();
  }

  /** Prints the rest. `failure`: how the program failed. Returns the exit status. */
  end(failure: string | undefined): number {
    this.look();
    if (!this.#isJson) print(summaryOf(this.#found));
    if (failure !== undefined) complain(`pollux: ${failure}`);
    return this.#found.length > 0 || failure !== undefined ? 1 : 0;
  }
}

/** Runs a script in this runtime. Resolves with how it failed; undefined: its exit status was 0, or a user ended it. */
function run(command: string[], report: Report): Promise<string | undefined> {
  const env = { ...process.env, POLLUX_AUDIT: 'json', POLLUX_AUDIT_FILE: report.file };
  const child = spawn(process.execPath, [...process.execArgv, ...command], { stdio: 'inherit', env });
  const timer = setInterval(() => report.look(), LOOK_MS);
  const letThrough = passSignals(child);
  return new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      if (signal === 'SIGINT' || signal === 'SIGTERM') resolve(undefined);
      else if (signal !== null) resolve(`the script was ended by ${signal}`);
      else resolve(status === 0 ? undefined : `the script ended with the exit status ${status}`);
    });
  }).finally(() => {
    clearInterval(timer);
    letThrough();
  });
}

/** SIGINT and SIGTERM are for the script; this process ends after it. Returns what undoes that. */
function passSignals(child: ChildProcess): () => void {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  return () => process.off('SIGINT', pass).off('SIGTERM', pass);
}
