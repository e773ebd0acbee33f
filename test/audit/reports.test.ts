import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { spawnSync } from 'node:child_process';
import {
  type AuditFinding,
  createPoller,
  EDGE,
  ONESHOT,
  type PollerOptions,
  READABLE,
  Reactor,
  share,
  WRITABLE,
} from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { programFile, ROOT } from '../support/paths.js';
import { onBothWaiters, pair } from '../support/reactor.js';
import { RUNTIME } from '../support/runtime.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { later, work } from './planted/plants.js';

const test = suite('audit: reports');

/** The plant of test/audit/planted/pollers.ts that is a level registration for WRITABLE, and the one that is left. */
const SPIN = '7';
const LEFT = '19';

function run(args: string[], env: NodeJS.ProcessEnv): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...env },
    timeout: 60_000,
  });
}

const plant = (index: string, mode: string): ReturnType<typeof run> =>
  run([programFile('audit-plant'), 'pollers', index], { POLLUX_AUDIT: mode });

test('audit:reports.1 warn prints a warning with the code, the cure and the stack, and a table at the exit', () => {
  const { stderr, status } = plant(SPIN, 'warn');
  assert.is(status, 0);
  assert.match(
    stderr,
    /\[POLLUX_WRITABLE_SPIN\] PolluxAuditWarning: fd \d+ \(unix socket\): WRITABLE was reported 20 times/,
  );
  assert.match(stderr, /Ask for WRITABLE only while[^]*Registered with READABLE\|WRITABLE:\n +at .*planted/);
  assert.match(stderr, /\npollux audit: 1 finding\n {2}POLLUX_WRITABLE_SPIN {2}fd \d+ {2}unix socket {2}.*planted/);
});

test('audit:reports.2 warn prints what is found at the exit, where no warning is printed any more', () => {
  const { stderr, status } = plant(LEFT, 'warn');
  assert.is(status, 0);
  assert.match(stderr, /^POLLUX_NEVER_REMOVED fd \d+ \(unix socket\): it is still registered when the process exits\n/);
});

test('audit:reports.3 throw throws an Error with the code, the descriptor and the finding, from the call that shows it', () => {
  const { stderr, status } = plant(SPIN, 'throw');
  assert.is(status, 1);
  assert.match(stderr, /[Ee]rror: fd \d+ \(unix socket\): WRITABLE was reported 20 times/);
  assert.match(stderr, /at (NativePoller\.)?wait /);
  // Deno prints no properties of an error that nobody has caught.
  if (RUNTIME !== 'deno') assert.match(stderr, /code: ['"]POLLUX_WRITABLE_SPIN['"]/);
});

test('audit:reports.4 throw sets the exit status where something is found at the exit', () => {
  const { stderr, status } = plant(LEFT, 'throw');
  assert.is(status, 1);
  assert.match(stderr, /POLLUX_NEVER_REMOVED/);
});

test(
  'audit:reports.5 a finding is published on the channel pollux:audit, once for a descriptor and kind',
  scoped((scope) => {
    const found: AuditFinding[] = [];
    const add = (message: unknown): unknown => found.push(message as AuditFinding);
    subscribe('pollux:audit', add);
    scope.atEnd(() => unsubscribe('pollux:audit', add));
    const poller = scope.poller({ audit: { mode: 'json', repeats: 3, only: ['POLLUX_WRITABLE_SPIN'] } });
    const [a] = pair(scope);
    poller.add(a, WRITABLE);
    for (let count = 0; count < 12; count++) poller.wait(1000);
    assert.equal(
      found.map(({ code, fd, kind, interest }) => [code, fd, kind, interest]),
      [['POLLUX_WRITABLE_SPIN', a, 'unix socket', 'WRITABLE']],
    );
    assert.match(found[0]!.registeredAt[0]!, /reports\.test/);
    poller.remove(a);
  }),
);

test(
  'audit:reports.6 only leaves out the other findings, and repeats moves the limit',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw', repeats: 5, only: ['POLLUX_GHOST'] } });
    const other = scope.poller({ audit: { mode: 'throw', repeats: 5 } });
    const [a] = pair(scope);
    poller.add(a, WRITABLE);
    other.add(a, WRITABLE);
    for (let count = 0; count < 12; count++) poller.wait(1000);
    for (let count = 0; count < 4; count++) other.wait(1000);
    assert.throws(
      () => other.wait(1000),
      (error: Error & { code?: string; fd?: number }) => error.code === 'POLLUX_WRITABLE_SPIN' && error.fd === a,
    );
    poller.remove(a);
    other.remove(a);
  }),
);

