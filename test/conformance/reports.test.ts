import {
  createReporter,
  clauses,
  type Report,
  type ReporterName,
  type Result,
  runConformance,
} from 'pollux/conformance';
import { createPoller, type Poller, type PollerOptions } from 'pollux';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';

const test = suite('conformance-reports', { needs: ['node', 'kernel'] });

const sample = runConformance({ createPoller, filter: 'timeout.10' });

/** A report whose clauses failed for `reasons`. */
async function failing(reasons: Readonly<Record<string, string>>, change: Partial<Result> = {}): Promise<Report> {
  const report = await sample;
  const results = Object.entries(reasons).map(([id, reason]): Result => {
    const { title, promise, needs } = clauses.find((clause) => clause.id === id)!;
    return { id, group: id.replace(/\..*/, ''), title, promise, needs, outcome: 'failed', reason, ms: 1, ...change };
  });
  return { ...report, total: results.length, passed: 0, failed: results.length, results };
}

function written(name: ReporterName, report: Report): string {
  let text = '';
  const reporter = createReporter(name, { write: (part) => (text += part) });
  const { total, backend, capabilities, system, runtime, date } = report;
  reporter.start({ total, backend, capabilities, system, runtime, date });
  for (const result of report.results) reporter.result(result);
  reporter.end(report);
  return text;
}

/** The causes that the reporter spec prints, each with the clauses. */
async function causesOf(reasons: Readonly<Record<string, string>>, change?: Partial<Result>): Promise<string[]> {
  const text = written('spec', await failing(reasons, change));
  return text
    .split('failures by cause\n')[1]!
    .split('\n\n')[0]!
    .split('\n')
    .map((line) => line.trim());
}

for (const [cause, reasons] of Object.entries({
  'an error has no code': [
    'expected EEXIST, got undefined (File exists)',
    'add() again: expected ENOENT, got undefined (x)',
  ],
  'an error is KeyError, and not ENOENT': [
    'expected ENOENT, got KeyError (KeyError: 5, add)',
    'expected ENOENT, got KeyError (9)',
  ],
  'a call succeeds that should fail': [
    'expected an error, nothing was thrown',
    '256: expected an error, nothing was thrown',
  ],
  'an event comes without READ_CLOSED|HANGUP': [
    "pipe, level: events: expected [ '5 READABLE|READ_CLOSED|HANGUP' ], got [ '5 READABLE' ]",
    "events: expected [ '7 READABLE|READ_CLOSED|HANGUP', '8 READABLE' ], got [ '7 READABLE', '8 READABLE' ]",
  ],
  'an event comes without READABLE and with ERROR': [
    "events: expected [ '5 READABLE' ], got [ '5 ERROR' ]",
    'iterated events: expected [ "5 READABLE \'data\'" ], got [ "5 ERROR \'data\'" ]',
  ],
  'an event is missing: READABLE': [
    "events: expected [ '5 READABLE' ], got []",
    "events: expected [ '6 READABLE' ], got []",
  ],
  'an event comes that should not: HANGUP': [
    "events: expected [], got [ '5 HANGUP' ]",
    "events: expected [], got [ '6 HANGUP', '7 HANGUP' ]",
  ],
  'an event has the wrong data': [
    'events: expected [ "5 READABLE \'new\'" ], got [ "5 READABLE \'old\'" ]',
    'events: expected [ "6 READABLE \'b\'" ], got [ "6 READABLE \'a\'" ]',
  ],
  'a wait ends early': ['20 ms ended after 19.5 ms', '0.5 ms ended after 0.1 ms'],
  'a call does not return': ['the process that ran it was stopped after 5000 ms', 'stopped after 90 ms'],
  'the process is ended by SIGSEGV': [
    'the process that ran it was ended by SIGSEGV',
    'the process that ran it was ended by SIGSEGV: last words',
  ],
  'descriptors are left open': ['left over: descriptor 5 (pipe:[1])', 'left over: descriptor 9'],
  'a call fails with EEXIST': ['EEXIST: File exists, add', 'level: EEXIST: File exists, add'],
  'size: expected N, got N': ['size: expected 1, got 2', 'size: expected 3, got 4'],
})) {
  test(`conformance:reports.1 failures with one cause are counted together: ${cause}`, async () => {
    const [one, other] = reasons as [string, string];
    assert.equal(await causesOf({ 'edge.1': one, 'level.2': other }), [`2 × ${cause}: edge.1, level.2`]);
  });
}

