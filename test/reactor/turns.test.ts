import { READABLE, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { applied, Log, onBothWaiters, pair, receive, send, settle } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: turns of the host');

/** Blocks this thread and its event loop. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

onBothWaiters(
  test,
  'reactor:turns.1 after the loop was blocked each batch has its ticks and microtasks before the next',
  async (scope, open) => {
    const reactor = open({ capacity: 1 });
    const log = new Log();
    const ends = Array.from({ length: 4 }, () => pair(scope));
    const done = new Promise<void>((resolve) => {
      let left = ends.length;
      for (const [a, b] of ends) {
        const watch = reactor.watch(b, READABLE, () => {
          log.add('handler');
          receive(b);
          watch.close();
          process.nextTick(() => log.add('tick'));
          void Promise.resolve().then(() => {
            log.add('microtask');
            if (--left === 0) resolve();
          });
        });
        // The timeout is due when the loop continues, and the look before it finds all four events.
        watch.setIdleTimeout(5, () => log.add('idle'));
        send(a, 'x');
      }
    });
    block(40);
    await done;
    log.expect(...ends.flatMap(() => ['handler', 'tick', 'microtask']));
  },
);

onBothWaiters(
  test,
  'reactor:turns.2 a timeout is reported after the ticks of a batch that was found before it',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const event = reactor.watch(b, READABLE, () => {
      log.add('handler');
      receive(b);
      process.nextTick(() => log.add('tick'));
    });
    event.setIdleTimeout(10_000, () => {});
    const silent = reactor.watch(pair(scope)[0], READABLE, () => {});
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        // When the loop continues both events have come, and the timer runs before the host's loop polls.
        silent.setIdleTimeout(5, () => {
          log.add('idle');
          resolve();
        });
        send(a, 'x');
        block(40);
      }),
    );
    log.expect('handler', 'tick', 'idle');
  },
);

onBothWaiters(
  test,
  'reactor:turns.3 a descriptor that is always ready does not keep timeouts from expiring',
  async (scope, open) => {
    const reactor = open({ capacity: 1 });
    const busy = [pair(scope), pair(scope), pair(scope)].map(([, b]) => reactor.watch(b, WRITABLE, () => {}));
    const silent = reactor.watch(pair(scope)[0], READABLE, () => {});
    await new Promise<void>((resolve) => silent.setIdleTimeout(10, () => resolve()));
    for (const watch of busy) watch.close();
  },
);

/** Counts calls of `poller.modify()` from here on. */
function countModifies(poller: { modify(fd: number, interest: number, data?: unknown): void }): () => number {
  let count = 0;
  const modify = poller.modify.bind(poller);
  poller.modify = (fd, interest, data) => {
    count++;
    modify(fd, interest, data);
  };
  return () => count;
}

onBothWaiters(
  test,
  'reactor:turns.4 a change that the ticks and microtasks of a batch undo costs no system call',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    let events = 0;
    const watch = reactor.watch(b, READABLE, () => {
      events++;
      receive(b);
      watch.interest = 0;
      process.nextTick(
        () =>
          void Promise.resolve().then(() =>
            process.nextTick(() =>
              process.nextTick(async () => {
                for (let turn = 0; turn < 5; turn++) await undefined;
                watch.interest = READABLE;
              }),
            ),
          ),
      );
    });
    const count = countModifies(reactor.poller);
    for (let round = 1; round <= 3; round++) {
      send(a, 'x');
      await settle(scope, reactor);
      assert.is(events, round);
    }
    await applied();
    assert.is(count(), 0);
  },
);

onBothWaiters(
  test,
  "reactor:turns.5 a change that the ticks of another reactor's batch undo costs no system call",
  async (scope, open) => {
    const reactor = open();
    const other = open();
    const [a, b] = pair(scope);
    const watch = reactor.watch(pair(scope)[0], READABLE, () => {});
    const count = countModifies(reactor.poller);
    await new Promise<void>((resolve) => {
      other.watch(b, READABLE, () => {
        receive(b);
        process.nextTick(() => {
          watch.interest = 0;
          process.nextTick(
            () =>
              void Promise.resolve().then(() => {
                watch.interest = READABLE;
                resolve();
              }),
          );
        });
      });
      send(a, 'x');
    });
    await applied();
    assert.is(count(), 0);
  },
);

onBothWaiters(
  test,
  'reactor:turns.6 a change of interest is made before the loop waits, wherever in a turn it was set',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const change = (watch: Watch): Promise<void> =>
      new Promise((resolve) => {
        watch.handler = () => {
          watch.interest = 0;
          resolve();
        };
        watch.interest = WRITABLE;
      });
    const watch = reactor.watch(b, READABLE, () => {});
    const places: Array<(act: () => void) => void> = [
      (act) => act(),
      (act) => setTimeout(act, 1),
      (act) => setImmediate(act),
      (act) => process.nextTick(act),
      (act) => void Promise.resolve().then(act),
      (act) =>
        reactor.watch(pair(scope)[0], WRITABLE, (_, self) => {
          self.close();
          act();
        }),
    ];
    for (const place of places) {
      await new Promise<void>((resolve) => place(() => void change(watch).then(resolve)));
    }
    assert.is(watch.interest, 0);
  },
);

onBothWaiters(
  test,
  'reactor:turns.7 a failed change outside a batch is reported, and a change in run() is made at once',
  async (scope, open) => {
    const codes: unknown[] = [];
    const reactor = open({ onError: (error) => codes.push((error as NodeJS.ErrnoException).code) });
    const [a, b] = pair(scope);
    const gone = reactor.watch(b, READABLE, () => {});
    gone.unref();
    scope.close(b);
    gone.interest = WRITABLE;
    await applied();
    assert.equal(codes, ['EBADF']);
    const watch = reactor.watch(a, WRITABLE, () => {
      watch.interest = READABLE;
      watch.handler = () => reactor.stop();
    });
    sys.shutdown(a, 'both');
    reactor.run();
    assert.is(watch.interest, READABLE);
  },
);

onBothWaiters(test, 'reactor:turns.8 a batch has its events in the order in which they came', async (scope, open) => {
  const reactor = open();
  const ends = Array.from({ length: 3 }, () => pair(scope));
  const order: number[] = [];
  for (const [index, [, b]] of ends.entries()) {
    reactor.watch(b, READABLE, () => {
      receive(b);
      order.push(index);
    });
  }
  await settle(scope, reactor);
  for (const index of [1, 0, 2]) send(ends[index]![0], 'x');
  block(20);
  await settle(scope, reactor);
  assert.equal(order, [1, 0, 2]);
});