test('audit:reports.7 options of the wrong type or value are refused', () => {
  const refused = (audit: unknown, code: string): void =>
    assert.is(thrownBy(() => createPoller({ audit } as PollerOptions)).code, code, String(audit));
  refused('warn', 'ERR_INVALID_ARG_TYPE');
  refused(null, 'ERR_INVALID_ARG_TYPE');
  refused({ quiet: 1 }, 'ERR_INVALID_ARG_VALUE');
  refused({ mode: 'loud' }, 'ERR_INVALID_ARG_VALUE');
  refused({ quietMs: 0 }, 'ERR_OUT_OF_RANGE');
  refused({ slowHandlerMs: NaN }, 'ERR_OUT_OF_RANGE');
  refused({ repeats: 1 }, 'ERR_OUT_OF_RANGE');
  refused({ repeats: '20' }, 'ERR_INVALID_ARG_TYPE');
  refused({ only: 'POLLUX_GHOST' }, 'ERR_INVALID_ARG_TYPE');
  refused({ only: ['POLLUX_GOST'] }, 'ERR_INVALID_ARG_VALUE');
});

test(
  'audit:reports.8 a reactor takes the option, but not together with a poller that exists',
  scoped((scope) => {
    const reactor = new Reactor({ audit: { mode: 'throw' } });
    assert.is(reactor.poller.inspect().audited, true);
    reactor.close();
    const poller = scope.poller();
    assert.is(thrownBy(() => new Reactor({ poller, audit: true })).code, 'ERR_INVALID_ARG_VALUE');
  }),
);

test('audit:reports.9 an unknown mode in POLLUX_AUDIT is refused by createPoller()', () => {
  const { stderr } = run(['-e', "require('pollux').createPoller()"], { POLLUX_AUDIT: 'loud' });
  assert.match(stderr, /POLLUX_AUDIT" must be 'warn', 'throw' or 'json'/);
});

const SCRIPT = `
  const { createPoller, Reactor, READABLE, watch } = require('pollux');
  const sys = require('pollux/sys');
  const read = sys.read;
  const [a, b] = sys.socketPair();
  const poller = createPoller(OPTIONS);
  poller.add(a, READABLE);
  poller.wait(0);
  poller.close();
  new Reactor(OPTIONS).close();
  sys.close(a);
  sys.close(b);
  console.log(Object.keys(require.cache).some((file) => file.includes('audit')));`;

test('audit:reports.10 without audit no module of it is loaded', () => {
  const loads = (options: string, mode: string): string =>
    run(['-e', SCRIPT.replaceAll('OPTIONS', options)], { POLLUX_AUDIT: mode }).stdout;
  assert.is(loads('{}', ''), 'false\n');
  assert.is(loads('{ audit: false }', 'warn'), 'false\n');
  assert.is(loads('{ audit: true }', ''), 'true\n');
  assert.is(loads('{}', 'warn'), 'true\n');
});

test(
  'audit:reports.11 a correct edge loop, and one that holds back while a write waits for room, have no finding',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw', quietMs: 10 } });
    const [a, b] = pair(scope);
    const [c] = pair(scope);
    poller.add(a, READABLE | EDGE);
    poller.add(c, READABLE | EDGE);
    fillUp(c);
    wholly(b, 100);
    for (const { fd } of poller.wait(1000)) readOnce(fd);
    for (let count = 0; count < 5; count++) poller.wait(20);
    while (readOnce(a) > 0);
    for (let count = 0; count < 5; count++) poller.wait(20);
    poller.remove(a);
    poller.remove(c);
  }),
);

test(
  'audit:reports.12 a slow consumer of events() in level and edge mode has no finding',
  scoped(async (scope) => {
    for (const mode of [0, EDGE]) {
      const found: unknown[] = [];
      const reactor = new Reactor({ audit: { mode: 'throw', quietMs: 5 }, onError: (error) => found.push(error) });
      scope.atEnd(() => reactor.close());
      const [a, b] = pair(scope);
      wholly(b, 100);
      for await (const readiness of reactor.events(a, READABLE | mode)) {
        assert.is(readiness, READABLE);
        await new Promise((resolve) => setTimeout(resolve, 50));
        break;
      }
      reactor.close();
      assert.equal(found, []);
    }
  }),
);

test(
  'audit:reports.13 a oneshot of a shared poller is left to the thread that has its event',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw', quietMs: 5 } });
    share(poller);
    const [a, b] = pair(scope);
    poller.add(a, READABLE | ONESHOT);
    wholly(b, 1);
    assert.is([...poller.wait(1000)].length, 1);
    for (let count = 0; count < 3; count++) poller.wait(10);
    poller.remove(a);
  }),
);

