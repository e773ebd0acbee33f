import { AsyncLocalStorage } from 'node:async_hooks';
import { READABLE, Reactor, type ReactorTimer } from 'pollux';
import * as assert from 'uvu/assert';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { runProgram } from '../support/program.js';
import { Log, onBothWaiters, pair, receive, send, WAITERS } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: timers');

/** Resolves when `start` has called what it was given. */
const called = (start: (resolve: () => void) => void): Promise<void> => new Promise((resolve) => start(resolve));

onBothWaiters(
  test,
  'reactor:timers.1 after() calls its callback once, never early, and the timer is closed then',
  async (_, open) => {
    const reactor = open();
    for (const ms of [0, 0.25, 8, 20.5]) {
      const startMs = performance.now();
      let calls = 0;
      let timer: ReactorTimer | undefined;
      await called((resolve) => {
        timer = reactor.after(ms, () => {
          calls++;
          assert.ok(performance.now() - startMs >= ms, `${ms} ms`);
          resolve();
        });
        assert.is(timer.closed, false);
      });
      await called((resolve) => reactor.after(20, resolve));
      assert.equal([calls, timer?.closed], [1, true]);
    }
  },
);

onBothWaiters(
  test,
  'reactor:timers.2 timers are called in the order of their deadlines, and with the same deadline in the order in which they were made',
  async (_, open) => {
    const reactor = open();
    const log = new Log();
    await called((resolve) => {
      for (const ms of [30, 3, 2, 1, 2.5, 0, 600, 512]) reactor.after(ms, () => log.add(`after ${ms}`));
      for (const name of ['a', 'b', 'c']) reactor.after(1e-9, () => log.add(name));
      reactor.after(620, resolve);
    });
    const inOrder = log.lines.filter((line) => line.startsWith('after'));
    assert.equal(
      inOrder,
      [0, 1, 2, 2.5, 3, 30, 512, 600].map((ms) => `after ${ms}`),
    );
    assert.equal(
      log.lines.filter((line) => !line.startsWith('after')),
      ['a', 'b', 'c'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:timers.3 every() calls its callback each period, never early, and skips periods that have passed',
  async (_, open) => {
    const reactor = open();
    const startMs = performance.now();
    const atMs: number[] = [];
    await called((resolve) => {
      const timer = reactor.every(10, () => {
        atMs.push(performance.now() - startMs);
        // Longer than three periods.
        if (atMs.length === 2) while (performance.now() - startMs < atMs[1]! + 35);
        if (atMs.length < 4) return;
        timer.close();
        resolve();
      });
    });
    assert.is(atMs.length, 4);
    assert.ok(atMs[0]! >= 10 && atMs[1]! >= 20, String(atMs));
    // What was due at 30, 40 and 50 ms is one call; the next is due at 60.
    assert.ok(atMs[2]! >= atMs[1]! + 35 && atMs[3]! >= 60, String(atMs));
  },
);

onBothWaiters(test, 'reactor:timers.4 a closed timer is not called, also where it was due already', async (_, open) => {
  const reactor = open();
  const log = new Log();
  await called((resolve) => {
    const first = reactor.after(1, () => {
      log.add('first');
      second.close();
    });
    const second = reactor.after(1, () => log.add('second'));
    const never = reactor.every(1, () => log.add('never'));
    never.close();
    never.close();
    assert.equal([first.closed, never.closed], [false, true]);
    reactor.after(40, resolve);
  });
  log.expect('first');
});

onBothWaiters(
  test,
  'reactor:timers.5 what is ready when a timer is due is delivered before it',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const log = new Log();
    reactor.watch(b, READABLE, () => log.add(`read ${receive(b)}`));
    await called((resolve) => {
      reactor.after(5, () => {
        log.add('timer');
        resolve();
      });
      send(a, 'x');
      const startMs = performance.now();
      while (performance.now() - startMs < 30);
    });
    log.expect('read x', 'timer');
  },
);

test(
  'reactor:timers.6 run() serves timers, and stop() in a callback ends it',
  scoped((scope) => {
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const log = new Log();
    const startMs = performance.now();
    reactor.after(15, () => log.add(performance.now() - startMs >= 15 ? 'after' : 'early'));
    let periods = 0;
    const every = reactor.every(10, () => {
      log.add('every');
      if (++periods < 3) return;
      every.close();
      reactor.stop();
    });
    reactor.run();
    assert.ok(performance.now() - startMs >= 30);
    assert.equal(log.lines.filter((line) => line === 'every').length, 3);
    assert.equal(
      log.lines.filter((line) => line !== 'every'),
      ['after'],
    );
    reactor.after(0, () => {
      log.add(String(thrownBy(() => reactor.run()).code));
      reactor.stop();
    });
    reactor.run();
    assert.is(log.lines.at(-1), 'ERR_REACTOR_BUSY');
  }),
);

onBothWaiters(test, 'reactor:timers.7 100,000 timers are all called, in order, and none early', async (_, open) => {
  const reactor = open();
  const COUNT = 100_000;
  const startMs = performance.now();
  let early = 0;
  let outOfOrder = 0;
  let calls = 0;
  let lastMs = 0;
  await called((resolve) => {
    for (let index = 0; index < COUNT; index++) {
      const ms = ((index * 7919) % 400) + 0.5;
      const madeMs = performance.now();
      reactor.after(ms, () => {
        if (performance.now() - madeMs < ms) early++;
        if (doneMs + ms < lastMs) outOfOrder++;
        lastMs = Math.max(lastMs, madeMs + ms);
        if (++calls === COUNT) resolve();
      });
      // The timer was made between the two.
      const doneMs = performance.now();
    }
  });
  assert.equal([calls, early, outOfOrder], [COUNT, 0, 0]);
  assert.ok(performance.now() - startMs >= 400);
});

onBothWaiters(
  test,
  'reactor:timers.8 a callback of a timer runs in the async context that made the timer, and its exception is raised there',
  async (_, open) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await called((resolve) => {
      const reactor = open({
        onError: (error, watch) => {
          seen.push(storage.getStore(), (error as Error).message, watch);
          if (seen.length === 7) resolve();
        },
      });
      reactor.after(0, () => {});
      storage.run('request', () => {
        reactor.after(1, () => {
          seen.push(storage.getStore());
          throw new Error('of a callback');
        });
        reactor.after(10, async () => {
          throw new Error('of a promise');
        });
      });
    });
    assert.equal(seen, ['request', 'request', 'of a callback', undefined, 'request', 'of a promise', undefined]);
  },
);

test(
  'reactor:timers.9 wrong arguments and a closed reactor are refused',
  scoped((scope) => {
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    for (const start of ['after', 'every'] as const) {
      expectRefusal(() => reactor[start]('5' as never, () => {}), TypeError, 'ERR_INVALID_ARG_TYPE');
      expectRefusal(() => reactor[start](5, undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
      for (const ms of [-1, NaN, Infinity]) {
        expectRefusal(() => reactor[start](ms, () => {}), RangeError, 'ERR_OUT_OF_RANGE');
      }
    }
    expectRefusal(() => reactor.every(0, () => {}), RangeError, 'ERR_OUT_OF_RANGE');
    const timer = reactor.every(5, () => {});
    reactor.close();
    assert.is(timer.closed, true);
    timer.ref().unref().close();
    expectRefusal(() => reactor.after(5, () => {}), Error, 'ERR_POLLER_CLOSED');
  }),
);

onBothWaiters(
  test,
  'reactor:timers.11 no timer is called after one that was due with it has closed the reactor',
  async (_, open) => {
    const reactor = open();
    const log = new Log();
    await called((resolve) => {
      for (const name of ['first', 'second']) {
        reactor.after(1, () => {
          log.add(name);
          reactor.close();
          resolve();
        });
      }
      reactor.every(1, () => log.add('every'));
    });
    const other = open();
    await called((resolve) => other.after(20, resolve));
    log.expect('first');
  },
);

const ENDS: Readonly<Record<string, string>> = {
  after: 'after in time\n',
  every: 'every in time\n'.repeat(3),
  unref: '',
  'unref and ref': 'ref in time\n',
  'unref of the reactor': '',
  close: 'after in time\n',
  'close the reactor': 'after in time\n',
  'unref of a closed reactor, whose poller another one has': 'after in time\n',
};

for (const waiter of WAITERS) {
  for (const [how, expected] of Object.entries(ENDS)) {
    test(`reactor:timers.10 ${waiter}: an open timer keeps the process alive unless it or its reactor is unreferenced: ${how}`, () => {
      const { stdout, stderr } = runProgram('reactor-timers', how, waiter);
      assert.equal([stdout, stderr], [expected, '']);
    });
  }
}
