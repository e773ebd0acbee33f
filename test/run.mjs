// Runs the compiled test files, one child process each, with a time limit. A file counts as failed
// when its exit status and its report disagree, when a registered test did not run, when it
// registered none, or when an id or title breaks the rule of ids.mjs.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ids } from './ids.mjs';
import { Progress } from './progress.mjs';
import { objectionTo } from './without-compiler.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** How long each file took last time. */
const TIMES = join(HERE, '..', 'node_modules', '.pollux', 'test-times.json');
/** Ends a file that hangs. The longest file ends in a tenth of this time, so that a busy machine does not matter. */
const TIME_LIMIT_MS = 1_800_000;
/** Two files run at once, because most tests wait most of the time. */
const LANES = 2;
const THIS_RUNTIME = { command: process.execPath, args: ['--expose-gc'] };

/** What is known of the test files, test/support/test-files.ts: there once they are compiled. */
export function compiledTests() {
  return createRequire(import.meta.url)('./build/test/support/test-files.js');
}

/** Runs the files that `selection` chooses (all when empty). Returns an exit status. */
export async function runSuite(selection = []) {
  const { compiledFile, folderOf, select, sourceFile, testFiles } = compiledTests();
  const files = testFiles();
  const unmatched = selection.filter((part) => select(files, [part]).length === 0);
  if (unmatched.length > 0) {
    console.log(`no test file matches ${unmatched.join(', ')}`);
    return 1;
  }
  const chosen = select(files, selection);
  const width = Math.max(...files.map((file) => file.length), 20);
  const totals = { passed: 0, failed: 0, gated: 0 };
  const ids = new Ids();
  const scratch = mkdtempSync(join(tmpdir(), 'pollux-test-'));
  const progress = new Progress(chosen, LANES, TIMES);
  const tell = (file, result) => {
    result.failures.push(...ids.complaints(sourceFile(file), result.titles ?? [], folderOf(file)));
    totals.passed += result.passed;
    totals.failed += result.failures.length;
    totals.gated += result.gated.length;
    const verdict = result.failures.length === 0 ? 'ok  ' : 'FAIL';
    const numbers = `${String(result.passed).padStart(4)} passed ${(result.ms / 1000).toFixed(1).padStart(6)} s`;
    progress.finish(file, result.ms, `${verdict} ${file.padEnd(width)} ${numbers}`);
    for (const line of gateLines(result.gated)) console.log(`      gated: ${line}`);
    if (result.failures.length === 0) return;
    for (const failure of result.failures) console.log(`      failed: ${failure}`);
    console.log(result.output);
  };
  const queue = [...chosen];
  const lane = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      progress.start(file);
      tell(file, await runFile(compiledFile(file), join(scratch, `${file.replaceAll('/', '-')}.json`)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  progress.end();
  rmSync(scratch, { recursive: true, force: true });
  const gated = totals.gated > 0 ? `, ${totals.gated} skipped` : '';
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${gated}`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

/** One line for each reason: the title of a single gate, the ids of several. */
function gateLines(gates) {
  const byReason = new Map();
  for (const { title, reason } of gates) byReason.set(reason, [...(byReason.get(reason) ?? []), title]);
  return [...byReason].map(([reason, titles]) => {
    if (titles.length === 1) return `${titles[0]}: ${reason}`;
    const ids = new Set(titles.map((title) => /\S+\.\d+/.exec(title)?.[0] ?? title));
    return `${titles.length} × ${reason}: ${[...ids].join(', ')}`;
  });
}

/** Runs one file, on this runtime unless told otherwise; the child's report goes to `reportFile`. */
export async function runFile(file, reportFile, { command, args, env = {} } = THIS_RUNTIME) {
  const objection = objectionTo(file);
  if (objection !== undefined)
    return { passed: 0, gated: [{ title: 'the whole file', reason: objection }], failures: [], output: '', ms: 0 };
  const start = performance.now();
  const { status, signal, output, timedOut } = await runChild(command, [...args, file], {
    ...process.env,
    ...env,
    POLLUX_TEST_REPORT: reportFile,
  });
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  const failures = report === undefined ? [] : [...report.failed];
  if (timedOut) failures.push(`stopped after ${TIME_LIMIT_MS / 1000} s`);
  else if (signal !== null) failures.push(`killed by ${signal}`);
  else if (report === undefined) failures.push('ended without a report');
  else {
    const ran = report.passed + report.failed.length;
    if (ran !== report.registered) failures.push(`${report.registered} tests registered, ${ran} ran`);
    if (report.registered + report.gated.length === 0) failures.push('registered no test');
    if (status !== 0 && report.failed.length === 0) failures.push(`exit status ${status} although no test failed`);
  }
  return {
    passed: report?.passed ?? 0,
    gated: report?.gated ?? [],
    titles: report?.titles,
    failures,
    output,
    ms: performance.now() - start,
  };
}

function runChild(command, args, env) {
  return new Promise((resolve) => {
    // The child leads a process group, so that its children end with it.
    const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let timedOut = false;
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const limit = setTimeout(() => {
      timedOut = true;
      process.kill(-child.pid, 'SIGKILL');
    }, TIME_LIMIT_MS);
    child.on('close', (status, signal) => {
      clearTimeout(limit);
      resolve({ status, signal, output, timedOut });
    });
  });
}
