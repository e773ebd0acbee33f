import { createPoller, ONESHOT, READABLE, Reactor, type Watch, WRITABLE } from 'pollux';
import * as assert from 'uvu/assert';
import { descriptors, POLLIN } from '../support/descriptors.js';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { openDescriptors } from '../support/process.js';
import { Log, onBothWaiters, pair, receive, rejection, send, settle } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: its poller, its errors and its end', { sanitized: ['epoll'] });

onBothWaiters(
  test,
  'reactor:watch.15 a poller that was given stays open, with the registrations of its owner',
  async (scope, open) => {
    const poller = scope.poller<string>();
    const [a, b] = pair(scope);
    const [c, d] = pair(scope);
    poller.add(b, READABLE | ONESHOT, "the owner's");
    const reactor = open({ poller });
    const log = new Log();
    reactor.watch(
      d,
      READABLE,
      log.handler('watch', () => receive(d)),
    );
    send(c, 'x');
    await settle(scope, reactor);
    log.expect('watch READABLE');
    reactor.close();
    assert.equal([poller.closed, poller.size], [false, 1]);
    send(a, 'x');
    assert.equal(
      [...poller.wait(5000)].map(({ data }) => data),
      ["the owner's"],
    );
  },
);

onBothWaiters(
  test,
  'reactor:watch.16 a poller that its owner closes ends the reactor, and nothing spins or crashes',
  async (scope, open) => {
    const poller = scope.poller();
    const reactor = open({ poller });
    const [a, b] = pair(scope);
    const log = new Log();
    reactor.watch(b, READABLE, log.handler('event'));
    poller.close();
    send(a, 'x');
    await new Promise((resolve) => setImmediate(resolve));
    log.expect();
    assert.is(thrownBy(() => reactor.watch(a, READABLE, () => {})).code, 'ERR_POLLER_CLOSED');
    reactor.close();
  },
);

onBothWaiters(
  test,
  'reactor:watch.17 a second reactor on the same poller is refused, and the first works on',
  async (scope, open) => {
    const poller = scope.poller();
    const first = open({ poller });
    const second = open({ poller });
    const log = new Log();
    const [a, b] = pair(scope);
    first.watch(b, READABLE | ONESHOT, log.handler('first'));
    assert.is(thrownBy(() => second.watch(a, READABLE, () => {})).code, 'EEXIST');
    assert.is(poller.size, 1);
    second.close();
    send(a, 'x');
    await settle(scope, first);
    log.expect('first READABLE');
  },
);

