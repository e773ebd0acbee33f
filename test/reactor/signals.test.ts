import { connect, listen, READABLE, type Reactor } from 'pollux';
import * as assert from 'uvu/assert';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { onBothWaiters, pair, rejection } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: signals that are no instances of AbortSignal');

/** An AbortSignal as a polyfill makes it: without `once`, and without the classes of the host. */
class OtherSignal {
  aborted = false;
  reason: unknown = undefined;
  readonly #listeners: Array<() => void> = [];

  addEventListener(_type: string, listener: () => void): void {
    this.#listeners.push(listener);
  }

  abort(): void {
    this.aborted = true;
    for (let round = 0; round < 2; round++) for (const listener of this.#listeners) listener();
  }
}

const otherSignal = (): { abort(): void; signal: AbortSignal } => {
  const other = new OtherSignal();
  return { abort: () => other.abort(), signal: other as unknown as AbortSignal };
};

/** Each way to wait with a signal; rejects or throws when it is aborted. */
const WAYS: Readonly<Record<string, (reactor: Reactor, fd: number, signal: AbortSignal) => Promise<unknown>>> = {
  'once()': (reactor, fd, signal) => reactor.once(fd, READABLE, { signal }),
  'events()': (reactor, fd, signal) => reactor.events(fd, READABLE, { signal }).next(),
  'connect()': (reactor, _, signal) =>
    connect({ host: 'name.test', port: 1, lookup: () => new Promise(() => {}), reactor, signal }),
};

for (const [way, wait] of Object.entries(WAYS)) {
  onBothWaiters(
    test,
    `reactor:signal.1 ${way} accepts an object that behaves as an AbortSignal, and nothing else`,
    async (scope, open) => {
      const reactor = open();
      const [a] = pair(scope);
      const { abort, signal } = otherSignal();
      const failure = rejection(wait(reactor, a, signal));
      await Promise.resolve();
      abort();
      assert.is((await failure).code, 'ABORT_ERR');
      assert.is((await rejection(wait(reactor, a, signal))).code, 'ABORT_ERR');
      for (const bad of [{}, { aborted: false }, { addEventListener() {} }, 1, null, () => {}]) {
        const refused = (await rejection((async () => wait(reactor, a, bad as never))())).code;
        assert.is(refused, 'ERR_INVALID_ARG_TYPE');
      }
      assert.is(reactor.poller.size, 0);
    },
  );
}

onBothWaiters(
  test,
  'reactor:signal.2 listen() accepts an object that behaves as an AbortSignal, and nothing else',
  (_, open) => {
    const reactor = open();
    const { abort, signal } = otherSignal();
    const listener = listen({ host: '127.0.0.1', port: 0, reactor, signal }, () => {});
    abort();
    assert.is(listener.closed, true);
    assert.is(thrownBy(() => listen({ host: '127.0.0.1', port: 0, reactor, signal }, () => {})).code, 'ABORT_ERR');
    expectRefusal(
      () => listen({ port: 0, signal: { aborted: false } as never }, () => {}),
      TypeError,
      'ERR_INVALID_ARG_TYPE',
    );
  },
);
