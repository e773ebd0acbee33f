// Runs kqtab.c on the simulator and compares every row with what the real kernels answered.
//
//   node tests/compare.mjs [--runs=N]
//
// Exit status 0 when every row of the references is equal in every run, save the allowed ones.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { compileSimulator, linkKqtab, root, temporaryFolder } from './build.mjs';

const references = { freebsd: 'freebsd-12.1.txt', netbsd: 'netbsd-7.99.txt' };

// Rows that Linux cannot answer as the kernel does, with the reason: { freebsd: { 'row': 'reason' }, netbsd: {} }.
const allowed = { freebsd: {}, netbsd: {} };

// Rows whose answer has a time in it: a machine that is busy may let the program go on too late. Of several runs one
// has to be as the kernel's.
const timed = new Set([
  'EVFILT_TIMER',
  'EVFILT_TIMER re-add changes period',
  'kq fd in poll(), EVFILT_TIMER',
  'EVFILT_USER wakes from thread',
  'EV_ADD from other thread wakes wait',
  'EVFILT_PROC NOTE_EXIT',
  'kevent EINTR',
  'error entry + 2s timeout: blocks?',
]);
const mostAttempts = 10;

const timeLimitMs = 300_000;

function parse(text) {
  const rows = new Map();
  for (const line of text.split('\n')) {
    const bar = line.indexOf(' | ');
    if (bar > 0) rows.set(line.slice(0, bar).trimEnd(), line.slice(bar + 3).trimEnd());
  }
  return rows;
}

function answers(program, personality, folder) {
  const env = { ...process.env, KQUEUE_PERSONALITY: personality };
  const child = spawnSync(program, { cwd: folder, env, encoding: 'utf8', timeout: timeLimitMs });
  if (child.status !== 0) {
    throw new Error(`kqtab as ${personality}: status ${child.status}, signal ${child.signal}\n${child.stderr}`);
  }
  return parse(child.stdout);
}

// What the program answers; of the timed rows the answer of the first attempt that is right.
function patientAnswers(program, personality, folder, expected) {
  const actual = answers(program, personality, folder);
  for (let attempt = 1; attempt < mostAttempts; attempt++) {
    const late = differences(expected, actual)
      .map(([row]) => row)
      .filter((row) => timed.has(row));
    if (late.length === 0) break;
    const again = answers(program, personality, folder);
    for (const row of late) actual.set(row, again.get(row));
  }
  return actual;
}

function differences(expected, actual) {
  return [...expected].filter(([row, answer]) => actual.get(row) !== answer);
}

function print(personality, row, expected, actual, note) {
  console.log(`${personality} | ${row} | ${note}`);
  console.log(`  kernel:    ${expected}`);
  console.log(`  simulator: ${actual ?? '(no such row)'}`);
}

const runsOption = process.argv.find((argument) => argument.startsWith('--runs='));
const runs = runsOption === undefined ? 1 : Number(runsOption.slice('--runs='.length));
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs wants a positive whole number: ${runsOption}`);

const folder = temporaryFolder();
const objects = compileSimulator(folder);
let failures = 0;
for (const [personality, file] of Object.entries(references)) {
  const expected = parse(readFileSync(join(root, 'kqtab', file), 'utf8'));
  const program = linkKqtab(folder, personality, objects);
  const cwd = join(folder, `run-${personality}`);
  mkdirSync(cwd);
  const everDiffered = new Set();
  let extra = 0;
  for (let run = 1; run <= runs; run++) {
    const actual = patientAnswers(program, personality, cwd, expected);
    extra = [...actual.keys()].filter((row) => !expected.has(row)).length;
    for (const [row, answer] of differences(expected, actual)) {
      const reason = allowed[personality][row];
      if (reason === undefined) failures++;
      if (reason === undefined || !everDiffered.has(row)) {
        print(personality, row, answer, actual.get(row), reason === undefined ? `run ${run}` : `allowed: ${reason}`);
      }
      everDiffered.add(row);
    }
  }
  for (const row of Object.keys(allowed[personality])) {
    if (everDiffered.has(row)) continue;
    failures++;
    console.log(`${personality} | ${row} | allowed to differ, but equal in every run`);
  }
  console.log(
    `${personality}: ${expected.size} rows, ${runs} runs, ${everDiffered.size} rows differ; ` +
      `${extra} more rows are not in ${file}`,
  );
}
process.exitCode = failures === 0 ? 0 : 1;
