import { getEventListeners } from 'node:events';
import { once, READABLE, READ_CLOSED, WRITABLE, HANGUP, type OnceOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { settle as collectGarbage } from '../support/growth.js';
import { fill } from '../support/kit.js';
import { onBothWaiters, pair, receive, rejection, send, settle } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: once', { sanitized: ['epoll'] });

onBothWaiters(
  test,
  'reactor:once.1 once() resolves with the readiness of a descriptor that is or becomes ready',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    assert.is(await reactor.once(b, WRITABLE), WRITABLE);
    const readable = reactor.once(b, READABLE);
    assert.is(reactor.poller.size, 1);
    send(a, 'x');
    assert.is(await readable, READABLE);
    assert.is(reactor.poller.size, 0);
    assert.is(await reactor.once(b, READABLE | WRITABLE), READABLE | WRITABLE);
    receive(b);
    sys.shutdown(a, 'write');
    assert.is(await reactor.once(b, READABLE), READABLE | READ_CLOSED);
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:once.2 several once() on one descriptor each wait for their own interest',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    fill(b, 'unix stream');
    const order: string[] = [];
    const waiting = [READABLE, WRITABLE, READABLE | WRITABLE, READABLE].map(async (interest, index) => {
      const readiness = await reactor.once(b, interest);
      order.push(`${index}: ${readiness}`);
    });
    assert.is(reactor.poller.size, 1);
    send(a, 'x');
    await Promise.all([waiting[0], waiting[2], waiting[3]]);
    assert.equal(order.splice(0), [`0: ${READABLE}`, `2: ${READABLE}`, `3: ${READABLE}`]);
    assert.is(reactor.poller.size, 1);
    while (receive(a) !== '');
    await waiting[1];
    assert.equal(order, [`1: ${WRITABLE}`]);
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(test, 'reactor:once.3 a hangup resolves every once() on the descriptor', async (scope, open) => {
  const reactor = open();
  const [a, b] = pair(scope);
  fill(b, 'unix stream');
  const waiting = [reactor.once(b, READABLE), reactor.once(b, WRITABLE)];
  scope.close(a);
  const [first, second] = await Promise.all(waiting);
  assert.ok((first! & HANGUP) !== 0 && (second! & HANGUP) !== 0);
  assert.is(first! & WRITABLE, 0);
  assert.is(second! & READABLE, 0);
});

onBothWaiters(
  test,
  'reactor:once.4 timeoutMs rejects with ETIMEDOUT, never early, and nothing stays registered',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const start = performance.now();
    const error = await rejection(reactor.once(b, READABLE, { timeoutMs: 30.5 }));
    assert.ok(performance.now() - start >= 30.5);
    assert.equal(
      [error.code, error.fd, error.message.startsWith('ETIMEDOUT: no event within 30.5 ms, once')],
      ['ETIMEDOUT', b, true],
    );
    assert.is(reactor.poller.size, 0);
    send(a, 'x');
    assert.is(await reactor.once(b, READABLE, { timeoutMs: 0 }), READABLE);
    receive(b);
    assert.is((await rejection(reactor.once(b, READABLE, { timeoutMs: 0 }))).code, 'ETIMEDOUT');
  },
);

onBothWaiters(
  test,
  'reactor:once.5 a descriptor that was ready before the timeout resolves, although the loop was blocked meanwhile',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const waiting = reactor.once(b, READABLE, { timeoutMs: 10 });
    send(a, 'x');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    assert.is(await waiting, READABLE);
  },
);

onBothWaiters(
  test,
  'reactor:once.6 an aborted signal rejects with AbortError, before and while it waits',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = reactor.once(b, READABLE, { signal: controller.signal });
    assert.is(reactor.poller.size, 1);
    controller.abort(reason);
    assert.is(reactor.poller.size, 0);
    for (const promise of [waiting, reactor.once(b, READABLE, { signal: controller.signal })]) {
      const error = await rejection(promise);
      assert.equal([error.name, error.code, error.cause === reason], ['AbortError', 'ABORT_ERR', true]);
    }
  },
);

onBothWaiters(test, 'reactor:once.7 a once() that is aborted leaves the others waiting', async (scope, open) => {
  const reactor = open();
  const [a, b] = pair(scope);
  const controller = new AbortController();
  const stays = reactor.once(b, READABLE);
  const aborted = rejection(reactor.once(b, READABLE, { signal: controller.signal }));
  const late = rejection(reactor.once(b, READABLE, { timeoutMs: 5 }));
  controller.abort();
  assert.is((await aborted).name, 'AbortError');
  assert.is((await late).code, 'ETIMEDOUT');
  send(a, 'x');
  assert.is(await stays, READABLE);
});

