import { spawnSync } from 'node:child_process';
import { backends, createPoller } from 'pollux';
import {
  clauses,
  createReporter,
  runConformance,
  type Report,
  type ReporterName,
  type Result,
} from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { createPoller as createMutant } from '../mutants/module.js';
import { TOTALS } from '../support/conformance-totals.js';
import { openDescriptors } from '../support/process.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('conformance');

const GROUPS = [
  'register',
  'modify',
  'remove',
  'level',
  'edge',
  'oneshot',
  'edge-oneshot',
  'pause',
  'hangup',
  'half-close',
  'error',
  'priority',
  'writable',
  'listener',
  'connect',
  'kind',
  'datagrams',
  'sources',
  'reuse',
  'merge',
  'batch',
  'exclusive',
  'timeout',
  'wake',
  'close',
  'threads',
  'nested',
  'signals',
  'limits',
];

const MUTANTS_MODULE = require.resolve('../mutants/module.js');
const backend = backends()[0]!;
/** The limit of a clause that has to pass on a busy machine too. */
const PATIENT_MS = 30_000;

/** Runs clauses against a mutant. */
function runMutant(mutant: string, filter: string, timeoutMs = 3000): Promise<Report> {
  return runConformance({ module: MUTANTS_MODULE, pollerOptions: { mutant }, filter, timeoutMs });
}

function reasons(report: Report): Record<string, string | undefined> {
  return Object.fromEntries(report.results.map(({ id, reason }) => [id, reason]));
}

test(`conformance:suite.1 ${backend} passes every clause, and the number of clauses that run is as listed`, async () => {
  const seen: Result[] = [];
  const report = await runConformance({ createPoller, timeoutMs: PATIENT_MS, onResult: (result) => seen.push(result) });
  assert.equal(
    report.results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`),
    [],
  );
  const gated = report.results.filter(({ outcome }) => outcome === 'gated').map(({ id, reason }) => [id, reason]);
  assert.equal({ passed: report.passed, gated: Object.fromEntries(gated) }, TOTALS[backend]);
  assert.is(report.total, clauses.length);
  assert.is(report.backend, backend);
  assert.equal(seen, [...report.results]);
});

test('conformance:suite.2 every clause has an id of its own, a title, a promise, and stands in its group', () => {
  assert.ok(clauses.length >= 160);
  assert.is(new Set(clauses.map(({ id }) => id)).size, clauses.length);
  assert.is(new Set(clauses.map(({ promise, id }) => `${id.replace(/^edge-/, '')} ${promise}`)).size > 160, true);
  const numbered = new Map<string, number>();
  for (const { id, title, promise } of clauses) {
    const [, group, number] = /^(.*)\.(\d+)$/.exec(id)!;
    assert.is(Number(number), (numbered.get(group!) ?? 0) + 1, id);
    numbered.set(group!, Number(number));
    assert.ok(title.length > 0 && !title.endsWith('.'), id);
    assert.match(promise, /^[A-Z/0-9a-z].*[^.]\.$/, id);
  }
  assert.equal([...numbered.keys()], GROUPS);
});

test('conformance:suite.3 a wrapper that changes nothing passes what the poller behind it passes', async () => {
  const report = await runConformance({
    module: MUTANTS_MODULE,
    filter: 'register,remove,batch,merge,wake,close',
    timeoutMs: PATIENT_MS,
  });
  assert.equal(
    report.results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`),
    [],
  );
});

test('conformance:suite.4 a clause that hangs is stopped and fails, and the next clause runs', async () => {
  const report = await runMutant('deaf-while-blocked', 'level.9,level.10,level.11', 4000);
  assert.equal(
    report.results.map(({ outcome }) => outcome),
    ['passed', 'failed', 'passed'],
  );
  assert.match(reasons(report)['level.10']!, /was stopped after 4000 ms/);
});

test('conformance:suite.5 a clause that ends the process fails, and the next clause runs', async () => {
  const report = await runMutant('crashes', 'register.1,timeout.10');
  assert.equal(
    report.results.map(({ outcome }) => outcome),
    ['failed', 'passed'],
  );
  assert.match(reasons(report)['register.1']!, /was ended by SIGKILL/);
});

test('conformance:suite.6 a thrown value is the reason of the failure, whether or not it is an Error', async () => {
  assert.match(reasons(await runMutant('throws-no-error', 'register.1'))['register.1']!, /out of order/);
  assert.match(reasons(await runMutant('exclusive-refused', 'exclusive.1'))['exclusive.1']!, /ERR_NOT_SUPPORTED/);
});

test('conformance:suite.7 a clause that leaves a descriptor open fails, although all its checks pass', async () => {
  const report = await runMutant('close-leaks', 'register.1');
  assert.match(reasons(report)['register.1']!, /^left over: descriptor \d+/);
});

test.unless(on('bun', 'Bun opens and closes descriptors of its own for child processes'))(
  'conformance:suite.8 the process that ran the suite has no more descriptors open than before',
  async () => {
    await runConformance({ createPoller, filter: 'pause' });
    const before = openDescriptors().length;
    await runConformance({ createPoller, filter: 'pause' });
    await runMutant('duplicates', 'merge.1,merge.4');
    const left = openDescriptors().length - before;
    assert.ok(left <= 0, `${left} descriptors`);
  },
);

