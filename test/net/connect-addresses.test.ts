import { lookup as dnsLookup } from 'node:dns';
import { connect, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { connected, failureOf, internetSockets, named, stuckListener, stuckPort } from '../support/connecting.js';
import { addressOf } from '../support/kit.js';
import { HOST } from '../support/listening.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import type { Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('net: connect to the addresses of a name');

onBothWaiters(
  test,
  'net:connect.9 a name without an address that connects rejects with an AggregateError: the fields of the last error, and all errors',
  async (scope, open) => {
    const { port } = scope.open.deadAddress();
    const error = await failureOf(open(), { ...named('::1', HOST), port });
    assert.is(error['message'], `ECONNREFUSED: connection refused, connect ${HOST}:${port}`);
    const messages = (error['errors'] as Error[]).map(({ message }) => message);
    assert.equal(messages, [
      `ECONNREFUSED: connection refused, connect [::1]:${port}`,
      `ECONNREFUSED: connection refused, connect ${HOST}:${port}`,
    ]);
    assert.ok((error as unknown) instanceof AggregateError);
    const { code, syscall, address } = error;
    assert.equal([code, syscall, address, error['port']], ['ECONNREFUSED', 'connect', HOST, port]);
    assert.is(JSON.parse(JSON.stringify(error)).errors.length, 2);
  },
);

/** A listener of ::1 with the port of a listener of ipv4 that does not answer. */
function answeringTwin(scope: Scope): { port: number } {
  const port = stuckPort(scope);
  const listener = scope.own(sys.socket('ipv6'));
  sys.bind(listener, { host: '::1', port });
  sys.listen(listener);
  return { port };
}

onBothWaiters(
  test,
  'net:connect.10 an address that does not answer is given up for the next one, without a limit of time, and not before 250 ms',
  async (scope, open) => {
    const reactor = open();
    const { port } = answeringTwin(scope);
    await reactor.once(scope.own(sys.socketPair()[0]), WRITABLE);
    const before = internetSockets();
    const start = performance.now();
    // The kernel tries the first address for minutes.
    const fd = await connected(scope, { ...named(HOST, '::1'), port, reactor });
    assert.ok(performance.now() - start >= 250);
    assert.equal(sys.peerAddress(fd), { family: 'ipv6', host: '::1', port });
    assert.equal(
      internetSockets(),
      [...before, fd].sort((a, b) => a - b),
    );
  },
);

onBothWaiters(test, 'net:connect.22 an address that fails is followed by the next one at once', async (scope, open) => {
  const reactor = open();
  const { address } = scope.open.listener();
  // Only a failure leads to the next address.
  const fd = await connected(scope, {
    ...named('127.0.0.2', '127.0.0.3', HOST),
    port: address.port,
    attemptDelayMs: Infinity,
    reactor,
  });
  assert.equal(sys.peerAddress(fd), { family: 'ipv4', ...address });
});

onBothWaiters(
  test,
  'net:connect.23 the families of the addresses take turns, and that of the first address begins',
  async (scope, open) => {
    const { port } = scope.open.deadAddress();
    const reactor = open();
    for (const [found, tried] of [
      [
        ['::1', '::1', '::1', HOST, '127.0.0.2'],
        ['::1', HOST, '::1', '127.0.0.2', '::1'],
      ],
      [
        [HOST, '127.0.0.2', '::1'],
        [HOST, '::1', '127.0.0.2'],
      ],
    ] as const) {
      const { errors } = await failureOf(reactor, { ...named(...found), port });
      assert.equal(
        (errors as sys.SystemError[]).map(({ address }) => address),
        tried,
      );
    }
  },
);

onBothWaiters(
  test,
  'net:connect.24 with a family only the addresses of that family are tried, and none is ENOTFOUND',
  async (scope, open) => {
    const { port } = scope.open.deadAddress();
    const reactor = open();
    for (const [family, tried] of [
      [4, HOST],
      [6, '::1'],
      ['IPv4', HOST],
      ['ipv6', '::1'],
    ] as const) {
      const { address, errors } = await failureOf(reactor, { ...named('::1', HOST), port, family });
      assert.equal([address, errors], [tried, undefined]);
    }
    assert.is((await failureOf(reactor, { ...named(HOST), port, family: 6 }))['code'], 'ENOTFOUND');
    assert.is((await failureOf(reactor, { ...named(HOST), port, family: 5 }))['code'], 'ERR_INVALID_ARG_VALUE');
    const fd = await connected(scope, { ...sys.localAddress(scope.open.listener().listener), reactor } as never);
    assert.is(sys.peerAddress(fd).family, 'ipv4');
  },
);

onBothWaiters(
  test,
  'net:connect.25 of two connects that are under way the first to succeed is taken, and the other is closed',
  async (scope, open) => {
    const reactor = open();
    const first = stuckListener(scope);
    const { port } = addressOf(first);
    stuckListener(scope, '127.0.0.2', port);
    await reactor.once(scope.own(sys.socketPair()[0]), WRITABLE);
    const before = internetSockets();
    const outcome = connected(scope, { ...named(HOST, '127.0.0.2'), port, attemptDelayMs: 10, reactor });
    while (internetSockets().length < before.length + 2) await new Promise((turn) => setImmediate(turn));
    sys.close(sys.accept(first));
    const fd = await outcome;
    assert.equal(sys.peerAddress(fd), { family: 'ipv4', host: HOST, port });
    assert.equal(
      internetSockets(),
      [...before, fd].sort((a, b) => a - b),
    );
  },
);

onBothWaiters(
  test,
  'net:connect.26 when time is up every address that was tried has an error, and nothing stays open',
  async (scope, open) => {
    const first = stuckListener(scope);
    const { port } = addressOf(first);
    stuckListener(scope, '127.0.0.2', port);
    // The time is long beside the delay, so that a busy machine tries each address, too.
    const found = named(HOST, '127.0.0.2', '127.0.0.3');
    const { code, errors } = await failureOf(open(), { ...found, port, attemptDelayMs: 10, timeoutMs: 3000 });
    assert.is(code, 'ECONNREFUSED');
    assert.equal(
      (errors as sys.SystemError[]).map((error) => [error.code, error.address]),
      [
        ['ETIMEDOUT', HOST],
        ['ETIMEDOUT', '127.0.0.2'],
        ['ECONNREFUSED', '127.0.0.3'],
      ],
    );
  },
);

onBothWaiters(test, 'net:connect.27 dns.lookup() and functions of its form serve as lookup', async (scope, open) => {
  const reactor = open();
  const { address } = scope.open.listener();
  type Answer = (error: Error | null, found: unknown, family?: number) => void;
  for (const lookup of [
    dnsLookup,
    (_: string, __: object, answer: Answer) => answer(null, HOST, 4),
    (_: string, __: object, answer: Answer) => setImmediate(answer, null, [{ address: HOST, family: 4 }]),
  ]) {
    const options = { host: 'localhost', port: address.port, lookup: lookup as never, family: 4 as const, reactor };
    assert.is(sys.peerAddress(await connected(scope, options)).family, 'ipv4');
  }
  const reason = new Error('no answer');
  const lookup = (_: string, __: object, answer: Answer): void => answer(reason, undefined);
  assert.is((await failureOf(reactor, { host: 'localhost', port: 1, lookup })) as unknown, reason);
});

onBothWaiters(test, 'net:connect.28 a delay of attempts of less than 10 ms is refused', async (_, open) => {
  const reactor = open();
  for (const attemptDelayMs of [0, 9, -1, NaN])
    assert.is((await failureOf(reactor, { port: 1, attemptDelayMs }))['code'], 'ERR_OUT_OF_RANGE');
  assert.is((await failureOf(reactor, { port: 1, attemptDelayMs: '10' }))['code'], 'ERR_INVALID_ARG_TYPE');
});

onBothWaiters(
  test,
  'net:connect.29 a reactor that closes while two addresses are tried ends both connects, and closes each descriptor once',
  async (scope, open) => {
    const first = stuckListener(scope);
    const { port } = addressOf(first);
    stuckListener(scope, '127.0.0.2', port);
    const raised: unknown[] = [];
    const reactor = open({ onError: (error) => raised.push(error) });
    await reactor.once(scope.own(sys.socketPair()[0]), WRITABLE);
    const before = internetSockets();
    const outcome = rejection(connect({ ...named(HOST, '127.0.0.2'), port, attemptDelayMs: 10, reactor }));
    while (internetSockets().length < before.length + 2) await new Promise((turn) => setImmediate(turn));
    reactor.close();
    const error = await outcome;
    assert.equal([error.code, error instanceof AggregateError], ['ERR_POLLER_CLOSED', false]);
    assert.equal([raised, internetSockets()], [[], before]);
  },
);
