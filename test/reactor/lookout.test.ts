import {
  attachPoller,
  createPoller,
  EDGE,
  HANGUP,
  ONESHOT,
  READABLE,
  Reactor,
  READ_CLOSED,
  share,
  type ReactorOptions,
} from 'pollux';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { inSeparateUts, lackOfSeparateUts } from '../support/facts.js';
import { untilThreads, threadCount } from '../support/process.js';
import { runProgramBy } from '../support/program.js';
import { pair, receive, send, WAITERS } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { Signals } from '../support/signals.js';
import { suite } from '../support/suite.js';
import { WORKERS } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('reactor: the thread that waits');

const ROUNDS = 300;
const MODES = { level: 0, edge: EDGE, oneshot: ONESHOT, 'edge and oneshot': EDGE | ONESHOT };

function open(scope: Scope, options: ReactorOptions = {}): Reactor {
  const reactor = new Reactor({ waiter: 'thread', ...options });
  scope.atEnd(() => reactor.close());
  return reactor;
}

/** Gives the waiting thread a little time, or none, to see the event first. */
function dawdle(round: number): void {
  for (let spins = (round % 32) * 200; spins > 0; spins--) performance.now();
}

test.unless(lackOfSeparateUts())(
  'reactor:lookout.1 every change of a file that reports a change only to the first poll is delivered, in any mode',
  () => {
    const changes = 40;
    const { stdout, stderr } = runProgramBy(inSeparateUts, 'forgetful-file', String(changes));
    const all = { level: changes, 'level, readable too': changes, edge: changes, oneshot: changes, wait: changes };
    assert.equal(stdout === '' ? {} : JSON.parse(stdout), all, stderr);
  },
);

for (const [name, mode] of Object.entries(MODES)) {
  test(
    `reactor:lookout.2 ${name}: wait(0) on the reactor's poller reports an event that the waiting thread has seen first`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const { poller } = watched(open(scope), a, READABLE | mode);
      for (let round = 0; round < ROUNDS; round++) {
        send(b, 'x');
        dawdle(round);
        assert.equal(
          [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]),
          [[a, READABLE]],
          `round ${round}`,
        );
        assert.is(receive(a), 'x');
        if ((mode & ONESHOT) !== 0) poller.modify(a, READABLE | mode);
        assert.is(poller.wait(0).length, 0);
      }
    }),
  );

  test(
    `reactor:lookout.3 ${name}: another view of the poller gets an event that the waiting thread has seen first, once`,
    scoped((scope) => {
      const [a, b] = pair(scope);
      const reactor = watched(open(scope), a, READABLE | mode);
      const other = attachPoller(share(reactor.poller));
      scope.atEnd(() => other.close());
      for (let round = 0; round < ROUNDS; round++) {
        send(b, 'x');
        dawdle(round);
        const batch = other.wait(5000);
        assert.equal([batch.length, batch.fdAt(0), batch.readinessAt(0)], [1, a, READABLE], `round ${round}`);
        if ((mode & ONESHOT) !== 0) assert.is(reactor.poller.wait(0).length, 0);
        assert.is(receive(a), 'x');
        if ((mode & ONESHOT) !== 0) other.modify(a, READABLE | mode);
      }
    }),
  );

  test(
    `reactor:lookout.4 ${name}: an event that is over before the loop's next turn is not delivered, and one that gains bits is delivered with all of them`,
    scoped(async (scope) => {
      const [a, b] = pair(scope);
      const seen: number[] = [];
      const reactor = open(scope);
      const interest = READABLE | READ_CLOSED | mode;
      reactor.watch(a, interest, (readiness) => void seen.push(readiness));
      for (let round = 0; round < 20; round++) {
        send(b, 'x');
        dawdle(round);
        assert.is(receive(a), 'x');
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal(seen, [], `round ${round}`);
      }
      send(b, 'x');
      dawdle(31);
      scope.close(b);
      while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
      assert.is(seen[0], READABLE | READ_CLOSED | HANGUP);
    }),
  );

  test(
    `reactor:lookout.5 ${name}: an event that came while the loop was blocked prevents an idle timeout`,
    scoped(async (scope) => {
      const reactor = open(scope);
      const [never] = pair(scope);
      for (let round = 0; round < 5; round++) {
        const [a, b] = pair(scope);
        const order: string[] = [];
        await new Promise<void>((resolve) => {
          const watch = reactor.watch(a, READABLE | mode, () => {
            order.push('event');
            watch.close();
            resolve();
          });
          watch.setIdleTimeout(20, () => order.push('idle'));
          // Blocks this thread until the timeout is over, and the thread that waits has long seen the byte.
          const blocked = performance.now() + 40;
          send(b, 'x');
          while (performance.now() < blocked);
        });
        assert.equal(order, ['event'], `round ${round}`);
      }
      reactor.watch(never, READABLE, () => {}).close();
    }),
  );
}

