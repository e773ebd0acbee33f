import { createServer } from 'node:net';
import { connect, FdStream } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { connected, failureOf, named } from '../support/connecting.js';
import { HOST } from '../support/listening.js';
import { runProgram } from '../support/program.js';
import { onBothWaiters } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { collect, onEachWaiter } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: connect by name');

onBothWaiters(
  test,
  'net:connect.8 the addresses of a name are tried in turn until one connects',
  async (scope, open) => {
    const reactor = open();
    const {
      address: { port },
    } = scope.open.listener();
    const fd = await connected(scope, { ...named('127.0.0.2', '::1', HOST), port, reactor });
    assert.equal(sys.peerAddress(fd), { family: 'ipv4', host: HOST, port });
  },
);

onBothWaiters(
  test,
  'net:connect.11 connect() rejects when the resolver does not answer before the timeout or the signal, and with the error of a resolver that fails',
  async (_, open) => {
    const reactor = open();
    const silent = { host: 'twins.example', port: 1, lookup: () => new Promise<string[]>(() => undefined) };
    const { code, syscall } = await failureOf(reactor, { ...silent, timeoutMs: 20 });
    assert.equal([code, syscall], ['ETIMEDOUT', 'getaddrinfo']);
    const controller = new AbortController();
    const failure = failureOf(reactor, { ...silent, signal: controller.signal });
    await new Promise((turn) => setImmediate(turn));
    controller.abort();
    assert.is((await failure)['name'], 'AbortError');
    const reason = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    for (const lookup of [
      () => Promise.reject(reason),
      () => {
        throw reason;
      },
    ]) {
      assert.is((await failureOf(reactor, { ...silent, lookup })) as unknown, reason);
    }
    assert.is((await failureOf(reactor, { ...named(), port: 1 }))['code'], 'ENOTFOUND');
  },
);

test(
  'net:connect.14 localhost by name connects to a server of node:net with the default reactor',
  scoped(async (scope) => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    scope.atEnd(() => server.close());
    const { port } = server.address() as { port: number };
    assert.is(String(await collect(new FdStream(await connect({ port })))), 'hello');
  }),
);

onBothWaiters(test, 'net:connect.18 a lookup() that returns no array of strings is refused', async (_, open) => {
  const reactor = open();
  for (const [value, shown] of [
    [undefined, 'undefined'],
    [HOST, `type string ('${HOST}')`],
    [[{ address: HOST, family: 4 }], 'an instance of Array'],
  ] as const) {
    const error = await failureOf(reactor, { host: 'twins.example', port: 1, lookup: async () => value });
    assert.equal([error['name'], error['code']], ['TypeError', 'ERR_INVALID_RETURN_VALUE']);
    assert.is(
      error['message'],
      `Expected an array of addresses, each a string to be returned from the "options.lookup" function. Received ${shown}`,
    );
  }
});

onEachWaiter(test, 'net:connect.19 a connect by name leaves no timer that keeps the process alive', ({ waiter }) => {
  assert.equal(runProgram('connect-end', waiter), { stdout: 'connected\nended at once true\n', stderr: '' });
});
