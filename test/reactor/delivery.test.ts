import { AsyncLocalStorage } from 'node:async_hooks';
import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal, expectSystemError, thrownBy } from '../support/expect.js';
import { Log, onBothWaiters, pair, receive, rejection, send, settle, uncaught } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: delivery', { sanitized: ['epoll'] });

onBothWaiters(test, 'reactor:watch.1 a handler is called with the readiness and the watch', async (scope, open) => {
  const reactor = open();
  const log = new Log();
  const [a, b] = pair(scope);
  const watches: Watch[] = [];
  const watch = reactor.watch(b, READABLE, (readiness, self) => {
    watches.push(self);
    log.add(`${readiness} ${receive(b)}`);
  });
  await settle(scope, reactor);
  log.expect();
  send(a, 'one');
  await settle(scope, reactor);
  log.expect(`${READABLE} one`);
  sys.shutdown(a, 'write');
  await settle(scope, reactor);
  watch.close();
  assert.match(log.lines[0]!, String(READABLE | READ_CLOSED));
  assert.ok(watches.every((self) => self === watch));
  assert.is(watch.fd, b);
});

onBothWaiters(
  test,
  'reactor:watch.2 level reports until the descriptor is drained, edge and oneshot report once',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = [pair(scope), pair(scope), pair(scope)] as const;
    let levels = 0;
    const level = reactor.watch(ends[0][1], READABLE, () => {
      if (++levels === 3) receive(ends[0][1]);
    });
    reactor.watch(ends[1][1], READABLE | EDGE, log.handler('edge'));
    const oneshot = reactor.watch(ends[2][1], READABLE | ONESHOT, log.handler('oneshot'));
    for (const [a] of ends) send(a, 'x');
    await settle(scope, reactor);
    await settle(scope, reactor);
    assert.is(levels, 3);
    assert.equal(log.lines.splice(0).sort(), ['edge READABLE', 'oneshot READABLE']);
    send(ends[1][0], 'y');
    send(ends[2][0], 'y');
    await settle(scope, reactor);
    log.expect('edge READABLE');
    oneshot.rearm();
    await settle(scope, reactor);
    log.expect('oneshot READABLE');
    assert.is(level.closed, false);
  },
);

onBothWaiters(
  test,
  'reactor:watch.3 a handler that throws raises uncaughtException, and the rest of the batch is delivered',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = Array.from({ length: 5 }, () => pair(scope));
    for (const [, b] of ends) {
      reactor.watch(
        b,
        READABLE | ONESHOT,
        log.handler('seen', () => {
          throw new Error(`of ${b}`);
        }),
      );
    }
    const errors = await uncaught(5, () => ends.forEach(([a]) => send(a, 'x')));
    assert.equal(errors.map((error) => (error as Error).message).sort(), ends.map(([, b]) => `of ${b}`).sort());
    log.expect(...ends.map(() => 'seen READABLE'));
  },
);

onBothWaiters(test, 'reactor:watch.4 onError gets the exception of a handler and its watch', async (scope, open) => {
  const seen: unknown[] = [];
  const reactor = open({ onError: (error, watch) => seen.push([error, watch]) });
  const [a, b] = pair(scope);
  const thrown = { not: 'an error' };
  const watch = reactor.watch(b, READABLE | ONESHOT, () => {
    throw thrown;
  });
  send(a, 'x');
  await settle(scope, reactor);
  assert.is(seen.length, 1);
  const [error, of] = seen[0] as [unknown, Watch];
  assert.ok(error === thrown && of === watch);
});

onBothWaiters(test, 'reactor:watch.5 an exception of onError is an uncaught exception', async (scope, open) => {
  const reactor = open({
    onError: () => {
      throw new Error('second');
    },
  });
  const [a, b] = pair(scope);
  reactor.watch(b, READABLE | ONESHOT, () => {
    throw new Error('first');
  });
  const errors = await uncaught(1, () => send(a, 'x'));
  assert.equal(
    errors.map((error) => (error as Error).message),
    ['second'],
  );
});

