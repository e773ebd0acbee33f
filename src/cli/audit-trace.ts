import { createReadStream, existsSync } from 'node:fs';
import { Findings, type TraceFinding, traceFindingLines } from '../trace/findings.js';
import { Trace } from '../trace/trace.js';
import { checkOutput, complain, print } from './output.js';
import { UsageError } from './usage-error.js';

const CHUNK_BYTES = 1 << 18;

/** How what is found is reported. */
export interface ReportOptions {
  readonly only: readonly string[];
  readonly json: boolean;
}

/** Prints what is found in a trace, and counts it. */
export class TraceReport {
  readonly trace: Trace;
  readonly #options: ReportOptions;
  #rest = Buffer.alloc(0);
  /** Called before something is printed. */
  beforePrint: () => void = () => {};

  /** `isWhole`: the trace has all the calls that matter. */
  constructor(options: ReportOptions, isWhole: boolean) {
    this.#options = options;
    this.trace = new Trace((finding) => this.#tell(finding), isWhole);
  }

  #tell(finding: TraceFinding): void {
    if (!this.#isAsked(finding.code)) return;
    this.beforePrint();
    print(this.#options.json ? JSON.stringify(finding) : traceFindingLines(finding));
  }

  #isAsked(code: string): boolean {
    return this.#options.only.length === 0 || this.#options.only.includes(code);
  }

  /** Reads a part of the trace. Lines are decoded one by one, so that a short one keeps no long text alive. */
  feed(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.trace.readLine(bytes.toString('latin1', from, end));
      from = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(from));
    checkOutput();
  }

  /** Returns how many findings there were; advice is not counted. */
  end(): number {
    if (this.#rest.length > 0) this.trace.readLine(this.#rest.toString('latin1'));
    this.trace.end();
    const { findings, advice } = this.#sums();
    if (!this.#options.json) {
      this.#tellMore();
      print(summaryOfTrace(findings, advice));
    }
    checkOutput();
    return findings;
  }

  #sums(): { findings: number; advice: number } {
    const sums = { findings: 0, advice: 0 };
    for (const [code, count] of this.trace.findings.counts)
      if (this.#isAsked(code)) sums[Findings.rankOf(code) === 'advice' ? 'advice' : 'findings'] += count;
    return sums;
  }

  /** Of each code only the first are printed. */
  #tellMore(): void {
    for (const [code, count] of this.trace.findings.counts) {
      const more = count - Findings.MOST_OF_A_CODE;
      if (more > 0 && this.#isAsked(code)) print(`${code}: ${more} more`);
    }
  }
}

export function summaryOfTrace(findings: number, advice: number): string {
  const found = findings === 0 ? 'nothing was found' : `${findings} ${findings === 1 ? 'finding' : 'findings'}`;
  return `pollux audit: ${found}${advice === 0 ? '' : `; ${advice} ${advice === 1 ? 'piece' : 'pieces'} of advice`}`;
}

/** `pollux audit --strace FILE`. Resolves with 1 where something was found. */
export async function auditTrace(file: string, options: ReportOptions): Promise<number> {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const report = new TraceReport(options, false);
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) report.feed(chunk as Buffer);
  const findings = report.end();
  const { lines, calls, waits } = report.trace.counts;
  if (calls === 0) {
    complain(`pollux: ${file} has ${lines} lines, and none is a system call as strace prints it`);
    return 1;
  }
  if (waits === 0)
    complain(`pollux: ${file} has no call of epoll_wait: record it with strace -f -ttt -yy -o FILE COMMAND`);
  return findings > 0 ? 1 : 0;
}
