import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { KQUEUE_ADDON, type Personality } from './kqueue.js';
import { suite, type Report } from './suite.js';
import { compiledFile, folderOf, OF_A_BACKEND, testFiles } from './test-files.js';
import { ROOT } from './paths.js';

/** Two files run at once, because most tests wait most of the time. */
const LANES = 2;
const TIME_LIMIT_MS = 600_000;

interface Outcome {
  readonly status: number | null;
  readonly output: string;
  readonly report: Report | undefined;
}

/** How many tests are gated, by reason. */
export type Gates = Readonly<Record<string, number>>;

/** Registers a test for each file of the suite: it passes on the simulator as `personality`. */
export function registerSuiteOn(personality: Personality, gates: Gates): void {
  const test = suite(`the suite on kqueue, as ${personality}`);
  const files = testFiles(OF_A_BACKEND);
  const outcomes = new Map(files.map((file) => [file, deferred<Outcome>()]));
  const found: Record<string, number> = {};

  test(`kqueue:${personality}.1 there are test files in each folder that is about a backend`, () => {
    assert.equal([...new Set(files.map(folderOf))].sort(), [...OF_A_BACKEND].sort());
    const lane = async (queue: string[]): Promise<void> => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        outcomes.get(file)!.resolve(await runOn(personality, compiledFile(file)));
      }
    };
    const queue = [...files];
    for (let count = 0; count < LANES; count++) void lane(queue);
  });

  for (const file of files) {
    test(`kqueue:${personality}.2 ${file} passes on a kqueue that behaves as that of ${personality}`, async () => {
      const { status, output, report } = await outcomes.get(file)!.promise;
      assert.equal([status, report?.failed], [0, []], output);
      assert.is(report!.passed, report!.registered, output);
      assert.ok(report!.registered + report!.gated.length > 0, 'no test');
      for (const { title, reason } of report!.gated) {
        found[reason] = (found[reason] ?? 0) + 1;
        test.gate(`kqueue:${personality}.4 ${title}`, reason);
      }
    });
  }

  test(`kqueue:${personality}.3 the tests that do not run are as many as the kernel's reasons say`, () => {
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
