import { AsyncLocalStorage } from 'node:async_hooks';
import { once as onceEmitted } from 'node:events';
import { READABLE, Reactor, WRITABLE } from 'pollux';
import * as assert from 'uvu/assert';
import { Log, onBothWaiters, pair, receive, send, settle, WAITERS } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: contexts');

/** Resolves with what `storage` holds when the next exception is uncaught. */
async function contextOfUncaught(storage: AsyncLocalStorage<string>, act: () => void): Promise<unknown> {
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    return await new Promise((resolve) => {
      process.once('uncaughtException', () => resolve(storage.getStore()));
      act();
    });
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
}

onBothWaiters(
  test,
  'reactor:context.1 an exception of a handler or onIdle is raised in the async context of its watch()',
  async (scope, open) => {
    const reactor = open();
    const storage = new AsyncLocalStorage<string>();
    const fail = (): never => {
      throw new Error('of a handler');
    };
    storage.run('first', () => reactor.watch(pair(scope)[0], READABLE, () => {}).close());
    const [a, b] = pair(scope);
    const watch = storage.run('request', () =>
      reactor.watch(b, READABLE, () => {
        watch.close();
        fail();
      }),
    );
    assert.is(await contextOfUncaught(storage, () => send(a, 'x')), 'request');
    const idle = storage.run('idle', () => reactor.watch(pair(scope)[0], READABLE, () => {}));
    assert.is(await contextOfUncaught(storage, () => idle.setIdleTimeout(5, fail)), 'idle');
  },
);

onBothWaiters(
  test,
  'reactor:context.2 a failed change of interest is raised in the async context of its watch',
  async (scope, open) => {
    const reactor = open();
    const storage = new AsyncLocalStorage<string>();
    const [, b] = pair(scope);
    const watch = storage.run('request', () => reactor.watch(b, READABLE, () => {}));
    scope.close(b);
    assert.is(
      await contextOfUncaught(storage, () =>
        storage.run('other', () => {
          watch.interest = WRITABLE;
        }),
      ),
      'request',
    );
  },
);

onBothWaiters(
  test,
  'reactor:context.3 onError runs in the async context of the watch, onWake in that of the reactor',
  async (scope, open) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const reactor = storage.run('reactor', () =>
      open({
        onError: () => seen.push('error', storage.getStore()),
        onWake: () => {
          seen.push('wake', storage.getStore());
          throw new Error('of onWake');
        },
      }),
    );
    const [a, b] = pair(scope);
    const watch = storage.run('request', () =>
      reactor.watch(b, READABLE, () => {
        watch.close();
        throw new Error('of a handler');
      }),
    );
    send(a, 'x');
    await settle(scope, reactor);
    assert.equal(seen.splice(0), ['error', 'request']);
    reactor.poller.wake();
    await settle(scope, reactor);
    assert.equal(seen.splice(0), ['wake', 'reactor', 'error', 'reactor']);
    reactor.poller.wake();
    storage.run('of run()', () => {
      const stopper = reactor.watch(pair(scope)[0], WRITABLE, () => {
        stopper.close();
        reactor.stop();
      });
      reactor.run();
    });
    assert.equal(seen, ['wake', 'reactor', 'error', 'reactor']);
  },
);

test.unless(WAITERS.includes('uv') ? undefined : "domains are Node's")(
  'reactor:context.4 an exception of a handler goes to the domain of its watch(), as with a socket',
  scoped(async (scope) => {
    const { create } = await import('node:domain');
    const reactor = new Reactor();
    scope.atEnd(() => reactor.close());
    const [a, b] = pair(scope);
    const domain = create();
    const failed = onceEmitted(domain, 'error');
    domain.run(() => {
      const watch = reactor.watch(b, READABLE, () => {
        watch.close();
        throw new Error('of a handler');
      });
    });
    send(a, 'x');
    const [error] = (await failed.catch((thrown: unknown) => [thrown])) as [Error];
    assert.is(error.message, 'of a handler');
  }),
);

onBothWaiters(
  test,
  'reactor:rejection.1 onError gets the rejections of an async handler, onIdle and onWake',
  async (scope, open) => {
    const log = new Log();
    const storage = new AsyncLocalStorage<string>();
    const reactor = open({
      onError: (error, of) => log.add(`${(error as Error).message} ${of?.fd === b} ${storage.getStore()}`),
      onWake: async () => {
        throw new Error('wake');
      },
    });
    const [a, b] = pair(scope);
    const watch = storage.run('request', () =>
      reactor.watch(b, READABLE, async () => {
        receive(b);
        await undefined;
        throw new Error('handler');
      }),
    );
    send(a, 'x');
    await settle(scope, reactor);
    log.expect('handler true request');
    reactor.poller.wake();
    await settle(scope, reactor);
    log.expect('wake false undefined');
    await new Promise<void>((resolve) =>
      watch.setIdleTimeout(5, async () => {
        setImmediate(resolve);
        throw new Error('idle');
      }),
    );
    log.expect('idle true request');
  },
);

onBothWaiters(test, 'reactor:rejection.2 without onError a rejection is unhandled', async (scope, open) => {
  const reactor = open();
  const [a, b] = pair(scope);
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  const reason = new Promise((resolve) => process.once('unhandledRejection', resolve));
  const watch = reactor.watch(b, READABLE, async () => {
    watch.close();
    throw new Error('handler');
  });
  send(a, 'x');
  assert.is(((await reason) as Error).message, 'handler');
  for (const listener of before) process.on('unhandledRejection', listener);
});

onBothWaiters(
  test,
  'reactor:wake.before.1 a reactor with onWake and without a watch reports a wake',
  async (_, open) => {
    // The reactor does not keep the process alive.
    const alive = setInterval(() => {}, 1000);
    try {
      await new Promise<void>((resolve) => {
        const reactor = open({ onWake: resolve });
        assert.ok(reactor.waiter !== undefined);
        reactor.poller.wake();
      });
    } finally {
      clearInterval(alive);
    }
  },
);
