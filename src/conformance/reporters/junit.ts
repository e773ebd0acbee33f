import type { Report, Result } from '../runner/report.js';
import { documentReporter } from './reporter.js';

/** Writes JUnit's XML: a suite for each group. A gated clause is skipped, with its reason. */
export const junitReporter = documentReporter(document);

function document(report: Report): string {
  const groups = [...new Set(report.results.map(({ group }) => group))];
  const name = `pollux conformance, ${report.backend}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...countsOf(report.results), time: seconds(report.ms) })}>`,
    ...groups.map((group) => suite(report, group)),
    '</testsuites>',
  ].join('\n');
}

function suite(report: Report, group: string): string {
  const results = report.results.filter((result) => result.group === group);
  const time = seconds(results.reduce((sum, { ms }) => sum + ms, 0));
  const properties = { backend: report.backend, runtime: report.runtime, system: report.system };
  return [
    `  <testsuite${attributes({ name: group, ...countsOf(results), errors: 0, time, timestamp: report.date.replace(/Z$/, '') })}>`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...results.map(testCase),
    '  </testsuite>',
  ].join('\n');
}

function testCase({ id, group, title, promise, outcome, reason = '', fault, ms }: Result): string {
  const start = `    <testcase${attributes({ name: `${id} ${title}`, classname: `conformance.${group}`, time: seconds(ms) })}`;
  if (outcome === 'passed') return `${start}/>`;
  const [message] = reason.split('\n');
  const inner =
    outcome === 'gated'
      ? `<skipped${attributes({ message: reason })}/>`
      : `<failure${attributes({ message: message!, type: fault === undefined ? 'broken promise' : `fault of the driver: ${fault}` })}>${escape(`${promise}\n${reason}`)}</failure>`;
  return `${start}>\n      ${inner}\n    </testcase>`;
}

function countsOf(results: readonly Result[]): { tests: number; failures: number; skipped: number } {
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  return { tests: results.length, failures: count('failed'), skipped: count('gated') };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escape(String(value)).replace(/[\t\n\r]/g, reference)}"`)
    .join('');
}

/**
 * XML 1.0 has no way to write most control characters, lone surrogates, U+FFFE and U+FFFF: the text shows their
 * numbers.
 */
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;
const MARKUP: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

function escape(text: string): string {
  return text
    .replace(NOT_XML, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"\r]/g, (character) => MARKUP[character]!);
}

/** The character reference: a parser replaces a tab or line end in an attribute by a space. */
function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