test('conformance:reports.2 the most frequent cause comes first, and long lists of clauses are cut', async () => {
  const nothing = 'expected an error, nothing was thrown';
  const ids = ['edge.1', 'edge.2', 'edge.3', 'edge.4', 'edge.5', 'edge.6'];
  const reasons = { 'level.1': 'left over: descriptor 5', ...Object.fromEntries(ids.map((id) => [id, nothing])) };
  assert.equal(await causesOf(reasons), [
    '6 × a call succeeds that should fail: edge.1, edge.2, edge.3, edge.4, edge.5, and 1 more',
    '1 × descriptors are left open: level.1',
  ]);
});

test('conformance:reports.3 faults of a driver are causes of their own, and no broken promises in JUnit', async () => {
  const reasons = {
    'edge.1': 'the driver ended during add, by SIGSEGV',
    'edge.2': 'the driver ended during wait, with status 1',
  };
  assert.equal(await causesOf(reasons, { fault: 'crash' }), ['2 × fault of the driver: it ends: edge.1, edge.2']);
  const document = written('junit', await failing(reasons, { fault: 'crash' }));
  assert.is(document.match(/type="fault of the driver: crash"/g)?.length, 2);
});

test('conformance:reports.4 a result that failed has its cause, and no other result has one', async () => {
  const lazy = (options?: PollerOptions): Poller => Object.assign(createPoller(options), { has: () => false });
  const { results } = await runConformance({ createPoller: lazy, filter: 'register.1,timeout.10' });
  assert.equal(
    results.map(({ id, outcome, cause }) => [id, outcome, cause]),
    [
      ['register.1', 'failed', 'after add(): size, has(): expected [ N, true, false ], got [ N, false, false ]'],
      ['timeout.10', 'passed', undefined],
    ],
  );
});

const NASTY = 'a < b & "c" > \'d\' </script><script>alert(1)</script> \u0000\u001b[31m\ud800 é 🙂';

test('conformance:reports.5 the HTML report is one file with every clause, that asks for nothing and runs nothing of a reason', async () => {
  const html = written('html', await failing(Object.fromEntries(clauses.map(({ id }) => [id, NASTY]))));
  for (const { id, title, promise } of clauses) {
    assert.ok(html.includes(`<tr id="${id}" class="failed">`), id);
    for (const text of [title, promise]) assert.ok(html.includes(escaped(text)), text);
  }
  assert.is(html.match(/<script>/g)?.length, 1);
  assert.not.match(html, /alert\(1\)<\/script>|[\u0000\u001b]|(?:src|href)="(?!#)|@import|url\(|https?:/);
  assert.ok(html.includes('a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39; &lt;/script&gt;'));
});

test('conformance:reports.6 the HTML report can be read in light, in dark and without colour', async () => {
  const report = await failing({ 'edge.1': 'left over: descriptor 5' });
  const [failed] = report.results;
  const results: Result[] = [
    failed!,
    { ...(await sample).results[0]! },
    { ...failed!, id: 'edge.2', outcome: 'gated', reason: 'the poller lacks the capability "edge"' },
  ];
  const html = written('html', { ...report, results });
  assert.match(html, /color-scheme: light dark[^]*prefers-color-scheme: dark/);
  for (const words of ['✔ passed', '✘ failed', '– gated']) assert.ok(html.includes(`<b>${words}</b>`), words);
  assert.match(
    html,
    /Failures by cause[^]*descriptors are left open<\/td><td>1<\/td><td><a href="#edge\.1">edge\.1<\/a>/,
  );
});

test('conformance:reports.7 the tags of the HTML report are balanced, and its program is valid JavaScript', async () => {
  const html = written('html', await failing({ 'edge.1': NASTY, 'level.2': NASTY }));
  const [, program] = /<script>([^]*)<\/script>/.exec(html)!;
  assert.not.throws(() => new Function(program!));
  const open: string[] = [];
  for (const [, end, tag] of html.replace(/<(script|style)>[^]*?<\/\1>/g, '').matchAll(/<(\/?)([a-z][a-z0-9]*)\b/g)) {
    if (['meta', 'input'].includes(tag!)) continue;
    if (end === '') open.push(tag!);
    else assert.is(open.pop(), tag);
  }
  assert.equal(open, []);
});

function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