onBothWaiters(test, 'reactor:once.8 closing the reactor rejects every pending once()', async (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  const waiting = [rejection(reactor.once(b, READABLE)), rejection(reactor.once(b, READABLE, { timeoutMs: 60_000 }))];
  reactor.close();
  for (const error of await Promise.all(waiting)) assert.is(error.code, 'ERR_POLLER_CLOSED');
  assert.is((await rejection(reactor.once(b, READABLE))).code, 'ERR_POLLER_CLOSED');
});

onBothWaiters(
  test,
  'reactor:once.9 when a number was closed and used again, the old once() rejects and the new one resolves',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const old = rejection(reactor.once(b, READABLE));
    scope.close(a, b);
    const [c, d] = pair(scope);
    const fresh = reactor.once(b, READABLE);
    send(c === b ? d : c, 'x');
    assert.is(await fresh, READABLE);
    assert.ok(['EBADF', 'ENOENT'].includes((await old).code!));
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(test, 'reactor:once.10 bad arguments reject, and register nothing', async (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  const refused = async (code: string, fd: number, interest: number, options?: object): Promise<void> => {
    assert.is((await rejection(reactor.once(fd, interest, options as OnceOptions))).code, code);
  };
  await refused('ERR_OUT_OF_RANGE', -1, READABLE);
  await refused('ERR_OUT_OF_RANGE', b, 0);
  await refused('ERR_OUT_OF_RANGE', b, HANGUP);
  await refused('ERR_OUT_OF_RANGE', b, READABLE, { timeoutMs: NaN });
  await refused('ERR_INVALID_ARG_TYPE', b, READABLE, { timeoutMs: '5' });
  await refused('ERR_INVALID_ARG_TYPE', b, READABLE, { signal: {} });
  await refused('EBADF', 99_999, READABLE);
  const watch = reactor.watch(b, READABLE, () => {});
  await refused('EEXIST', b, READABLE);
  watch.close();
  assert.is(reactor.poller.size, 0);
});

onBothWaiters(
  test,
  'reactor:once.12 no once() times out when more descriptors are ready than a batch holds',
  async (scope, open) => {
    const reactor = open({ capacity: 2 });
    const waiting = Array.from({ length: 9 }, () => {
      const [a, b] = pair(scope);
      const promise = reactor.once(b, READABLE, { timeoutMs: 10 });
      send(a, 'x');
      return promise;
    });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    assert.equal(
      await Promise.all(waiting),
      Array.from({ length: 9 }, () => READABLE),
    );
  },
);

test(
  'reactor:once.11 once() of the package uses the default reactor of the thread',
  scoped(async (scope) => {
    const [a, b] = pair(scope);
    const waiting = once(b, READABLE, { timeoutMs: 5000 });
    send(a, 'x');
    assert.is(await waiting, READABLE);
  }),
);

onBothWaiters(
  test,
  'reactor:once.13 a once() that has settled has removed its listener from the signal',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count++) await reactor.once(b, WRITABLE, { signal });
    const late = rejection(reactor.once(b, READABLE, { signal, timeoutMs: 1 }));
    assert.is(getEventListeners(signal, 'abort').length, 1);
    const alive = setInterval(() => undefined, 1000);
    scope.atEnd(() => clearInterval(alive));
    assert.is((await late).code, 'ETIMEDOUT');
    assert.is(getEventListeners(signal, 'abort').length, 0);
    scope.close(a);
  },
);

onBothWaiters(
  test,
  'reactor:once.14 the interest of one once() of several is watched only while it is pending',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const readable = reactor.once(b, READABLE);
    assert.is(await reactor.once(b, WRITABLE), WRITABLE);
    await settle(scope, reactor);
    // The descriptor stays writable, so that a watch for WRITABLE would spin.
    assert.equal([reactor.poller.wait(0).length, reactor.poller.size], [0, 1]);
    send(a, 'x');
    assert.is(await readable, READABLE);
  },
);

onBothWaiters(test, 'reactor:once.15 a once() that has settled is not kept until its timeout', async (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  // The pending wait keeps its signal alive.
  const waitFor = async (): Promise<WeakRef<AbortSignal>> => {
    const { signal } = new AbortController();
    await reactor.once(b, WRITABLE, { timeoutMs: 3_600_000, signal });
    return new WeakRef(signal);
  };
  const signals = await Promise.all(Array.from({ length: 8 }, waitFor));
  await collectGarbage();
  // A runtime may take a value on its stack for a reference, and keep the object.
  const kept = signals.filter((signal) => signal.deref() !== undefined).length;
  assert.ok(kept <= 4, String(kept));
});

onBothWaiters(
  test,
  'reactor:once.16 options that are no object are refused, and nothing is registered',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    for (const options of [50, null, 'soon'] as unknown as OnceOptions[]) {
      for (const promise of [reactor.once(b, READABLE, options), once(b, READABLE, options)]) {
        assert.equal(((await rejection(promise)) as { code?: string }).code, 'ERR_INVALID_ARG_TYPE');
      }
    }
    assert.is(reactor.poller.size, 0);
  },
);
