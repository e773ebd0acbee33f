// Runs the compiled test files, one child process each, with a time limit. A file counts as failed
// when its exit status and its report disagree, when a registered test did not run, when it
// registered none, or when a title, or an id (its first word), is another test's too.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { objectionTo } from './without-compiler.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
export const BUILD = join(HERE, 'build');
/** For what hangs. On a machine with ten times as much to do as it can, the longest file still comes to its end. */
const TIME_LIMIT_MS = 1_800_000;
/** While one file waits, as most tests do, another computes. */
const LANES = 2;
const THIS_RUNTIME = { command: process.execPath, args: ['--expose-gc'] };

/** The compiled test files, as paths in `build`. */
export function testFiles() {
  return readdirSync(BUILD, { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .sort();
}

/** Runs the files whose name contains one of `selection` (all when empty). Returns an exit status. */
export async function runSuite(selection = []) {
  const files = testFiles();
  const chosen = selection.length === 0 ? files : files.filter((file) => selection.some((part) => file.includes(part)));
  const width = Math.max(...files.map((file) => file.length), 20);
  const totals = { passed: 0, failed: 0, gated: 0 };
  const owners = new Map();
  const scratch = mkdtempSync(join(tmpdir(), 'pollux-test-'));
  let done = 0;
  const tell = (file, result) => {
    result.failures.push(...repeated(result.titles ?? [], file, owners));
    totals.passed += result.passed;
    totals.failed += result.failures.length;
    totals.gated += result.gated.length;
    const verdict = result.failures.length === 0 ? 'ok  ' : 'FAIL';
    console.log(
      `${String(++done).padStart(3)}/${chosen.length} ${verdict} ${file.padEnd(width)} ` +
        `${String(result.passed).padStart(4)} passed ${(result.ms / 1000).toFixed(1).padStart(6)} s`,
    );
    for (const line of gateLines(result.gated)) console.log(`      gated: ${line}`);
    if (result.failures.length === 0) return;
    for (const failure of result.failures) console.log(`      failed: ${failure}`);
    console.log(result.output);
  };
  const queue = [...chosen];
  const lane = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      tell(file, await runFile(join(BUILD, file), join(scratch, `${file.replaceAll('/', '-')}.json`)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  rmSync(scratch, { recursive: true, force: true });
  if (chosen.length === 0) {
    console.log(`no test file matches ${selection.join(', ')}`);
    totals.failed++;
  }
  const gated = totals.gated > 0 ? `, ${totals.gated} skipped` : '';
  console.log(`\n${totals.passed} passed, ${totals.failed} failed${gated}`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

/**
 * The titles of `file` that say what another test says: the same title, or an id that `owners` gives to a file of another
 * family. `kqueue-darwin` and `kqueue-netbsd` are one: rows of a matrix.
 */
function repeated(titles, file, owners) {
  const complaints = [];
  const familyOf = (name) => /^[^-.]+/.exec(name)[0];
  for (const title of titles) {
    const id = title.split(' ', 1)[0];
    const owner = owners.get(id) ?? file;
    if (familyOf(owner) !== familyOf(file)) complaints.push(`${title}: ${owner} has the id ${id} too`);
    if (owners.has(title)) complaints.push(`${title}: ${owners.get(title)} has the title too`);
    owners.set(id, owner).set(title, file);
  }
  return complaints;
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
    // A group of its own: what the child started ends with it.
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
