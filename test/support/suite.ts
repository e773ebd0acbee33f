import { writeFileSync } from 'node:fs';
import { suite as uvuSuite } from 'uvu';
import { RUNTIME } from './runtime.js';

/** One file's report to test/run.mjs, which checks it against the exit status. */
export interface Report {
  registered: number;
  /** The titles of all tests, registered or gated. */
  titles: string[];
  passed: number;
  failed: string[];
  gated: Array<{ title: string; reason: string }>;
}

export interface Suite {
  (title: string, body: () => void | Promise<void>): void;
  /** Registers a test that cannot run here, with the feature that the kernel or runtime lacks. */
  gate(title: string, reason: string): void;
  /** Registers tests, or with a reason gates them. */
  unless(reason: string | undefined): Suite;
}

/** What differs between one test file and another when the suite is run in several places. */
export interface Place {
  /** Where something of this is missing, the whole file is gated. */
  readonly needs?: ReadonlyArray<keyof typeof NEEDS>;
  /** The file also runs under AddressSanitizer and UndefinedBehaviorSanitizer, over these backends. */
  readonly sanitized?: ReadonlyArray<'epoll' | 'kqueue'>;
}

const NEEDS = {
  /** The test's subject is the same on each runtime. */
  node: RUNTIME === 'node' ? undefined : 'this says nothing of a runtime: Node runs it',
  /** The test's subject is the same over each backend. */
  kernel:
    process.env['KQUEUE_PERSONALITY'] === undefined
      ? undefined
      : 'this says nothing of a backend: the kernel of the machine runs it',
} as const;

const report: Report = { registered: 0, titles: [], passed: 0, failed: [], gated: [] };

process.on('exit', () => {
  const file = process.env['POLLUX_TEST_REPORT'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(report));
});

/**
 * A uvu suite that runs by itself and cannot lose a test: what is registered is counted before it
 * runs, what has run is counted after, and a thrown value that is no Error becomes one.
 */
export function suite(name: string, { needs = [] }: Place = {}): Suite {
  const tests = uvuSuite(name);
  const objection = needs.map((need) => NEEDS[need]).find((reason) => reason !== undefined);
  if (objection !== undefined) report.gated.push({ title: name, reason: objection });
  const gate = (title: string, reason: string): void => {
    report.titles.push(title);
    if (objection === undefined) report.gated.push({ title, reason });
  };
  const register = (title: string, body: () => void | Promise<void>): void => {
    report.titles.push(title);
    if (objection !== undefined) return;
    report.registered++;
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
