// Runs of the conformance suite that the documents show: made by the command line, kept in docs/results/runs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const RUNS = join(ROOT, 'docs', 'results', 'runs');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
const require = createRequire(import.meta.url);

/** The clauses of today. */
export const { clauses } = require(join(ROOT, 'dist', 'conformance', 'index.js'));

/** The group of a clause: `hangup` of `hangup.2`. */
export const groupOf = (id) => id.slice(0, id.lastIndexOf('.'));
export const groups = [...new Set(clauses.map(({ id }) => groupOf(id)))];

/** A promise in a cell of a table. */
export const cell = (text) => text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');

/**
 * Runs the suite `times` times and keeps what came of it as docs/results/runs/FILE.json: a clause is kept that was kept each
 * time. `system` goes before the kernel of the report.
 */
export function record({ file, name, args = [], env = {}, system = '', times = 1 }) {
  const reports = Array.from({ length: times }, () => reportOf(name, args, env));
  const [first] = reports;
  const outcomes = first.results.map((_, index) => {
    const results = reports.map((report) => report.results[index]);
    return results.find(({ outcome }) => outcome !== 'passed') ?? results[0];
  });
  const reasons = (wanted) =>
    Object.fromEntries(outcomes.filter(({ outcome }) => outcome === wanted).map(({ id, reason }) => [id, reason]));
  const run = {
    name,
    date: first.date.slice(0, 10),
    system: system + first.system,
    runtime: first.runtime,
    times,
    seconds: Number((Math.max(...reports.map(({ ms }) => ms)) / 1000).toFixed(1)),
    kept: outcomes.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id),
    gated: reasons('gated'),
    broken: reasons('failed'),
  };
  const path = join(RUNS, `${file}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(run, null, 1)}\n`);
}

function reportOf(name, args, env) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, 'conformance', '--reporter', 'json', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 26,
  });
  if (!stdout.startsWith('{')) throw new Error(`${name}: no report, exit status ${status}\n${stderr}`);
  return JSON.parse(stdout);
}

/** The run that is kept as docs/results/runs/FILE.json. */
export function recordedRun(file) {
  const path = join(RUNS, `${file}.json`);
  if (!existsSync(path)) throw new Error(`docs/results/runs/${file}.json is missing`);
  return JSON.parse(readFileSync(path, 'utf8'));
}
