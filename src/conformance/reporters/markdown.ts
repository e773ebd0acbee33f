import type { Report, Result } from '../runner/report.js';
import { documentReporter } from './reporter.js';

const WORDS = { passed: 'kept', failed: '**broken**', gated: 'gated' } as const;

/** Writes a table for each group. */
export const markdownReporter = documentReporter(document);

function document(report: Report): string {
  const { backend, runtime, system, date, passed, failed, gated, total, results } = report;
  const notRun = total > results.length ? `, ${total - results.length} not run` : '';
  const groups = [...new Set(report.results.map(({ group }) => group))];
  return [
    `# Conformance: ${backend}`,
    `${runtime}, ${system}, ${date.slice(0, 10)}. ${passed} kept, ${failed} broken, ${gated} gated${notRun}.`,
    ...groups.map((group) =>
      table(
        group,
        report.results.filter((result) => result.group === group),
      ),
    ),
  ].join('\n\n');
}

function table(group: string, results: readonly Result[]): string {
  const rows = results.map(({ id, promise, outcome, reason }) => {
    const why = reason === undefined ? '' : `: ${reason}`;
    return `| ${id} | ${cell(promise)} | ${cell(WORDS[outcome] + why)} |`;
  });
  return [`## ${group}`, '', '| clause | promise | |', '|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');
}