onBothWaiters(
  test,
  'reactor:watch.6 handlers run in the async context of their watch(), which ends with the handler',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const storage = new AsyncLocalStorage<string>();
    const ends = ['one', 'two', undefined].map((name) => [name, ...pair(scope)] as const);
    for (const [name, , b] of ends) {
      const begin = (): Watch =>
        reactor.watch(b, READABLE | ONESHOT, () => {
          log.add(String(storage.getStore()));
          storage.enterWith('left behind');
          void Promise.resolve().then(() => log.add(`then ${storage.getStore()}`));
        });
      if (name === undefined) begin();
      else storage.run(name, begin);
    }
    for (const [, a] of ends) send(a, 'x');
    await settle(scope, reactor);
    assert.equal(log.lines.sort(), [
      'one',
      'then left behind',
      'then left behind',
      'then left behind',
      'two',
      'undefined',
    ]);
  },
);

onBothWaiters(
  test,
  'reactor:watch.7 after a batch come its ticks, then its microtasks, then anything else',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const done = new Promise<void>((resolve) => {
      reactor.watch(b, READABLE | ONESHOT, () => {
        setImmediate(() => {
          log.add('immediate');
          resolve();
        });
        void Promise.resolve().then(() => log.add('microtask'));
        process.nextTick(() => log.add('tick'));
        log.add('handler');
      });
    });
    send(a, 'x');
    await done;
    log.expect('handler', 'tick', 'microtask', 'immediate');
  },
);

onBothWaiters(
  test,
  'reactor:watch.8 a watch that a handler of the same batch has closed is not called',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = [pair(scope), pair(scope)];
    const watches = ends.map(([, b], index) =>
      reactor.watch(b, READABLE, () => {
        log.add('called');
        watches[1 - index]!.close();
        receive(b);
      }),
    );
    for (const [a] of ends) send(a, 'x');
    await settle(scope, reactor);
    log.expect('called');
    assert.is(watches.filter(({ closed }) => closed).length, 1);
  },
);

onBothWaiters(
  test,
  'reactor:watch.9 a number that a handler closes and watches again gets no event of the old watch',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = [pair(scope), pair(scope)];
    const renew = (index: number): void => {
      const [, old] = ends[1 - index]!;
      watches[1 - index]!.close();
      scope.close(old);
      assert.ok(pair(scope).includes(old));
      reactor.watch(old, READABLE, log.handler('new'));
    };
    const watches = ends.map(([, b], index) =>
      reactor.watch(b, READABLE, () => {
        log.add('old');
        receive(b);
        renew(index);
      }),
    );
    for (const [a] of ends) send(a, 'x');
    await settle(scope, reactor);
    log.expect('old');
  },
);

onBothWaiters(
  test,
  'reactor:watch.10 a watch whose descriptor was closed before it is replaced by the next watch of that number',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const old = reactor.watch(b, READABLE, log.handler('old'));
    scope.close(a, b);
    const [c, d] = pair(scope);
    assert.equal([c, d].sort(), [a, b].sort());
    const fresh = reactor.watch(b, READABLE | ONESHOT, log.handler('new'));
    assert.is(old.closed, true);
    old.close();
    send(b === c ? d : c, 'x');
    await settle(scope, reactor);
    log.expect('new READABLE');
    assert.is(fresh.closed, false);
    assert.is(reactor.poller.size, 1);
  },
);

onBothWaiters(test, 'reactor:watch.11 closing a watch after its descriptor was closed is no error', (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  const watch = reactor.watch(b, READABLE, () => {});
  scope.close(b);
  watch.close();
  watch.close();
  assert.is(reactor.poller.size, 0);
});

onBothWaiters(
  test,
  'reactor:watch.12 more ready descriptors than a batch holds are all reported',
  async (scope, open) => {
    const reactor = open({ capacity: 3 });
    const served = new Map<number, number>();
    const ends = Array.from({ length: 40 }, () => pair(scope));
    for (const [a, b] of ends) {
      send(a, 'x');
      reactor.watch(b, READABLE, () => {
        served.set(b, (served.get(b) ?? 0) + 1);
        receive(b);
      });
    }
    for (let turn = 0; turn < 40; turn++) await settle(scope, reactor);
    assert.equal(
      [...served.values()],
      ends.map(() => 1),
    );
    assert.is(served.size, 40);
  },
);

