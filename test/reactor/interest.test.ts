import {
  EDGE,
  EXCLUSIVE,
  HANGUP,
  LEVEL,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  Reactor,
  WRITABLE,
  type Poller,
  type Watch,
} from 'pollux';
import * as assert from 'uvu/assert';
import { bitNames, expectRefusal } from '../support/expect.js';
import { applied, Log, onBothWaiters, pair, receive, send, settle, uncaught } from '../support/reactor.js';
import { lackOf } from '../support/facts.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: interest and handlers', { sanitized: ['epoll'] });

/** What `poller.modify()` is called with from here on. */
function modifications(poller: Poller): string[] {
  const seen: string[] = [];
  const modify = poller.modify.bind(poller);
  poller.modify = (fd, interest, data) => {
    seen.push(`${fd} ${bitNames(interest)}`);
    modify(fd, interest, data);
  };
  return seen;
}

onBothWaiters(
  test,
  'reactor:interest.1 changes of one turn make one modify() with the last value',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    const seen = modifications(reactor.poller);
    watch.interest = 0;
    watch.interest = WRITABLE;
    watch.interest = READABLE | READ_CLOSED;
    assert.is(watch.interest, READABLE | READ_CLOSED);
    assert.equal(seen, []);
    await applied();
    assert.equal(seen, [`${b} READABLE|READ_CLOSED`]);
  },
);

onBothWaiters(
  test,
  'reactor:interest.2 a change that is undone in the same turn costs no system call',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const log = new Log();
    const watch = reactor.watch(
      b,
      READABLE,
      log.handler('event', () => {
        receive(b);
        watch.interest = WRITABLE;
        watch.interest = READABLE;
      }),
    );
    const seen = modifications(reactor.poller);
    send(a, 'x');
    await settle(scope, reactor);
    log.expect('event READABLE');
    assert.equal(seen, []);
    watch.interest = 0;
    watch.interest = READABLE;
    await applied();
    assert.equal(seen, []);
  },
);

onBothWaiters(
  test,
  'reactor:interest.3 rearm() and setting an edge or oneshot interest always reach the kernel',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    const seen = modifications(reactor.poller);
    watch.rearm();
    await applied();
    assert.equal(seen.splice(0), [`${b} READABLE`]);
    for (const mode of [EDGE, ONESHOT, EDGE | ONESHOT]) {
      for (let round = 0; round < 2; round++) {
        watch.interest = READABLE | mode;
        await applied();
        assert.equal(seen.splice(0), [`${b} ${bitNames(READABLE | mode)}`]);
      }
    }
  },
);

onBothWaiters(
  test,
  'reactor:interest.4 re-arming an edge or oneshot watch reports a descriptor again that is still ready',
  async (scope, open) => {
    for (const mode of [EDGE, ONESHOT]) {
      const reactor = open();
      const [a, b] = pair(scope);
      const log = new Log();
      const watch = reactor.watch(b, READABLE | mode, log.handler('event'));
      send(a, 'x');
      await settle(scope, reactor);
      log.expect('event READABLE');
      await settle(scope, reactor);
      log.expect();
      watch.interest = watch.interest;
      await settle(scope, reactor);
      log.expect('event READABLE');
      reactor.close();
    }
  },
);

onBothWaiters(
  test,
  'reactor:interest.5 a watch that a handler pauses gets no event of the same batch',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = [pair(scope), pair(scope)];
    const watches = ends.map(
      ([, b], index): Watch =>
        reactor.watch(
          b,
          READABLE,
          log.handler('event', () => {
            watches[1 - index]!.interest = 0;
            receive(b);
          }),
        ),
    );
    for (const [a] of ends) send(a, 'x');
    await settle(scope, reactor);
    log.expect('event READABLE');
    const paused = watches.find(({ interest }) => interest === 0)!;
    paused.handler = log.handler('resumed', () => receive(paused.fd));
    paused.interest = READABLE;
    await settle(scope, reactor);
    log.expect('resumed READABLE');
  },
);

onBothWaiters(test, 'reactor:interest.6 the handler can be switched inside the handler', async (scope, open) => {
  const reactor = open();
  const log = new Log();
  const [a, b] = pair(scope);
  const watch = reactor.watch(
    b,
    READABLE,
    log.handler('first', () => {
      receive(b);
      watch.handler = log.handler('second', () => receive(b));
    }),
  );
  send(a, 'x');
  await settle(scope, reactor);
  send(a, 'y');
  await settle(scope, reactor);
  log.expect('first READABLE', 'second READABLE');
  expectRefusal(
    () => {
      watch.handler = 1 as never;
    },
    TypeError,
    'ERR_INVALID_ARG_TYPE',
  );
});

