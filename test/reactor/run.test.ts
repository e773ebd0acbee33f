import { READABLE, type Reactor, type Watch, WRITABLE } from 'pollux';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { wakeLater, writeLater } from '../support/later.js';
import { applied, Log, onBothWaiters, pair, receive, send, settle } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: run', { sanitized: ['epoll'] });

onBothWaiters(
  test,
  'reactor:run.1 run() delivers events until stop(), and returns after the handlers of that batch',
  (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = [pair(scope), pair(scope)];
    for (const [a, b] of ends) {
      send(a, 'x');
      reactor.watch(
        b,
        READABLE,
        log.handler('event', () => {
          receive(b);
          reactor.stop();
        }),
      );
    }
    reactor.run();
    log.expect('event READABLE', 'event READABLE');
    send(ends[0]![0], 'y');
    reactor.stop();
    reactor.run();
    log.expect('event READABLE');
  },
);

onBothWaiters(
  test,
  'reactor:run.2 run() applies deferred changes, then waits for what another thread does',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const later = await writeLater(scope, a, 20);
    const watch = reactor.watch(
      b,
      WRITABLE,
      log.handler('event', (readiness) => {
        if ((readiness & WRITABLE) !== 0) {
          watch.interest = READABLE;
          later.start();
        } else {
          reactor.stop();
        }
      }),
    );
    reactor.run();
    log.expect('event WRITABLE', 'event READABLE');
    await later.ended;
  },
);

onBothWaiters(test, 'reactor:run.3 a wake from another thread calls onWake inside run()', async (scope, open) => {
  let wakes = 0;
  const reactor: Reactor = open({
    onWake: () => {
      wakes++;
      reactor.stop();
    },
  });
  const later = await wakeLater(scope, reactor.poller, 20);
  later.start();
  reactor.run();
  assert.is(wakes, 1);
  await later.ended;
});

onBothWaiters(test, 'reactor:run.4 idle timeouts expire inside run(), never early', (scope, open) => {
  const reactor = open();
  const start = performance.now();
  let ms = 0;
  reactor
    .watch(pair(scope)[0], READABLE, () => {})
    .setIdleTimeout(25, () => {
      ms = performance.now() - start;
      reactor.stop();
    });
  reactor.run();
  assert.ok(ms >= 25);
});

onBothWaiters(test, 'reactor:run.5 close() in a handler ends run()', (scope, open) => {
  const reactor = open();
  reactor.watch(pair(scope)[0], WRITABLE, () => reactor.close());
  reactor.run();
  assert.is(reactor.closed, true);
});

onBothWaiters(
  test,
  "reactor:run.6 run() inside a handler is refused, in run() and in the host's loop",
  async (scope, open) => {
    const reactor = open();
    const codes: unknown[] = [];
    const watch = reactor.watch(pair(scope)[0], WRITABLE, () => {
      codes.push(thrownBy(() => reactor.run()).code);
      reactor.stop();
      watch.close();
    });
    reactor.run();
    reactor.watch(pair(scope)[0], WRITABLE, (_, self) => {
      codes.push(thrownBy(() => reactor.run()).code);
      self.close();
    });
    await settle(scope, reactor);
    assert.equal(codes, ['ERR_REACTOR_BUSY', 'ERR_REACTOR_BUSY']);
  },
);

onBothWaiters(
  test,
  "reactor:run.7 after run() the host's loop delivers events to the same watches",
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    reactor.watch(
      b,
      READABLE,
      log.handler('event', () => {
        receive(b);
        reactor.stop();
      }),
    );
    for (let round = 0; round < 2; round++) {
      send(a, 'x');
      reactor.run();
      log.expect('event READABLE');
      send(a, 'y');
      await settle(scope, reactor);
      log.expect('event READABLE');
    }
  },
);

onBothWaiters(
  test,
  'reactor:run.8 run() inside onError is refused, also for a failed change of interest, and the other changes are made',
  async (scope, open) => {
    const codes: unknown[] = [];
    const reactor = open({ onError: () => codes.push(thrownBy(() => reactor.run()).code) });
    const log = new Log();
    const [, b] = pair(scope);
    const [, d] = pair(scope);
    const first = reactor.watch(b, READABLE, log.handler('first'));
    const second = reactor.watch(
      d,
      READABLE,
      log.handler('second', () => {
        second.interest = 0;
      }),
    );
    // Ends run() if run() starts by mistake.
    const stopper = reactor.watch(pair(scope)[0], WRITABLE, () => reactor.stop());
    scope.close(b);
    first.interest = WRITABLE;
    second.interest = WRITABLE;
    // The changes are applied now, because settle() would use the number again.
    await applied();
    await settle(scope, reactor);
    log.expect('second WRITABLE');
    assert.equal([codes, first.closed], [['ERR_REACTOR_BUSY'], true]);
    // The watch has ended with the failed change.
    stopper.close();
    second.handler = () => reactor.stop();
    second.interest = WRITABLE;
    reactor.run();
  },
);

for (const [number, what, act] of [
  [9, 'what onError sends, for a change that is refused, goes out', (other) => other.send(Buffer.from('x'))],
  [10, 'what onError changes, for a change that is refused, is applied', (other) => (other.interest = WRITABLE)],
  [11, 'stop() in onError, for a change that is refused, ends run()', (_, reactor) => reactor.stop()],
  [12, 'close() in onError, for a change that is refused, ends run()', (_, reactor) => reactor.close()],
] as ReadonlyArray<readonly [number, string, (other: Watch, reactor: Reactor) => void]>) {
  onBothWaiters(test, `reactor:run.${number} ${what} before run() waits`, (scope, open) => {
    const log = new Log();
    const reactor: Reactor = open({
      onError: (error) => {
        log.add((error as NodeJS.ErrnoException).code!);
        act(other, reactor);
      },
    });
    const [a, b] = pair(scope);
    const other = reactor.watch(a, 0, () => reactor.stop());
    reactor.watch(b, READABLE, () => reactor.stop());
    const [c, d] = pair(scope);
    const refused = reactor.watch(c, READABLE, () => {});
    reactor.watch(d, WRITABLE, (_, self) => {
      self.close();
      scope.close(c);
      refused.interest = WRITABLE;
    });
    reactor.run();
    log.expect('EBADF');
  });
}