test(
  'audit:reports.14 a descriptor that is closed just before its poller has no finding',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw' } });
    const [a] = pair(scope);
    poller.add(a, READABLE);
    poller.wait(0);
    scope.close(a);
    poller.close();
  }),
);

test(
  'audit:reports.15 an edge that is about to be delivered is no finding where reads stop at a short one',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw', quietMs: 1, only: ['POLLUX_EDGE_NOT_DRAINED'] } });
    const [a, b] = pair(scope);
    poller.add(a, READABLE | EDGE);
    for (let round = 0; round < 10; round++) {
      wholly(b, 5);
      assert.equal(
        [...poller.wait(0)].map(({ fd }) => readOnce(fd)),
        [5],
      );
      work(3);
      if (round % 2 === 0) poller.wait(0);
      work(3);
    }
    poller.remove(a);
  }),
);

onBothWaiters(
  test,
  'audit:reports.16 an edge that comes while the thread is busy is no finding where reads stop at a short one',
  async (scope, open) => {
    const found: unknown[] = [];
    const add = (message: unknown): unknown => found.push(message);
    subscribe('pollux:audit', add);
    scope.atEnd(() => unsubscribe('pollux:audit', add));
    const reactor = open({ audit: { mode: 'json', quietMs: 80, only: ['POLLUX_EDGE_NOT_DRAINED'] } });
    const [a, b] = pair(scope);
    let told = (): void => {};
    reactor.watch(a, READABLE | EDGE, () => {
      readOnce(a);
      told();
    });
    for (let round = 0; round < 10; round++) {
      const event = new Promise<void>((resolve) => (told = resolve));
      // The timer of the audit is due before the loop looks for the event, in the second turn or in the third.
      for (let turn = round % 2; turn < 3; turn++) {
        work(45);
        if (turn === 2) wholly(b, 5);
        await later(0);
      }
      await event;
    }
    assert.equal(found, []);
  },
);

test(
  'audit:reports.17 a oneshot counts as forgotten when nobody has used it for quietMs, and never earlier',
  scoped(async (scope) => {
    const quietMs = 100;
    const early: number[] = [];
    const since = new Map<number, number>();
    const add = (message: unknown): void => {
      const ms = performance.now() - since.get((message as AuditFinding).fd)!;
      since.delete((message as AuditFinding).fd);
      if (ms < quietMs) early.push(ms);
    };
    subscribe('pollux:audit', add);
    scope.atEnd(() => unsubscribe('pollux:audit', add));
    const reactor = new Reactor({ audit: { mode: 'json', quietMs, only: ['POLLUX_ONESHOT_NOT_REARMED'] } });
    scope.atEnd(() => reactor.close());
    for (let count = 0; count < 10; count++) {
      const [a, b] = pair(scope);
      wholly(b, 5);
      reactor.watch(a, READABLE | ONESHOT, () => void since.set(a, performance.now()));
      await later(10);
    }
    while (since.size > 0) await later(10);
    assert.equal(early, []);
  }),
);

test(
  'audit:reports.18 a wait that throws a finding loses no event of its batch, in edge and oneshot mode',
  scoped((scope) => {
    const poller = scope.poller({ audit: { mode: 'throw', repeats: 3, quietMs: 5 } });
    const [spinning] = pair(scope);
    poller.add(spinning, WRITABLE, 'spinning');
    for (let count = 0; count < 2; count++) assert.is(poller.wait(1000).length, 1);
    for (const mode of [EDGE, ONESHOT]) {
      const [a, b] = pair(scope);
      poller.add(a, READABLE | mode, mode);
      wholly(b, 5);
    }
    assert.is(thrownBy(() => poller.wait(1000)).code, 'POLLUX_WRITABLE_SPIN');
    poller.remove(spinning);
    const batch = poller.wait(1000);
    assert.equal([...batch].map(({ data }) => data).sort(), [EDGE, ONESHOT]);
    for (const { fd } of batch) {
      readOnce(fd);
      poller.remove(fd);
    }
  }),
);

/** Writes until there is no room. */
function fillUp(fd: number): void {
  while (sys.write(fd, new Uint8Array(65536)) !== sys.WOULD_BLOCK);
}

function wholly(fd: number, length: number): void {
  assert.is(sys.write(fd, new Uint8Array(length)), length);
}

function readOnce(fd: number): number {
  return sys.read(fd, new Uint8Array(10));
}