test('reactor:watch.19 options of the wrong kind are refused, and nothing is left open', () => {
  createPoller().close();
  const before = openDescriptors();
  const refused = (options: object, type: new () => Error, code: string): void => {
    expectRefusal(() => new Reactor(options), type, code);
  };
  refused({ poller: {} }, TypeError, 'ERR_INVALID_ARG_TYPE');
  refused({ waiter: 'signal' }, TypeError, 'ERR_INVALID_ARG_VALUE');
  refused({ onError: 1 }, TypeError, 'ERR_INVALID_ARG_TYPE');
  refused({ onWake: 'x' }, TypeError, 'ERR_INVALID_ARG_TYPE');
  refused({ capacity: 0 }, RangeError, 'ERR_OUT_OF_RANGE');
  expectRefusal(() => new Reactor(null as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  const closed = createPoller();
  closed.close();
  assert.is(thrownBy(() => new Reactor({ poller: closed })).code, 'ERR_POLLER_CLOSED');
  assert.equal(openDescriptors(), before);
});
onBothWaiters(
  test,
  'reactor:watch.20 a poller that its owner closes rejects pending once() and ends iterations',
  async (scope, open) => {
    const poller = scope.poller();
    const reactor = open({ poller });
    const [, b] = pair(scope);
    const [, d] = pair(scope);
    const [, f] = pair(scope);
    reactor.watch(f, READABLE, () => {}).setIdleTimeout(5, () => {});
    const waiting = rejection(reactor.once(b, READABLE));
    const step = reactor.events(d, READABLE).next();
    poller.close();
    assert.is(reactor.closed, true);
    assert.is((await waiting).code, 'ERR_POLLER_CLOSED');
    assert.equal(await step, { done: true, value: undefined });
  },
);

onBothWaiters(
  test,
  'reactor:watch.21 wait() in a handler is refused, and the batch is delivered',
  async (scope, open) => {
    const reactor = open();
    const codes: unknown[] = [];
    for (let index = 0; index < 4; index++) {
      const [a, b] = pair(scope);
      reactor.watch(b, READABLE | ONESHOT, () => codes.push(thrownBy(() => reactor.poller.wait(0)).code));
      send(a, 'x');
    }
    await settle(scope, reactor);
    assert.equal(
      codes,
      Array.from({ length: 4 }, () => 'ERR_REACTOR_BUSY'),
    );
    assert.is(reactor.poller.wait(0).length, 0);
  },
);

onBothWaiters(
  test,
  'reactor:watch.22 when the reactor ends, an exception of one watch does not keep the other watches from ending',
  async (scope, open) => {
    const errors: unknown[] = [];
    const reactor = open({ onError: (error) => errors.push((error as Error).message) });
    const [, b] = pair(scope);
    const bad = reactor.watch(pair(scope)[0], READABLE, () => {}) as Watch & { onEnd: () => void };
    bad.onEnd = () => {
      throw new Error('at the end');
    };
    const waiting = rejection(reactor.once(b, READABLE));
    reactor.close();
    assert.is((await waiting).code, 'ERR_POLLER_CLOSED');
    assert.equal([errors, reactor.poller.closed], [['at the end'], true]);
  },
);

onBothWaiters(
  test,
  'reactor:watch.24 a descriptor that the owner of the poller registered and that stays ready does not make the loop spin',
  async (scope, open) => {
    const poller = scope.poller();
    const [a, b] = pair(scope);
    poller.add(b, READABLE);
    send(a, 'x');
    const reactor = open({ poller });
    const log = new Log();
    const [c, d] = pair(scope);
    reactor.watch(
      d,
      READABLE,
      log.handler('event', () => receive(d)),
    );
    const cpuMs = async (): Promise<number> => {
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 150));
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    assert.ok(Math.min(await cpuMs(), await cpuMs(), await cpuMs()) < 75);
    send(c, 'y');
    await settle(scope, reactor);
    log.expect('event READABLE');
  },
);

onBothWaiters(
  test,
  'reactor:watch.25 occasional events of descriptors that the owner registered do not slow the loop',
  async (scope, open) => {
    const poller = scope.poller();
    const [, strange] = pair(scope);
    const [, ours] = pair(scope);
    const reactor = open({ poller });
    let served = 0;
    const watch = reactor.watch(ours, WRITABLE | ONESHOT, () => served++);
    await until(() => served === 1);
    let rests = 0;
    const native = poller as unknown as { pauseHostPoll(on: boolean): void };
    const pause = native.pauseHostPoll;
    native.pauseHostPoll = (on) => {
      if (on) rests++;
      pause.call(poller, on);
    };
    poller.add(strange, WRITABLE | ONESHOT);
    for (let round = 0; round < 40; round++) {
      poller.modify(strange, WRITABLE | ONESHOT);
      await until(() => descriptors.poll(poller.fd, POLLIN, 0) === 0);
      const before = served;
      watch.rearm();
      await until(() => served === before + 1);
    }
    assert.is(rests, 0);
  },
);

test(
  'reactor:watch.26 an environment variable that names no waiter is refused',
  scoped((scope) => {
    const before = process.env['POLLUX_WAITER'];
    scope.atEnd(() => {
      if (before === undefined) delete process.env['POLLUX_WAITER'];
      else process.env['POLLUX_WAITER'] = before;
    });
    process.env['POLLUX_WAITER'] = 'signal';
    expectRefusal(() => new Reactor(), TypeError, 'ERR_INVALID_ARG_VALUE');
    process.env['POLLUX_WAITER'] = '';
    new Reactor().close();
  }),
);
