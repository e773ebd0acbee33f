import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Report, type Result, runConformance } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { withModules } from '../support/modules.js';
import { programFile } from '../support/paths.js';
import { commandFor } from '../support/program.js';
import { suite } from '../support/suite.js';

const test = suite('conformance-driver', { needs: ['node', 'kernel'] });

/** Enough for a program that answers, on a machine that is busy, and what a test of a hanging driver takes. */
const ANSWER_MS = 3000;

/** The command of the driver that does `fault` wrong. */
function driver(fault = ''): string {
  return `exec ${[...commandFor(programFile('driver')), fault].map((word) => `'${word}'`).join(' ')}`;
}

function run(fault: string, filter: string, timeoutMs?: number): Promise<Report> {
  return runConformance({ driver: driver(fault), filter, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
}

const endings = ({ results }: Report): Array<[string, Result['fault'], string | undefined]> =>
  results.map(({ outcome, fault, reason }) => [outcome, fault, reason]);

/** Why `running` was refused. */
function objection(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'none',
    (error: Error) => error.message,
  );
}

/** Why no clause can run against the driver that does `fault` wrong. */
function objectionTo(fault: string): Promise<string> {
  return objection(run(fault, 'timeout.10', ANSWER_MS));
}

test('conformance:driver.1 a driver over pollux keeps every clause that does not need JavaScript, threads or the own process', async () => {
  const report = await runConformance({ driver: driver(), timeoutMs: 30_000 });
  assert.is(report.backend, 'pollux behind a driver');
  assert.equal(
    report.results.filter(({ outcome }) => outcome === 'failed').map(({ id, reason }) => `${id}: ${reason}`),
    [],
  );
  const gated = report.results.filter(({ outcome }) => outcome === 'gated');
  assert.equal(
    [...new Set(gated.map(({ reason }) => reason!))].filter(
      (reason) => !/behind a driver|^the poller has/.test(reason),
    ),
    ['this driver has one thread'],
  );
  assert.ok(report.passed > 275, `${report.passed} passed`);
});

test('conformance:driver.2 a clause that needs what the driver lacks is gated with the words of the driver', async () => {
  const report = await run('words', 'edge.1,register.1');
  assert.equal(endings(report), [
    ['passed', undefined, undefined],
    ['gated', undefined, 'edges are for others'],
  ]);
});

test('conformance:driver.3 a poller that breaks a promise fails without a fault of its driver', async () => {
  const [result] = endings(await run('broken', 'oneshot.1'));
  assert.equal(result!.slice(0, 2), ['failed', undefined]);
  assert.match(result![2]!, /^pipe, oneshot: |^events: expected|expected \[\]/);
});

test('conformance:driver.4 a driver that ends is a crash, with its signal or status and its last words', async () => {
  assert.equal(endings(await run('crash', 'register.1')), [
    ['failed', 'crash', 'the driver ended during add, by SIGKILL: these are my last words'],
  ]);
  assert.equal(endings(await run('exit', 'register.1')), [
    ['failed', 'crash', 'the driver ended during add, with status 7'],
  ]);
});

test('conformance:driver.5 a driver that does not answer hangs, and a poller that does not return from a wait breaks a promise', async () => {
  const late = `was not answered in ${ANSWER_MS} ms`;
  assert.equal(endings(await run('hang', 'register.1', ANSWER_MS)), [
    ['failed', 'hang', `the driver hangs: add ${late}`],
  ]);
  assert.is(await objectionTo('stall'), `the driver hangs: wait ${late}`);
  const [[outcome, fault, reason]] = endings(await run('endless-wait', 'timeout.1', ANSWER_MS)) as [
    [string, undefined, string],
  ];
  assert.equal([outcome, fault], ['failed', undefined]);
  assert.match(reason, /the poller does not return from a wait: wait was not answered in \d+ ms$/);
});

for (const [fault, what] of Object.entries({
  text: 'no JSON: "these are no events"',
  list: 'no object: "[[1,1]]"',
  none: '"events" is no list: "{}"',
  bits: 'the event [5,64] has unknown bits: "{\\"events\\":[[5,64]]}"',
  stranger: 'descriptor 4000 was never handed over: "{\\"events\\":[[4000,1]]}"',
  woken: '"woken" is neither true nor false: "{\\"events\\":[],\\"woken\\":1}"',
  endless: 'a line without an end',
})) {
  test(`conformance:driver.6 an answer that is not that of the protocol is nonsense: ${fault}`, async () => {
    assert.is(await objectionTo(fault), `the driver answered nonsense to wait: ${what}`);
  });
}

test('conformance:driver.7 a second line, and an error that is no text, are nonsense', async () => {
  assert.match(await objectionTo('twice'), /^the driver answered nonsense: more than one line: "{}/);
  assert.equal(
    endings(await run('code', 'register.1,remove.1')).map(([outcome, fault]) => [outcome, fault]),
    [
      ['passed', undefined],
      ['failed', 'nonsense'],
    ],
  );
});

test('conformance:driver.8 a driver that leaves a descriptor open after a clause leaks', async () => {
  const [[outcome, fault, reason]] = endings(await run('leak', 'register.1')) as [[string, string, string]];
  assert.equal([outcome, fault], ['failed', 'leak']);
  assert.match(reason, /^the driver left descriptors open: \d+ \(pipe:\[\d+\]\)$/);
});

test('conformance:driver.16 a descriptor that the driver opens once and keeps is no leak, and one that it opens again and again is', async () => {
  assert.equal(endings(await run('lazy', 'register.1,level.1')), [
    ['passed', undefined, undefined],
    ['passed', undefined, undefined],
  ]);
  const [[outcome, fault, reason]] = endings(await run('greedy', 'register.1')) as [[string, string, string]];
  assert.equal([outcome, fault], ['failed', 'leak']);
  assert.match(reason, /^the driver left descriptors open: \d+ \(anon_inode:\[eventfd\]\)$/);
});

test('conformance:driver.9 a driver that cannot be tested is refused once, with the reason', async () => {
  assert.match(
    await objectionTo('version'),
    /^the driver answered nonsense to hello: "version" is 2, and this is version 1/,
  );
  assert.match(await objectionTo('lacks'), /lacks\.egde is unknown\. Did you mean "edge"\?/);
  assert.match(await objectionTo('nameless'), /"name" is no text/);
  assert.is(await objectionTo('shut'), 'the driver ended during open, with status 3');
  const missing = runConformance({ driver: 'exec /no/such/driver', filter: 'timeout.10' });
  assert.match(await objection(missing), /^the driver ended during hello, with status 127: .*no\/such/);
});

test('conformance:driver.10 a driver that never answers is given up', async () => {
  const reason = await objectionTo('mute');
  assert.is(reason.replace(/\d+ ms$/, 'N ms'), 'the driver hangs: hello was not answered in N ms');
});

test('conformance:driver.11 no driver is left after a run, whatever it did', async () => {
  await withModules({}, async (folder) => {
    const note = (fault: string): string => `echo $$ > '${join(folder, fault)}'; ${driver(fault)}`;
    for (const fault of ['hang', 'endless-wait', 'twice', 'leak', 'broken'])
      await runConformance({ driver: note(fault), filter: 'register.1', timeoutMs: ANSWER_MS }).catch(() => {});
    const pids = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8').trim());
    assert.is(pids.length, 5);
    assert.equal(
      pids.filter((pid) => isDriver(pid)),
      [],
    );
  });
});

test('conformance:driver.14 a process id that is not of the driver is ignored', async () => {
  const report = await run('pid', 'register.1,signals.6');
  assert.equal(
    report.results.map(({ outcome }) => outcome),
    ['passed', 'passed'],
  );
});

test('conformance:driver.15 a driver that its command starts through another program is found by its process id', async () => {
  const through = (fault?: string): string => `${driver(fault).slice('exec '.length)}; exit 5`;
  const [[outcome, fault, reason]] = endings(
    await runConformance({ driver: through('crash'), filter: 'register.1' }),
  ) as [[string, string, string]];
  assert.equal([outcome, fault], ['failed', 'crash']);
  assert.match(reason, /^the driver ended during add, with status 5: these are my last words/);
  const report = await runConformance({ driver: through(), filter: 'register.1,signals.6' });
  assert.is(report.passed, 2);
});

test('conformance:driver.12 the option driver is a command, and goes with no other poller', async () => {
  const refused = (options: object): Promise<string> =>
    runConformance(options as Parameters<typeof runConformance>[0]).then(
      () => 'none',
      (error: NodeJS.ErrnoException) => String(error.code),
    );
  assert.is(await refused({ driver: 5 }), 'ERR_INVALID_ARG_TYPE');
  assert.is(await refused({ driver: ' ' }), 'ERR_INVALID_ARG_VALUE');
  assert.is(await refused({ driver: 'true', module: __filename }), 'ERR_INVALID_ARG_VALUE');
});

test('conformance:driver.13 what a module says that it lacks is gated with its words, and an unknown name is refused', async () => {
  const pollux = JSON.stringify(require.resolve('pollux'));
  const text = (lacks: object): string => `
    exports.createPoller = (options) => require(${pollux}).createPoller(options);
    exports.lacks = ${JSON.stringify(lacks)};`;
  const files = {
    'own.cjs': text({ edge: 'this kernel has no edges', fifoHangup: 'FIFOs never hang up' }),
    'wrong.cjs': text({ fifo: 'FIFOs never hang up' }),
  };
  await withModules(files, async (folder) => {
    const report = await runConformance({ module: join(folder, 'own.cjs'), filter: 'edge.1,hangup.3,register.2' });
    assert.is(report.capabilities.edge, false);
    assert.equal(endings(report), [
      ['passed', undefined, undefined],
      ['gated', undefined, 'this kernel has no edges'],
      ['gated', undefined, 'FIFOs never hang up'],
    ]);
    const wrong = runConformance({ module: join(folder, 'wrong.cjs'), filter: 'edge.1' });
    assert.match(await objection(wrong), /^lacks\.fifo is unknown/);
  });
});

/** Whether `pid` is a process that still runs the driver. */
function isDriver(pid: string): boolean {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path, 'utf8').includes('driver');
}
