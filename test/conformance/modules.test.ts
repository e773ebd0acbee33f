import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Capabilities, createPoller, type Poller } from 'pollux';
import { runConformance } from 'pollux/conformance';
import * as assert from 'uvu/assert';
import { withModules } from '../support/modules.js';
import { suite } from '../support/suite.js';
import { RUNTIME } from '../support/runtime.js';

const test = suite('conformance-modules');

const POLLUX = JSON.stringify(require.resolve('pollux'));
/** Ends a program that hangs. */
const LIMIT_MS = 120_000;

/** Starts something that outlives the process and holds its stderr, as a module may at its top. */
const DAEMON = `
  const daemon = require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit', detached: true });
  require('node:fs').appendFileSync(require('node:path').join(__dirname, 'daemons'), daemon.pid + '\\n');
  daemon.unref();`;

/**
 * Runs `body` with a module of that text. The daemons are ended afterwards, or earlier if `body` hangs because of them.
 */
async function withDaemons(text: string, body: (module: string) => Promise<void>): Promise<void> {
  await withModules({ 'own.cjs': DAEMON + text }, async (folder) => {
    let rescue: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => {
      rescue = setInterval(endDaemons, 100, folder);
    }, LIMIT_MS);
    try {
      await body(join(folder, 'own.cjs'));
    } finally {
      clearTimeout(limit);
      clearInterval(rescue);
      endDaemons(folder);
    }
    assert.ok(rescue === undefined, 'the run waited for what the module had started');
  });
}

function endDaemons(folder: string): void {
  const list = join(folder, 'daemons');
  const pids = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  writeFileSync(list, '');
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
}

/** Why a poller that differs from pollux by `changes` cannot be tested. */
function objectionTo(changes: Readonly<Record<string, unknown>>): Promise<string> {
  return runConformance({ createPoller: () => changed(changes), filter: 'timeout.10' }).then(
    () => 'none',
    (error: Error) => error.message,
  );
}

function changed(changes: Readonly<Record<string, unknown>>): Poller {
  return Object.defineProperties(
    createPoller(),
    Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, { value }])),
  );
}

function capabilitiesHere(): Capabilities {
  const poller = createPoller();
  poller.close();
  return poller.capabilities;
}

test('conformance:modules.1 a clause that hangs is stopped in time, whatever the module has left running', async () => {
  const text = `
    exports.createPoller = (options) => Object.assign(require(${POLLUX}).createPoller(options), { modify() { for (;;); } });`;
  await withDaemons(text, async (module) => {
    const report = await runConformance({ module, filter: 'modify.5,timeout.10', timeoutMs: 1500 });
    assert.equal(
      report.results.map(({ outcome, reason }) => [outcome, reason]),
      [
        ['failed', 'the process that ran it was stopped after 1500 ms'],
        ['passed', undefined],
      ],
    );
  });
});

test('conformance:modules.2 the reason has the last output of the process, whatever the module has left running', async () => {
  const text = `
    exports.createPoller = (options) => Object.assign(require(${POLLUX}).createPoller(options), {
      modify() {
        require('node:fs').writeSync(2, 'these are my last words');
        process.kill(process.pid, 'SIGKILL');
      },
    });`;
  await withDaemons(text, async (module) => {
    const report = await runConformance({ module, filter: 'modify.5' });
    assert.is(report.results[0]!.reason, 'the process that ran it was ended by SIGKILL: these are my last words');
  });
});

test('conformance:modules.3 an object that is no poller is refused once, with all members that it lacks', async () => {
  const none = (value: unknown): Promise<string> =>
    runConformance({ createPoller: () => value as Poller }).then(
      () => 'none',
      (error: Error) => error.message,
    );
  assert.is(await none(undefined), 'createPoller() returned no poller: it is undefined');
  assert.is(await none(Promise.resolve({})), 'createPoller() returned no poller: it is a promise');
  assert.is(
    await none({ add() {}, remove() {}, has() {}, wake() {}, close() {}, capabilities: {} }),
    'createPoller() returned no poller: modify() is missing; wait() is missing',
  );
  assert.is(
    await objectionTo({ capabilities: undefined }),
    'createPoller() returned no poller: capabilities is undefined, no object',
  );
  assert.is(
    await objectionTo({ capabilities: { ...capabilitiesHere(), edge: 'yes' } }),
    "createPoller() returned no poller: capabilities.edge is 'yes', no boolean",
  );
});

test('conformance:modules.4 an object that is no batch is refused once, with all members that it lacks', async () => {
  const returning = (value: unknown): Promise<string> => objectionTo({ wait: () => value });
  assert.is(await returning(42), 'wait() returned no batch: it is 42');
  assert.is(await returning(undefined), 'wait() returned no batch: it is undefined');
  assert.is(await returning(Promise.resolve()), 'wait() returned no batch: it is a promise');
  assert.is(
    await returning({ woken: true, fdAt() {}, readinessAt() {}, *[Symbol.iterator]() {}, length: Infinity }),
    'wait() returned no batch: length is Infinity, no number of events; dataAt() is missing',
  );
  assert.is(
    await returning({ length: 0, fdAt() {}, readinessAt() {}, dataAt() {} }),
    'wait() returned no batch: it cannot be iterated',
  );
});

test('conformance:modules.5 a wait() or wake() that throws fails the clauses that call it, and is not refused before', async () => {
  const report = await runConformance({
    createPoller: () =>
      changed({
        wake() {
          throw new Error('no wakes here');
        },
      }),
    filter: 'wake.1,timeout.10',
  });
  assert.equal(
    report.results.map(({ outcome, reason }) => [outcome, reason]),
    [
      ['passed', undefined],
      ['failed', 'no wakes here'],
    ],
  );
});

test('conformance:modules.6 a missing member of the capabilities counts as false, and gates the clauses about it', async () => {
  const report = await runConformance({
    createPoller: () => changed({ capabilities: {} }),
    filter: 'oneshot.1,timeout.14',
  });
  assert.equal(
    report.results.map(({ id, outcome, reason }) => [id, outcome, reason]),
    [
      ['oneshot.1', 'gated', 'the poller lacks the capability "oneshot"'],
      ['timeout.14', 'failed', 'timeoutResolutionNs is undefined'],
    ],
  );
});

test('conformance:modules.7 a filter that is neither a clause nor a group is refused, also beside a valid one', async () => {
  for (const filter of ['nosuch', 'oneshot.1,nosuch', 'oneshot.', '']) {
    const error = await runConformance({ createPoller, filter }).then(
      () => undefined,
      (thrown: Error & { code?: string }) => thrown,
    );
    assert.equal([error?.name, error?.code], ['TypeError', 'ERR_INVALID_ARG_VALUE'], filter);
  }
});

test('conformance:modules.8 the error of a module names the place in the module', async () => {
  const files = {
    'throwing.cjs': "exports.createPoller = () => {\n  throw new Error('out of order');\n};",
    'wrong.cjs': 'exports.createPoller = () => {\n  return ];\n};',
  };
  await withModules(files, async (folder) => {
    for (const [name, message] of [
      ['throwing.cjs', /^out of order$/],
      ['wrong.cjs', /Unexpected|Expression expected/],
    ] as const) {
      const module = join(folder, name);
      const error = await runConformance({ module, filter: 'oneshot.1' }).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      assert.match(error!.message, message);
      // Bun keeps the place of a syntax error in a property of its own.
      if (name === 'wrong.cjs' && RUNTIME === 'bun') continue;
      assert.ok(`${error!.message}${error!.stack}`.includes(`${module}:2`), error!.stack);
    }
  });
});
