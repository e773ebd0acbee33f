import { clauses, createReporter, type Report, type Result, runConformance } from 'pollux/conformance';
import { createPoller } from 'pollux';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { parseXml } from '../support/xml.js';

const test = suite('conformance-junit');

/** The document that the reporter writes for `report`. */
function documentOf(report: Report): string {
  let text = '';
  const reporter = createReporter('junit', { write: (part) => (text += part) });
  const { total, backend, capabilities, system, runtime, date } = report;
  reporter.start({ total, backend, capabilities, system, runtime, date });
  for (const result of report.results) reporter.result(result);
  assert.is(text, '', 'one document, at the end');
  reporter.end(report);
  return text;
}

const NASTY = 'a < b & "c" > \'d\' ]]> \u0000\u0001\u001b[31m\u000b\ufffe\ud800 end\r\n\tsecond line é 🙂';

test('conformance:junit.1 there is a suite for each group with its counts, and a case for each clause', async () => {
  const report = await runConformance({ createPoller, filter: 'timeout.10,close.1,close.2' });
  const root = parseXml(documentOf(report));
  assert.is(root.name, 'testsuites');
  const { tests, failures, skipped } = root.attributes;
  assert.equal([tests, failures, skipped], ['3', '0', '0']);
  assert.equal(
    root.children.map(({ name, attributes }) => [name, attributes['name'], attributes['tests'], attributes['errors']]),
    [
      ['testsuite', 'timeout', '1', '0'],
      ['testsuite', 'close', '2', '0'],
    ],
  );
  const names = root.children.flatMap(({ children }) =>
    children.filter(({ name }) => name === 'testcase').map(({ attributes }) => attributes['name']),
  );
  const expected = report.results.map(({ id, title }) => `${id} ${title}`);
  assert.equal(names, expected);
});

test('conformance:junit.2 a failed clause is a failure and a gated clause is skipped, each with its reason, whatever characters the reason has', async () => {
  const report = await runConformance({ createPoller, filter: 'timeout.10,close.1' });
  const changed = (index: number, change: Partial<Result>): Result => ({ ...report.results[index]!, ...change });
  const results = [changed(0, { outcome: 'failed', reason: NASTY }), changed(1, { outcome: 'gated', reason: NASTY })];
  const root = parseXml(documentOf({ ...report, passed: 0, failed: 1, gated: 1, results }));
  const cases = root.children.flatMap(({ children }) => children.filter(({ name }) => name === 'testcase'));
  const [failure, skipped] = cases.map(({ children }) => children[0]!);
  assert.equal([failure!.name, skipped!.name], ['failure', 'skipped']);
  const shown = NASTY.replace(
    /[\u0000\u0001\u001b\u000b\ufffe\ud800]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  assert.is(skipped!.attributes['message'], shown);
  assert.is(failure!.text, `${report.results[0]!.promise}\n${shown}`);
  assert.match(failure!.attributes['message']!, 'a < b & "c" > \'d\' ]]>');
});

test('conformance:junit.3 the titles and promises of all clauses make a well-formed document', async () => {
  const report = await runConformance({ createPoller, filter: 'timeout.10' });
  const [sample] = report.results;
  const results = clauses.map(({ id, title, promise }) => ({
    ...sample!,
    id,
    title,
    promise,
    group: id.replace(/\..*/, ''),
    outcome: 'failed' as const,
  }));
  const root = parseXml(documentOf({ ...report, results, failed: results.length, passed: 0 }));
  assert.is(root.attributes['failures'], String(clauses.length));
});
