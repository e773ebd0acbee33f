import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KQUEUE_ADDON, type Personality } from './kqueue.js';
import { suite, type Report } from './suite.js';
import { ROOT } from './paths.js';

const FILES = join(__dirname, '..');

/** Files that do not run on kqueue, and why. What is not named here runs. */
const LEFT_OUT: ReadonlyArray<[pattern: RegExp, reason: string]> = [
  [/^faults-/, 'they fail the calls of epoll and of libc; test/native/kqueue-check fails those of kqueue'],
  [/^fuzz-planted/, 'it is about the fuzzer; the fuzzer itself runs'],
  [/^conformance/, 'they test the runner, on pollers of their own; conformance-kqueue runs the clauses'],
  [/^(kqueue-|native-|sanitized-|cross-)/, 'they choose their backend themselves'],
  [
    /^(examples|package|platforms|prebuilds|readme|runtimes|semantics|peers|tarball|timing-wheel|workflows|backends-side-by-side)\b/,
    'they are about files, not about a backend',
  ],
];

/** Two cores: what one file waits for, another computes. */
const LANES = 2;
const TIME_LIMIT_MS = 600_000;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly report: Report | undefined;
}

/** The gates that `personality` has, by reason: how many tests. */
export type Gates = Readonly<Record<string, number>>;

/** Registers, for each file of the suite, that it passes on the simulator as `personality`. */
export function registerSuiteOn(personality: Personality, gates: Gates): void {
  const test = suite(`the suite on kqueue, as ${personality}`);
  const files = readdirSync(FILES)
    .filter((file) => file.endsWith('.test.js') && !LEFT_OUT.some(([pattern]) => pattern.test(file)))
    .sort();
  const outcomes = new Map(files.map((file) => [file, deferred<Outcome>()]));
  const found: Record<string, number> = {};

  test(`kqueue.5 ${personality}: the suite of the backend is there`, () => {
    assert.ok(files.length >= 34, files.join());
    const lane = async (queue: string[]): Promise<void> => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        outcomes.get(file)!.resolve(await runOn(personality, join(FILES, file)));
      }
    };
    const queue = [...files];
    for (let count = 0; count < LANES; count++) void lane(queue);
  });

  for (const file of files) {
    test(`kqueue.6 ${personality}: ${file.replace('.test.js', '')} passes`, async () => {
      const { status, output, report } = await outcomes.get(file)!.promise;
      assert.equal([status, report?.failed], [0, []], output);
      assert.is(report!.passed, report!.registered, output);
      assert.ok(report!.registered + report!.gated.length > 0, 'no test');
      for (const { title, reason } of report!.gated) {
        found[reason] = (found[reason] ?? 0) + 1;
        test.gate(`${personality} ${title}`, reason);
      }
    });
  }

  test(`kqueue.7 ${personality}: what is gated is what the kernel lacks, and no more`, () => {
    assert.equal(found, gates);
  });
}

function runOn(personality: Personality, file: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  const reportFile = join(folder, 'report.json');
  const env = { POLLUX_TEST_REPORT: reportFile, POLLUX_TERMINATIONS: '24', POLLUX_REACTOR_TERMINATIONS: '24' };
  return runNode(personality, ['--expose-gc', file], env).then((outcome) => {
    const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report) : undefined;
    rmSync(folder, { recursive: true, force: true });
    return { ...outcome, report };
  });
}

function runNode(
  personality: Personality,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, ...env, POLLUX_BINDING: KQUEUE_ADDON, KQUEUE_PERSONALITY: personality },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIME_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.on('close', (status) => resolve({ status, output }));
  });
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
