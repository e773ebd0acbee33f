import { writeFileSync } from 'node:fs';
import { suite as uvuSuite } from 'uvu';
import { objectionOfRuntime } from './runtime-gates.js';

/** One file's report to test/run.mjs, which checks it against the exit status. */
export interface Report {
  registered: number;
  /** Of every test that is registered or gated. */
  titles: string[];
  passed: number;
  failed: string[];
  gated: Array<{ title: string; reason: string }>;
}

export interface Suite {
  (title: string, body: () => void | Promise<void>): void;
  /** A clause that cannot run here, with the feature that the kernel or runtime lacks. */
  gate(title: string, reason: string): void;
  /** Registers clauses, or with a reason gates them. */
  unless(reason: string | undefined): Suite;
}

const report: Report = { registered: 0, titles: [], passed: 0, failed: [], gated: [] };

process.on('exit', () => {
  const file = process.env['POLLUX_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
});

/**
 * A uvu suite that runs by itself and cannot lose a test: what is registered is counted before it
 * runs, what has run is counted after, and a thrown value that is no Error becomes one.
 */
export function suite(name: string): Suite {
  const tests = uvuSuite(name);
  const gate = (title: string, reason: string): void => {
    report.titles.push(title);
    report.gated.push({ title, reason });
  };
  const register = (title: string, body: () => void | Promise<void>): void => {
    const objection = objectionOfRuntime(title);
    if (objection !== undefined) return gate(title, objection);
    report.registered++;
    report.titles.push(title);
    tests(title, async () => {
      try {
        await body();
      } catch (error) {
        report.failed.push(title);
        throw error instanceof Error ? error : new Error(`thrown: ${String(error)}`);
      }
      report.passed++;
    });
  };
  const unless = (reason: string | undefined): Suite => {
    return Object.assign(reason === undefined ? register : (title: string) => gate(title, reason), { gate, unless });
  };
  queueMicrotask(() => tests.run());
  return Object.assign(register, { gate, unless });
}