test(
  'reactor:lookout.6 a wake is reported once, by wait() of either view or to onWake, whichever thread saw it first',
  scoped(async (scope) => {
    let woken = 0;
    const [a] = pair(scope);
    const reactor = watched(open(scope, { onWake: () => woken++ }), a, READABLE);
    const other = attachPoller(share(reactor.poller));
    scope.atEnd(() => other.close());
    for (let round = 0; round < ROUNDS; round++) {
      reactor.poller.wake();
      dawdle(round);
      const [first, second] = round % 2 === 0 ? [other, reactor.poller] : [reactor.poller, other];
      assert.equal([first.wait(0).woken, second.wait(0).woken], [true, false], `round ${round}`);
    }
    assert.is(woken, 0);
    for (let round = 1; round <= 20; round++) {
      reactor.poller.wake();
      while (woken < round) await new Promise((resolve) => setImmediate(resolve));
      assert.is(other.wait(0).woken, false);
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(woken, 20);
  }),
);

test(
  'reactor:lookout.7 an event that only the waiting thread has seen stays for other views when the reactor closes',
  scoped((scope) => {
    const poller = createPoller();
    scope.atEnd(() => poller.close());
    for (const mode of Object.values(MODES)) {
      for (let round = 0; round < 50; round++) {
        const [a, b] = pair(scope);
        const view = attachPoller(share(poller));
        const reactor = new Reactor({ poller: view, waiter: 'thread' });
        const [other] = pair(scope);
        reactor.watch(other, READABLE, () => {});
        poller.add(a, READABLE | mode);
        send(b, 'x');
        dawdle(round);
        reactor.close();
        view.close();
        const batch = poller.wait(0);
        assert.equal([batch.length, batch.fdAt(0)], [1, a], `mode ${mode}, round ${round}`);
        poller.remove(a);
        scope.close(a, b, other);
      }
    }
  }),
);

for (const waiter of WAITERS) {
  test.unless(
    on('deno', 'Deno does not end a worker that is blocked in a native call, and terminate() does not wait for it'),
  )(
    `reactor:lookout.8 ${waiter}: terminated workers that never took an event of a shared poller lose none of its events`,
    scoped(async (scope) => {
      const poller = scope.poller({ capacity: 64 });
      const threads = threadCount();
      const pairs = Array.from({ length: 8 }, () => pair(scope));
      const count = Number(process.env['POLLUX_REACTOR_TERMINATIONS'] ?? 200) / 4 / WAITERS.length;
      for (const [a] of pairs) poller.add(a, READABLE | ONESHOT);
      for (let round = 0; round < count; round++) {
        const signals = new Signals();
        const [own] = pair(scope);
        const workerData = { handle: share(poller), fd: own, waiter, cells: signals.cells };
        const worker = new Worker(join(WORKERS, 'blocked.js'), { workerData });
        signals.until(0, 1);
        for (const [, b] of pairs) send(b, 'x');
        await worker.terminate();
        if (poller.has(own)) poller.remove(own);
        scope.close(own);
        const seen: number[] = [];
        while (seen.length < pairs.length) {
          const batch = poller.wait(1000);
          assert.is.not(batch.length, 0, `round ${round}: ${seen.length} of ${pairs.length}`);
          for (let i = 0; i < batch.length; i++) seen.push(batch.fdAt(i));
        }
        assert.equal(seen.sort(byNumber), pairs.map(([a]) => a).sort(byNumber));
        for (const [a] of pairs) {
          receive(a);
          poller.modify(a, READABLE | ONESHOT);
        }
      }
      await untilThreads(threads);
    }),
  );
}

test(
  'reactor:lookout.9 a reactor whose loop never turns does not hinder wait(), wake() and close() of its poller',
  scoped((scope) => {
    for (let round = 0; round < 50; round++) {
      const [a, b] = pair(scope);
      const reactor = watched(open(scope), a, READABLE | EDGE);
      send(b, 'x');
      dawdle(round);
      if (round % 3 === 0) assert.is(reactor.poller.wait().length, 1);
      if (round % 3 === 1) reactor.poller.wake();
      reactor.close();
      scope.close(a, b);
    }
  }),
);

function watched(reactor: Reactor, fd: number, interest: number): Reactor {
  reactor.watch(fd, interest, () => {});
  return reactor;
}

function byNumber(a: number, b: number): number {
  return a - b;
}
