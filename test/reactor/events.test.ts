import { getEventListeners } from 'node:events';
import { EDGE, events, EXCLUSIVE, READABLE, READ_CLOSED, WRITABLE, type EventsOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal } from '../support/expect.js';
import { onBothWaiters, pair, receive, rejection, send, settle } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: async iteration', { sanitized: ['epoll'] });

onBothWaiters(
  test,
  'reactor:events.1 each step yields the present readiness, and break ends the watch',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const seen: string[] = [];
    send(a, 'one');
    for await (const readiness of reactor.events(b, READABLE)) {
      seen.push(`${readiness} ${receive(b)}`);
      if (seen.length === 1) send(a, 'two');
      else if (seen.length === 2) sys.shutdown(a, 'write');
      else break;
    }
    assert.equal(seen, [`${READABLE} one`, `${READABLE} two`, `${READABLE | READ_CLOSED} `]);
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:events.2 in level mode the next step reports unread data, and nothing spins meanwhile',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    send(a, 'x');
    const iterator = reactor.events(b, READABLE);
    assert.equal(await iterator.next(), { done: false, value: READABLE });
    await settle(scope, reactor);
    assert.equal(await iterator.next(), { done: false, value: READABLE });
    receive(b);
    const pending = iterator.next();
    await settle(scope, reactor);
    send(a, 'y');
    assert.equal(await pending, { done: false, value: READABLE });
    assert.equal(await iterator.return!(), { done: true, value: undefined });
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:events.3 in edge mode the events that nobody awaited are merged into one step',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const iterator = reactor.events(b, READABLE | WRITABLE | EDGE);
    assert.equal(await iterator.next(), { done: false, value: WRITABLE });
    send(a, 'x');
    await settle(scope, reactor);
    const { value } = (await iterator.next()) as { value: number };
    assert.is(value & READABLE, READABLE);
    const pending = iterator.next();
    send(a, 'y');
    assert.is(((await pending) as { value: number }).value & READABLE, READABLE);
    await iterator.return!();
  },
);

onBothWaiters(test, 'reactor:events.4 return() ends a pending step, and later steps are done', async (scope, open) => {
  const reactor = open();
  const [, b] = pair(scope);
  const iterator = reactor.events(b, READABLE);
  const pending = [iterator.next(), iterator.next()];
  await iterator.return!();
  assert.equal(
    await Promise.all([...pending, iterator.next()]),
    Array.from({ length: 3 }, () => ({ done: true, value: undefined })),
  );
  assert.is(reactor.poller.size, 0);
});

onBothWaiters(test, 'reactor:events.5 closing the reactor ends the iteration', async (scope, open) => {
  const reactor = open();
  const [a, b] = pair(scope);
  let steps = 0;
  send(a, 'x');
  for await (const _ of reactor.events(b, READABLE)) {
    receive(b);
    steps++;
    setImmediate(() => reactor.close());
  }
  assert.is(steps, 1);
});

onBothWaiters(
  test,
  'reactor:events.6 an aborted signal rejects the pending step, or the first step',
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    const controller = new AbortController();
    const iterator = reactor.events(b, READABLE, { signal: controller.signal });
    const pending = rejection(iterator.next());
    controller.abort();
    assert.is((await pending).name, 'AbortError');
    assert.equal(await iterator.next(), { done: true, value: undefined });
    assert.is((await rejection(reactor.events(b, READABLE, { signal: controller.signal }).next())).name, 'AbortError');
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:events.7 a step rejects with the error of watch() or modify(), and the next step is done',
  async (scope, open) => {
    const reactor = open();
    assert.is((await rejection(reactor.events(99_999, READABLE).next())).code, 'EBADF');
    const [a, b] = pair(scope);
    const iterator = reactor.events(b, READABLE);
    send(a, 'x');
    await iterator.next();
    scope.close(b);
    assert.is((await rejection(iterator.next())).code, 'EBADF');
    assert.equal(await iterator.next(), { done: true, value: undefined });
  },
);

onBothWaiters(test, 'reactor:events.8 an exception in the loop ends the watch', async (scope, open) => {
  const reactor = open();
  const [a, b] = pair(scope);
  send(a, 'x');
  const error = await rejection(
    (async () => {
      for await (const _ of reactor.events(b, READABLE)) throw new Error('in the loop');
    })(),
  );
  assert.is(error.message, 'in the loop');
  assert.is(reactor.poller.size, 0);
});

test(
  'reactor:events.9 events() of the package uses the default reactor of the thread',
  scoped(async (scope) => {
    const [, b] = pair(scope);
    for await (const readiness of events(b, WRITABLE)) {
      assert.is(readiness, WRITABLE);
      break;
    }
  }),
);

onBothWaiters(
  test,
  "reactor:events.10 an interest that is refused rejects the first step, and the message has the caller's value",
  async (scope, open) => {
    const reactor = open();
    const [, b] = pair(scope);
    for (const [interest, code, text] of [
      [
        READABLE | EXCLUSIVE,
        'ERR_OUT_OF_RANGE',
        `must not contain EXCLUSIVE without EDGE: each step asks with ONESHOT. Received ${READABLE | EXCLUSIVE}`,
      ],
      ['readable', 'ERR_INVALID_ARG_TYPE', "Received type string ('readable')"],
      [2 ** 40 + READABLE, 'ERR_OUT_OF_RANGE', 'must be an integer made of the interest and mode bits'],
      [2 ** 40 + EDGE, 'ERR_OUT_OF_RANGE', 'must be an integer made of the interest and mode bits'],
    ] as const) {
      const error = await rejection(reactor.events(b, interest as number).next());
      assert.is(error.code, code);
      assert.match(error.message, text);
    }
    assert.is(reactor.poller.size, 0);
  },
);

onBothWaiters(
  test,
  'reactor:events.11 an iteration that has ended has removed its listener from the signal',
  async (scope, open) => {
    const reactor = open();
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count++) {
      for await (const _ of reactor.events(pair(scope)[0], WRITABLE, { signal })) {
        assert.is(getEventListeners(signal, 'abort').length, 1);
        break;
      }
    }
    assert.is(getEventListeners(signal, 'abort').length, 0);
  },
);

onBothWaiters(test, 'reactor:events.12 options that are no object are refused at once', (scope, open) => {
  const [, b] = pair(scope);
  for (const options of [50, null] as unknown as EventsOptions[]) {
    expectRefusal(() => open().events(b, READABLE, options), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
});
