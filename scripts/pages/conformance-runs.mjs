// Recorded runs of the conformance suite. The command line makes them; docs/results/runs keeps them for the pages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../root.mjs';

/** Where generated pages are. */
export const RESULTS = join(ROOT, 'docs', 'results');
const RUNS = join(RESULTS, 'runs');
const CLI = join(ROOT, 'dist', 'cli', 'main.js');
const LONGEST_REASON = 300;
const require = createRequire(import.meta.url);

/** The clauses of this version. */
export const { clauses } = require(join(ROOT, 'dist', 'conformance', 'index.js'));

/** The group of a clause: `hangup` of `hangup.2`. */
export const groupOf = (id) => id.slice(0, id.lastIndexOf('.'));
export const groups = [...new Set(clauses.map(({ id }) => groupOf(id)))];

/** Text for a cell of a table. */
export const cell = (text) => text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');

/** A table in Markdown. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Ids in few words: `hangup.3–5, kind.10`. */
export function idsOf(ids) {
  const runs = [];
  for (const id of ids) {
    const [group, number] = [groupOf(id), Number(id.slice(id.lastIndexOf('.') + 1))];
    const last = runs.at(-1);
    if (last?.group === group && last.to === number - 1) last.to = number;
    else runs.push({ group, from: number, to: number });
  }
  return runs.map(({ group, from, to }) => `${group}.${from}${to === from ? '' : `–${to}`}`).join(', ');
}

/**
 * Runs the suite `times` times and writes docs/results/runs/FILE.json. A clause counts as kept when it passed each
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
    Object.fromEntries(
      outcomes.filter(({ outcome }) => outcome === wanted).map(({ id, reason }) => [id, shortened(reason)]),
    );
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

/** A reason in one line, and without the most of a list of events that goes on for pages. */
function shortened(reason) {
  const line = reason.replace(/\s*\n\s*/g, ' ');
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
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

/** The run that docs/results/runs/FILE.json keeps. */
export function recordedRun(file) {
  const path = join(RUNS, `${file}.json`);
  if (!existsSync(path)) throw new Error(`docs/results/runs/${file}.json is missing`);
  return JSON.parse(readFileSync(path, 'utf8'));
}
