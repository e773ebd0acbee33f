// docs/results/runtimes.md: what a recorded run of npm run test:runtimes says, docs/results/runs/runtimes.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countReasons } from '../../test/run-runtimes.mjs';
import { ROOT } from '../root.mjs';

export const RECORD = join(ROOT, 'docs/results/runs/runtimes.json');
export const DOCUMENT = join(ROOT, 'docs/results/runtimes.md');

/** Keeps the results of a run. Runtimes that it did not have keep what they had. */
export function record(results, date = new Date().toISOString().slice(0, 10)) {
  const rows = results.map(({ gates, ...row }) => ({ ...row, date, gated: Object.fromEntries(countReasons(gates)) }));
  const others = readRecord().filter(({ id }) => !rows.some((row) => row.id === id));
  const all = [...others, ...rows].sort((a, b) => a.id.localeCompare(b.id, 'en'));
  writeFileSync(RECORD, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(DOCUMENT, render(all));
}

export function readRecord() {
  try {
    return JSON.parse(readFileSync(RECORD, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The document for the rows of a record. */
export function render(rows) {
  const matrix = rows.map(({ name, version, waiters, passed, failed, gated, conformance, date }) => {
    const gatedCount = Object.values(gated).reduce((sum, count) => sum + count, 0);
    const clauses = `${conformance.passed} passed, ${conformance.failed} failed, ${conformance.gated} gated`;
    return `| ${name} ${version} | ${waiters.join(', ')} | ${passed} passed, ${failed} failed, ${gatedCount} gated | ${clauses} | ${date} |`;
  });
  const reasons = rows
    .filter(({ gated }) => Object.keys(gated).length > 0)
    .flatMap(({ name, version, gated }) => [
      '',
      `${name} ${version}`,
      '',
      ...Object.entries(gated).map(([reason, count]) => `* ${count}: ${reason}`),
    ]);
  return `${[
    '# Runtimes',
    '',
    'Written by `npm run test:runtimes -- --record`, which fetches each runtime from npm and runs on it the compiled tests and',
    "`pollux conformance`. One addon serves all. Waiters are what the host's event loop can learn of events through: `uv` is",
    "libuv watching the poller, `thread` a thread; the reactor's tests run on each.",
    '',
    '| runtime | waiters | tests | conformance | date |',
    '|---|---|---|---|---|',
    ...matrix,
    '',
    '## What is gated',
    '',
    'Tests that do not run on a runtime, by the reason that each prints.',
    ...reasons,
  ].join('\n')}\n`;
}
