import { READABLE, Reactor } from 'pollux';
import * as assert from 'uvu/assert';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { Log, onBothWaiters, pair, receive, rejection, send, settle, uncaught } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: idle timeouts');

/** Blocks this thread and its event loop. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

onBothWaiters(
  test,
  'reactor:idle.1 onIdle is called once when no event came, never early, with the watch',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    const start = performance.now();
    let fired = 0;
    const self = await new Promise((resolve) => {
      watch.setIdleTimeout(20.5, (idle) => {
        fired++;
        resolve(idle);
      });
    });
    assert.ok(performance.now() - start >= 20.5);
    assert.ok(self === watch);
    await reactor.once(pair(scope)[0], READABLE, { timeoutMs: 80 }).catch(() => {});
    assert.is(fired, 1);
  },
);

onBothWaiters(
  test,
  'reactor:idle.2 an event restarts the idle time, also after onIdle was called',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const firedMs: number[] = [];
    let lastMs = 0;
    let next: (() => void) | undefined;
    const watch = reactor.watch(b, READABLE, () => {
      lastMs = performance.now();
      receive(b);
    });
    watch.setIdleTimeout(30, () => {
      firedMs.push(performance.now() - lastMs);
      next?.();
    });
    for (let round = 0; round < 2; round++) {
      const fired = new Promise<void>((resolve) => {
        next = resolve;
      });
      for (let event = 0; event < 3; event++) {
        send(a, 'x');
        await settle(scope, reactor);
        block(15);
      }
      await fired;
    }
    // On a busy machine the time between two events may exceed the timeout.
    assert.ok(firedMs.length >= 2);
    assert.ok(
      firedMs.every((ms) => ms >= 30),
      String(firedMs),
    );
  },
);

onBothWaiters(
  test,
  'reactor:idle.3 an event that came while the loop was blocked prevents onIdle',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const watch = reactor.watch(
      b,
      READABLE,
      log.handler('event', () => {
        receive(b);
        watch.setIdleTimeout(0);
      }),
    );
    watch.setIdleTimeout(20, () => log.add('idle'));
    send(a, 'x');
    block(60);
    await settle(scope, reactor);
    log.expect('event READABLE');
  },
);

for (const inRun of [false, true]) {
  onBothWaiters(
    test,
    `reactor:idle.8 no watch is idle when more are ready than a batch holds${inRun ? ', in run()' : ''}`,
    async (scope, open) => {
      const reactor = open({ capacity: 2 });
      const log = new Log();
      const seen = new Set<number>();
      for (let index = 0; index < 7; index++) {
        const [a, b] = pair(scope);
        reactor
          .watch(b, READABLE, (_, watch) => {
            receive(b);
            seen.add(b);
            watch.setIdleTimeout(0);
            if (inRun && seen.size === 7) reactor.stop();
          })
          .setIdleTimeout(20, () => log.add('idle'));
        send(a, 'x');
      }
      block(60);
      if (inRun) reactor.run();
      else await settle(scope, reactor);
      log.expect();
      assert.is(seen.size, 7);
    },
  );
}

onBothWaiters(test, 'reactor:idle.9 closing the reactor in onIdle ends all timeouts', async (scope, open) => {
  const reactor = open();
  const log = new Log();
  for (let index = 0; index < 4; index++) {
    reactor
      .watch(pair(scope)[0], READABLE, () => {})
      .setIdleTimeout(5, () => {
        log.add('idle');
        reactor.close();
      });
  }
  const other = open();
  await rejection(other.once(pair(scope)[0], READABLE, { timeoutMs: 80 }));
  log.expect('idle');
});

test(
  'reactor:idle.10 an idle time longer than the host can count does not end early',
  scoped(async (scope) => {
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const log = new Log();
    reactor.watch(pair(scope)[0], READABLE, () => {}).setIdleTimeout(40 * 86_400_000, () => log.add('idle'));
    const [a, b] = pair(scope);
    const waiting = reactor.once(b, READABLE, { timeoutMs: 2 ** 33 });
    await settle(scope, reactor);
    send(a, 'x');
    assert.is(await waiting, READABLE);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    log.expect();
    assert.equal(warnings, []);
  }),
);

onBothWaiters(test, 'reactor:idle.11 run() inside onIdle is refused', async (scope, open) => {
  const reactor = open();
  const code = await new Promise((resolve) => {
    reactor
      .watch(pair(scope)[0], READABLE, () => {})
      .setIdleTimeout(5, () => resolve(thrownBy(() => reactor.run()).code));
  });
  assert.is(code, 'ERR_REACTOR_BUSY');
});

onBothWaiters(
  test,
  'reactor:idle.4 an idle time of 0 removes the timeout, a new value replaces it, and close() ends it',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const watches = [pair(scope), pair(scope), pair(scope)].map(([, b]) => reactor.watch(b, READABLE, () => {}));
    for (const watch of watches) watch.setIdleTimeout(5, () => log.add('first'));
    watches[0]!.setIdleTimeout(0);
    watches[1]!.setIdleTimeout(10, () => log.add('second'));
    watches[2]!.close();
    await reactor.once(pair(scope)[0], READABLE, { timeoutMs: 60 }).catch(() => {});
    log.expect('second');
  },
);

onBothWaiters(
  test,
  'reactor:idle.5 an exception of onIdle is raised, and the other timeouts expire',
  async (scope, open) => {
    const reactor = open();
    const errors = await uncaught(3, () => {
      for (const [, b] of [pair(scope), pair(scope), pair(scope)]) {
        reactor
          .watch(b, READABLE, () => {})
          .setIdleTimeout(5, () => {
            throw new Error('idle');
          });
      }
    });
    assert.equal(
      errors.map((error) => (error as Error).message),
      ['idle', 'idle', 'idle'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:idle.6 a thousand watches expire after their own times, in the order of ticks',
  async (scope, open) => {
    const reactor = open();
    const late: number[] = [];
    const start = performance.now();
    await new Promise<void>((resolve) => {
      for (let index = 0; index < 500; index++) {
        const [a, b] = pair(scope);
        for (const fd of [a, b]) {
          const ms = 20 + (index % 50);
          reactor
            .watch(fd, READABLE, () => {})
            .setIdleTimeout(ms, (watch) => {
              late.push(performance.now() - start - ms);
              watch.close();
              if (late.length === 1000) resolve();
            });
        }
      }
    });
    assert.ok(
      late.every((ms) => ms >= 0),
      String(Math.min(...late)),
    );
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(test, 'reactor:idle.7 bad arguments are refused', (scope, open) => {
  const reactor = open();
  const watch = reactor.watch(pair(scope)[0], READABLE, () => {});
  const set = (ms: unknown, onIdle: unknown) => () => watch.setIdleTimeout(ms as number, onIdle as () => void);
  expectRefusal(
    set(-1, () => {}),
    RangeError,
    'ERR_OUT_OF_RANGE',
  );
  expectRefusal(
    set(NaN, () => {}),
    RangeError,
    'ERR_OUT_OF_RANGE',
  );
  expectRefusal(
    set(Infinity, () => {}),
    RangeError,
    'ERR_OUT_OF_RANGE',
  );
  expectRefusal(
    set('1', () => {}),
    TypeError,
    'ERR_INVALID_ARG_TYPE',
  );
  expectRefusal(set(1, undefined), TypeError, 'ERR_INVALID_ARG_TYPE');
  watch.close();
  watch.setIdleTimeout(5, () => {});
});

onBothWaiters(
  test,
  'reactor:idle.12 the idle time starts at the delivery of an event, however long other handlers of its batch take',
  async (scope, open) => {
    const reactor = open();
    const ends = [pair(scope), pair(scope), pair(scope)];
    const lastMs = new Map<number, number>();
    const idleMs: number[] = [];
    await new Promise<void>((resolve) => {
      for (const [a, b] of ends) {
        const watch = reactor.watch(b, READABLE, () => {
          lastMs.set(b, performance.now());
          receive(b);
          block(40);
        });
        watch.setIdleTimeout(30, () => {
          idleMs.push(performance.now() - lastMs.get(b)!);
          if (idleMs.length === ends.length) resolve();
        });
        send(a, 'x');
      }
    });
    assert.ok(
      idleMs.every((ms) => ms >= 30),
      String(idleMs),
    );
  },
);

onBothWaiters(
  test,
  'reactor:idle.13 an onIdle that takes long and resets the timeout of another watch makes no timeout early',
  async (scope, open) => {
    const reactor = open();
    const watches = [pair(scope), pair(scope)].map(([, b]) => reactor.watch(b, READABLE, () => {}));
    const early = await new Promise<number>((resolve) => {
      let sinceMs = 0;
      watches.forEach((watch, index) =>
        watch.setIdleTimeout(5, () => {
          block(40);
          sinceMs = performance.now();
          watches[1 - index]!.setIdleTimeout(20, () => resolve(performance.now() - sinceMs));
        }),
      );
      block(20);
    });
    assert.ok(early >= 20, String(early));
  },
);