onBothWaiters(
  test,
  'reactor:watch.13 a wake from any thread calls onWake, and several wakes may call it once',
  async (scope, open) => {
    const log = new Log();
    const reactor = open({ onWake: () => log.add('woken') });
    reactor.watch(pair(scope)[0], READABLE, log.handler('event'));
    reactor.poller.wake();
    reactor.poller.wake();
    await settle(scope, reactor);
    log.expect('woken');
    await settle(scope, reactor);
    log.expect();
  },
);

onBothWaiters(
  test,
  'reactor:watch.14 close() inside a handler ends the batch, closes every watch and the poller',
  async (scope, open) => {
    const reactor = open();
    let calls = 0;
    const ends = [pair(scope), pair(scope), pair(scope)];
    const watches = await new Promise<Watch[]>((resolve) => {
      const begun: Watch[] = ends.map(([, b]) =>
        reactor.watch(b, READABLE, () => {
          calls++;
          reactor.close();
          resolve(begun);
        }),
      );
      for (const [a] of ends) send(a, 'x');
    });
    assert.equal([calls, reactor.closed, reactor.poller.closed], [1, true, true]);
    assert.ok(watches.every(({ closed }) => closed));
    reactor.close();
    assert.is(thrownBy(() => reactor.watch(ends[0]![1], READABLE, () => {})).code, 'ERR_POLLER_CLOSED');
    assert.is(thrownBy(() => reactor.run()).code, 'ERR_POLLER_CLOSED');
  },
);

onBothWaiters(test, 'reactor:watch.23 onWake does not run in the async context of a timeout', async (scope, open) => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const reactor = open({ onWake: () => seen.push(storage.getStore()) });
  const fd = pair(scope)[0];
  await storage.run('of a request', async () => {
    const waiting = rejection(reactor.once(fd, READABLE, { timeoutMs: 5 }));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
    reactor.poller.wake();
    await waiting;
  });
  assert.equal(seen, [undefined]);
});

onBothWaiters(test, 'reactor:watch.18 watch() refuses what add() refuses, and keeps no state', (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  const noop = (): void => {};
  expectRefusal(() => reactor.watch(-1, READABLE, noop), RangeError, 'ERR_OUT_OF_RANGE');
  expectRefusal(() => reactor.watch(b, HANGUP, noop), RangeError, 'ERR_OUT_OF_RANGE');
  expectRefusal(() => reactor.watch('7' as unknown as number, READABLE, noop), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectRefusal(() => reactor.watch(b, READABLE, undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectSystemError(() => reactor.watch(99_999, READABLE, noop), 'EBADF', 99_999);
  const watch = reactor.watch(b, READABLE, noop);
  expectSystemError(() => reactor.watch(b, READABLE, noop), 'EEXIST', b);
  assert.is(watch.closed, false);
  assert.is(reactor.poller.size, 1);
});

onBothWaiters(
  test,
  'reactor:watch.27 when more descriptors are ready than a batch holds, each watch gets its events in turn',
  async (scope, open) => {
    for (const [capacity, count] of [
      [1, 2],
      [1, 3],
      [3, 4],
    ] as const) {
      const reactor = open({ capacity });
      const calls = new Array<number>(count).fill(0);
      await new Promise<void>((resolve, reject) => {
        calls.forEach((_, index) =>
          reactor.watch(pair(scope)[0], WRITABLE, () => {
            calls[index]!++;
            if (calls.every((number) => number > 0)) resolve();
            // A thread may be slow to deliver. A watch that never gets a turn is not called in a thousand batches
            // either.
            if (calls[index]! > 1000) reject(new Error(`capacity ${capacity}: calls ${calls.join()}`));
          }),
        );
      }).finally(() => reactor.close());
    }
  },
);
