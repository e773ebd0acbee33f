// Runs the compiled suite on other runtimes than this one: each file in a child process, as run.mjs does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiledTests, runFile } from './run.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');

/** Two runtimes run at once, because most tests wait most of the time. */
const LANES = 2;

/** Runs the files on each runtime. Returns one row per runtime. */
export async function runOnRuntimes(runtimes, { parts, isCore }) {
  const { CORE_OF_A_RUNTIME, OF_A_RUNTIME, select, testFiles } = compiledTests();
  const files = select(testFiles(isCore ? CORE_OF_A_RUNTIME : OF_A_RUNTIME), parts);
  const scratch = mkdtempSync(join(tmpdir(), 'pollux-runtimes-'));
  const rows = [];
  const queue = [...runtimes.entries()];
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, runtime] = next;
      rows[index] = await runOne(runtime, files, scratch, parts.length === 0 && !isCore);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  rmSync(scratch, { recursive: true, force: true });
  for (const row of rows) console.log(summary(row));
  return rows;
}

async function runOne(runtime, files, scratch, withConformance) {
  const { id, name, version, command, args, gc } = runtime;
  const row = {
    id,
    name,
    version,
    waiters: [],
    files: files.length,
    passed: 0,
    failed: 0,
    gates: [],
    conformance: null,
  };
  const tell = (text) => console.log(`${name} ${version}`.padEnd(13), text);
  row.waiters = JSON.parse(await evaluate(runtime, join(ROOT, 'test/build/test/programs/waiters.js')));
  for (const file of files) {
    const report = join(scratch, `${id}-${file.replaceAll('/', '-')}.json`);
    const how = { command, args: [...args, ...gc] };
    const { passed, failures, gated, output, ms } = await runFile(compiledTests().compiledFile(file), report, how);
    row.passed += passed;
    row.failed += failures.length;
    row.gates.push(
      ...gated.map(({ title, reason }) => ({
        file,
        title,
        reason: reason.replaceAll(`${ROOT}/`, ''),
      })),
    );
    const verdict = failures.length === 0 ? 'ok  ' : 'FAIL';
    tell(`${verdict} ${file.padEnd(30)} ${String(passed).padStart(4)} passed ${(ms / 1000).toFixed(1).padStart(6)} s`);
    for (const failure of failures) tell(`     failed: ${failure}`);
    if (failures.length > 0) console.log(output);
  }
  if (withConformance) row.conformance = await conformance(runtime, row, tell);
  for (const [reason, count] of countReasons(row.gates)) tell(`     gated: ${count}: ${reason}`);
  return row;
}

async function conformance(runtime, row, tell) {
  const report = JSON.parse(await evaluate(runtime, CLI, ['conformance', '--reporter', 'json']));
  const { passed, failed, gated, results } = report;
  row.failed += failed;
  tell(
    `${failed === 0 ? 'ok  ' : 'FAIL'} pollux conformance             ${String(passed).padStart(4)} passed, ${gated} gated`,
  );
  for (const { id, outcome, reason } of results) if (outcome === 'failed') tell(`     failed: ${id}: ${reason}`);
  return { passed, failed, gated };
}

/** What the program prints on that runtime. */
function evaluate({ command, args, name }, program, programArgs = []) {
  return new Promise((done, fail) => {
    execFile(command, [...args, program, ...programArgs], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (/^[[{]/.test(stdout)) done(stdout);
      else fail(new Error(`${program} on ${name}: ${error?.message ?? 'no result'}\n${stdout}${stderr}`));
    });
  });
}

/** How many clauses each reason gates, most first. */
export function countReasons(gates) {
  const counts = new Map();
  for (const { reason } of gates) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function summary({ name, version, passed, failed, gates }) {
  return `${name} ${version}: ${passed} passed, ${failed} failed, ${gates.length} gated`;
}