onBothWaiters(
  test,
  'reactor:interest.7 an interest that modify() would refuse is refused at once, and nothing changes',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    const seen = modifications(reactor.poller);
    const set = (interest: unknown) => () => {
      watch.interest = interest as number;
    };
    expectRefusal(set(HANGUP), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(set(READABLE | EXCLUSIVE), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(set(NaN), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(set('1'), TypeError, 'ERR_INVALID_ARG_TYPE');
    await applied();
    assert.equal([watch.interest, seen], [READABLE, []]);
  },
);

onBothWaiters(
  test,
  'reactor:interest.8 a change of interest after the descriptor was closed is reported, and ends the watch',
  async (scope, open) => {
    const errors: unknown[] = [];
    const reactor = open({ onError: (error, watch) => errors.push((error as NodeJS.ErrnoException).code, watch) });
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    scope.close(b);
    watch.interest = WRITABLE;
    await applied();
    assert.is(errors[0], 'EBADF');
    assert.ok(errors[1] === watch);
    assert.equal([watch.closed, reactor.poller.size], [true, 0]);
    watch.interest = READABLE;
    watch.rearm();
    await applied();
    assert.is(errors.length, 2);
  },
);

onBothWaiters(
  test,
  'reactor:interest.9 without onError a failed change of interest is an uncaught exception',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    scope.close(b);
    const errors = await uncaught(1, () => {
      watch.interest = WRITABLE;
    });
    assert.equal(
      errors.map((error) => (error as NodeJS.ErrnoException).code),
      ['EBADF'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:interest.10 nothing is delivered to a closed watch that is changed',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, log.handler('event'));
    watch.interest = READABLE | WRITABLE;
    watch.close();
    watch.interest = READABLE;
    watch.rearm();
    send(a, 'x');
    await settle(scope, reactor);
    log.expect();
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:interest.11 interest 0 delivers nothing, not even a hangup, which comes once the interest is set again',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const watch = reactor.watch(
      b,
      0,
      log.handler('event', () => {
        watch.close();
      }),
    );
    scope.close(a);
    await settle(scope, reactor);
    await settle(scope, reactor);
    log.expect();
    watch.interest = READABLE;
    await settle(scope, reactor);
    log.expect('event READABLE|READ_CLOSED|HANGUP');
  },
);

test.unless(lackOf('exclusive'))(
  'reactor:interest.12 an EXCLUSIVE watch can be re-armed by setting its interest to what it is',
  scoped(async (scope) => {
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const log = new Log();
    const [a, b] = pair(scope);
    const watch = reactor.watch(b, READABLE | EDGE | EXCLUSIVE, log.handler('event'));
    send(a, 'x');
    await settle(scope, reactor);
    log.expect('event READABLE');
    watch.interest = watch.interest;
    assert.is(watch.interest, READABLE | EDGE | EXCLUSIVE);
    await settle(scope, reactor);
    log.expect('event READABLE');
    watch.interest = READABLE;
    assert.is(watch.interest, READABLE | EXCLUSIVE);
    expectRefusal(
      () => {
        watch.interest = NaN;
      },
      RangeError,
      'ERR_OUT_OF_RANGE',
    );
  }),
);

test.unless(lackOf('exclusive'))(
  'reactor:interest.13 an EXCLUSIVE watch refuses an interest that EXCLUSIVE does not allow at once, and works on',
  scoped(async (scope) => {
    const log = new Log();
    const reactor = new Reactor({ onError: (error) => log.add(String(error)) });
    scope.atEnd(() => reactor.close());
    const [a, b] = pair(scope);
    const watch = reactor.watch(b, READABLE | EDGE | EXCLUSIVE, log.handler('event'));
    for (const interest of [READABLE | ONESHOT, READABLE | PRIORITY, READ_CLOSED, 2 ** 40, HANGUP]) {
      expectRefusal(
        () => {
          watch.interest = interest;
        },
        RangeError,
        'ERR_OUT_OF_RANGE',
      );
    }
    expectRefusal(
      () => {
        watch.interest = '1' as never;
      },
      TypeError,
      'ERR_INVALID_ARG_TYPE',
    );
    assert.equal([watch.interest, watch.closed], [READABLE | EDGE | EXCLUSIVE, false]);
    send(a, 'x');
    await settle(scope, reactor);
    log.expect('event READABLE');
  }),
);

/**
 * For several points of a turn, a function that sets the interest of a ready watch there: `start` begins the turn, and
 * `change` is called once.
 */
const POINTS: Readonly<
  Record<string, (change: () => void, reactor: Reactor, ready: () => number, makeReady: () => void) => void>
> = {
  'in the batch that has its event, before it': (change, reactor, ready, makeReady) => {
    reactor.watch(ready(), READABLE, (_, self) => {
      self.close();
      change();
    });
    makeReady();
  },
  'in a turn after that of a batch': (change, reactor, ready, makeReady) => {
    makeReady();
    reactor.watch(ready(), READABLE, (_, self) => {
      self.close();
      setImmediate(() => setImmediate(change));
    });
  },
  'in the batch of a late look, before it': (change, reactor, ready, makeReady) => {
    const watch = reactor.watch(ready(), READABLE, (_, self) => {
      self.close();
      change();
    });
    watch.setIdleTimeout(5, () => {});
    makeReady();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
  },
};

for (const [index, [point, begin]] of Object.entries(POINTS).entries()) {
  for (const [number, mode] of [LEVEL, EDGE, ONESHOT].entries()) {
    onBothWaiters(
      test,
      `reactor:interest.${14 + 3 * index + number} a oneshot interest has one event, where it was set ${point}, after ${bitNames(READABLE | mode)}`,
      async (scope, open) => {
        const reactor = open();
        const [a, b] = pair(scope);
        const [c, d] = pair(scope);
        let events = 0;
        const changed = new Promise<void>((resolve) => {
          send(c, 'x');
          begin(
            () => {
              events = 0;
              watch.interest = READABLE | ONESHOT;
              resolve();
            },
            reactor,
            () => d,
            () => send(a, 'x'),
          );
        });
        const watch = reactor.watch(b, READABLE | mode, () => events++);
        await changed;
        for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
        assert.is(events, 1);
        watch.rearm();
        for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
        assert.is(events, 2);
      },
    );
  }
}
