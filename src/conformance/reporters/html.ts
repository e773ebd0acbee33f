import { groupedByCause } from './by-cause.js';
import type { Report, Result } from '../runner/report.js';
import { FILTER_PROGRAM, STYLE } from './html-parts.js';
import { documentReporter } from './reporter.js';

const MARKS = { passed: '✔', failed: '✘', gated: '–' } as const;

/** Writes a page that needs no other file and no network: the failures by cause, then every clause by group. */
export const htmlReporter = documentReporter(document);

function document(report: Report): string {
  const { backend, runtime, system, date, passed, failed, gated, total, results } = report;
  const groups = [...new Set(results.map(({ group }) => group))];
  const notRun = total > results.length ? `, ${total - results.length} not run` : '';
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance: ${escape(backend)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Conformance: ${escape(backend)}</h1>
<p>${escape(`${runtime}, ${system}, ${date.slice(0, 10)}`)}</p>
<p class="counts">${passed} passed, ${failed} failed, ${gated} gated${notRun}</p>
${causes(results)}
<h2 id="clauses">Clauses</h2>
${filters()}
<p>${groups.map((group) => `<a href="#${escape(group)}">${escape(group)}</a>`).join(' ')}</p>
${groups.map((group) => table(group, results)).join('\n')}
<script>${FILTER_PROGRAM}</script>
</body>
</html>`;
}

function causes(results: readonly Result[]): string {
  const groups = groupedByCause(results);
  if (groups.length === 0) return '';
  const rows = groups.map(({ cause, results: members }) => {
    const links = members.map(({ id }) => `<a href="#${escape(id)}">${escape(id)}</a>`).join(', ');
    return `<tr><td>${escape(cause)}</td><td>${members.length}</td><td>${links}</td></tr>`;
  });
  return `<h2 id="causes">Failures by cause</h2>
<table><thead><tr><th>cause</th><th>clauses</th><th>which</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>`;
}

function filters(): string {
  const boxes = (['passed', 'failed', 'gated'] as const).map(
    (outcome) => `<label><input type="checkbox" name="${outcome}" checked> ${MARKS[outcome]} ${outcome}</label>`,
  );
  return `<form id="filters">${boxes.join(' ')} <label>contains <input type="search" name="words"></label></form>`;
}

function table(group: string, results: readonly Result[]): string {
  const rows = results.filter((result) => result.group === group).map(row);
  return `<section id="${escape(group)}"><h3>${escape(group)}</h3>
<table><thead><tr><th>clause</th><th>ended</th><th>what a caller may rely on</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></section>`;
}

function row({ id, title, promise, outcome, reason, cause, ms }: Result): string {
  const took = outcome === 'gated' ? '' : ` <small>${Math.round(ms)} ms</small>`;
  const why = reason === undefined ? '' : `<pre>${escape(reason)}</pre>`;
  const because = cause === undefined ? '' : `<p>Cause: ${escape(cause)}</p>`;
  return `<tr id="${escape(id)}" class="${outcome}"><td><a href="#${escape(id)}">${escape(id)}</a></td>\
<td><b>${MARKS[outcome]} ${outcome}</b>${took}</td>\
<td><strong>${escape(title)}</strong><p>${escape(promise)}</p>${because}${why}</td></tr>`;
}

const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML has no way to write some control characters: the text shows their numbers. */
function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}/gu, shownByNumber)
    .replace(/[&<>"']/g, (character) => MARKUP[character]!);
}

function shownByNumber(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