test('conformance:suite.9 a poller given as a function runs in this thread, and clauses that need a process are gated', async () => {
  const report = await runConformance({
    createPoller: (options) => createMutant({ ...options, mutant: 'duplicates' }),
    filter: 'merge.1,timeout.10,signals.1,threads.1',
  });
  assert.equal(
    report.results.map(({ id, outcome }) => `${id} ${outcome}`),
    ['merge.1 failed', 'timeout.10 passed', 'threads.1 gated', 'signals.1 gated'],
  );
  assert.is(reasons(report)['signals.1'], 'the clauses do not run in a process of their own');
  assert.is(reasons(report)['threads.1'], 'the module exports no share() and attachPoller()');
});

test('conformance:suite.10 a wait that blocks this thread is ended from outside, and its clause fails', async () => {
  const report = await runConformance({
    createPoller: (options) => {
      const poller = createPoller(options);
      const wait = poller.wait.bind(poller);
      return Object.assign(poller, { wait: (timeoutMs?: number) => wait(timeoutMs === 0 ? undefined : timeoutMs) });
    },
    filter: 'level.1,level.5,level.8',
    timeoutMs: 2000,
  });
  assert.equal(
    report.results.map(({ outcome }) => outcome),
    ['failed', 'passed', 'failed'],
  );
  assert.is(reasons(report)['level.1'], 'stopped after 2000 ms');
});

test('conformance:suite.11 runConformance() rejects with the error of a createPoller() that throws', async () => {
  const run = (): Promise<Report> => runConformance({ createPoller, pollerOptions: { capacity: -1 } });
  assert.is(
    await run().then(
      () => 'resolved',
      (error: { code?: string }) => error.code,
    ),
    'ERR_OUT_OF_RANGE',
  );
  const nothing = (): Promise<Report> => runConformance({});
  assert.is(
    await nothing().then(
      () => 'resolved',
      (error: { code?: string }) => error.code,
    ),
    'ERR_INVALID_ARG_TYPE',
  );
});

test('conformance:suite.12 the filter selects by id, group, pattern and predicate', async () => {
  const ids = async (filter: Parameters<typeof runConformance>[0]['filter']): Promise<string[]> =>
    (await runConformance({ createPoller, filter })).results.map(({ id }) => id);
  assert.equal(await ids('timeout.10, close.3'), ['timeout.10', 'close.3']);
  assert.is((await ids('listener')).length, 8);
  assert.equal(await ids(/^(close|remove)\.1$/), ['remove.1', 'close.1']);
  assert.equal(await ids(({ id }) => id === 'edge.4'), ['edge.4']);
});

test('conformance:suite.13 each reporter prints passed, failed and gated clauses', async () => {
  const write = async (name: ReporterName): Promise<string> => {
    let text = '';
    const reporter = createReporter(name, { write: (part) => (text += part) });
    const report = await runConformance({
      module: MUTANTS_MODULE,
      pollerOptions: { mutant: 'duplicates' },
      filter: 'merge.1,timeout.10,priority.8',
      onStart: (plan) => reporter.start(plan),
      onResult: (result) => reporter.result(result),
    });
    reporter.end(report);
    return text;
  };
  const tap = (await write('tap')).split('\n');
  assert.equal([tap[0], tap[2]], ['TAP version 14', '1..3']);
  const gate = TOTALS[backend]?.gated['priority.8'] ?? '';
  assert.ok(tap.some((line) => line.startsWith('ok 1 - priority.8 ') && line.endsWith(`# SKIP ${gate}`)));
  assert.ok(tap.some((line) => line.startsWith('not ok 2 - merge.1 ')));
  assert.ok(tap.some((line) => line.startsWith('ok 3 - timeout.10 ')));
  const report = JSON.parse(await write('json')) as Report;
  assert.equal([report.passed, report.failed, report.gated], [1, 1, 1]);
  const markdown = await write('markdown');
  assert.match(markdown, /\| merge\.1 \| .* \| \*\*broken\*\*: .* \|/);
  assert.match(markdown, /1 kept, 1 broken, 1 gated/);
  const spec = await write('spec');
  for (const part of ['✔ timeout.10', '✘ merge.1', '– priority.8', `gated: ${gate}`, '1 passed, 1 failed, 1 gated']) {
    assert.ok(spec.includes(part), part);
  }
  assert.not.match(spec, /\x1b/);
});

/** A shell that hides /proc and the pseudoterminals before it runs what it is given. */
const WITHOUT_PROC = 'mount -t tmpfs none /proc && mount -t tmpfs none /dev/pts && exec "$@"';
const canHide = spawnSync('unshare', ['-rm', 'sh', '-c', WITHOUT_PROC, 'sh', 'true']).status === 0;

test.unless(canHide ? undefined : 'mounting is not allowed here (unshare -rm mount)')(
  'conformance:suite.14 on a system without /proc and pseudoterminals the clauses about them are gated, and all others run',
  () => {
    const program = programFile('conformance-run');
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['-rm', 'sh', '-c', WITHOUT_PROC, 'sh', process.execPath, program, String(PATIENT_MS)],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
        timeout: 20 * PATIENT_MS,
      },
    );
    assert.ok(stdout.startsWith('{'), `no report: ${stderr}`);
    const { results } = JSON.parse(stdout) as Report;
    const reasonsOf = (outcome: Result['outcome']): Record<string, string | undefined> =>
      Object.fromEntries(results.filter((result) => result.outcome === outcome).map(({ id, reason }) => [id, reason]));
    assert.equal(reasonsOf('failed'), {});
    assert.equal(reasonsOf('gated'), {
      ...TOTALS[backend]!.gated,
      'hangup.19': 'the system opens no pseudoterminal',
      'kind.10': 'the system has no /proc/self/mounts that can be polled',
      'kind.11': 'the system opens no pseudoterminal',
      'close.10': 'the system does not show the flags of descriptors in /proc/self/fdinfo',
    });
  },
);
