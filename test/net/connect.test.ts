import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect, FdStream, listen, WRITABLE, type Reactor } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { untilQueued } from '../support/kinds.js';
import { addressOf } from '../support/kit.js';
import { openDescriptors } from '../support/process.js';
import { runProgram } from '../support/program.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { collect, onEachWaiter } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: connect');
const HOST = '127.0.0.1';

/** Connects, and gives the descriptor to the scope. */
async function connected(scope: Scope, options: Parameters<typeof connect>[0]): Promise<number> {
  return scope.own(await connect(options));
}

/** A port of the loopback interface that nobody listens on. */
function deadPort(scope: Scope): number {
  // The socket stays bound, so that nobody else takes the port.
  const fd = scope.own(sys.socket('ipv4'));
  sys.bind(fd, { host: '127.0.0.1', port: 0 });
  return addressOf(fd).port;
}

/** A listener whose queue is full, so that a connection waits. */
function stuckPort(scope: Scope): number {
  const listener = scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host: HOST, port: 0 });
  sys.listen(listener, 0);
  const first = scope.own(sys.socket('ipv4'));
  sys.connect(first, addressOf(listener));
  untilQueued(listener, 1);
  return addressOf(listener).port;
}

/** The error of connect(), after which the same descriptors are open as before. */
async function failureOf(reactor: Reactor, options: object): Promise<Record<string, unknown>> {
  // The first watch makes the reactor open its own descriptors.
  const pair = sys.socketPair();
  await reactor.once(pair[0], WRITABLE);
  for (const fd of pair) sys.close(fd);
  const before = openDescriptors();
  const error = await rejection(connect({ reactor, ...options } as Parameters<typeof connect>[0]));
  assert.equal(openDescriptors(), before);
  return error as unknown as Record<string, unknown>;
}

/** A resolver that has these addresses for every name. */
function named(...addresses: string[]): { host: string; lookup: (host: string) => Promise<string[]> } {
  return { host: 'twins.example', lookup: async () => addresses };
}

onBothWaiters(test, 'net:connect.1 connect() resolves with a connected, non-blocking socket', async (scope, open) => {
  const reactor = open();
  const { address } = scope.open.listener();
  const fd = await connected(scope, { ...address, reactor });
  assert.equal(sys.peerAddress(fd), { family: 'ipv4', ...address });
  assert.is(sys.isNonBlocking(fd), true);
});

onBothWaiters(
  test,
  'net:connect.2 streams over the sockets of connect() and listen() exchange data',
  async (scope, open) => {
    const reactor = open();
    const listener = listen({ host: '::1', port: 0, reactor }, (fd) => {
      const stream = new FdStream(fd, { reactor });
      stream.pipe(stream);
    });
    scope.atEnd(() => listener.close());
    const { port } = listener.address;
    const stream = new FdStream(await connect({ host: '::1', port, reactor }), { reactor });
    stream.end('to the server and back');
    assert.is(String(await collect(stream)), 'to the server and back');
  },
);

onBothWaiters(
  test,
  'net:connect.3 a refused connection rejects with ECONNREFUSED and the address, and nothing stays open',
  async (scope, open) => {
    const port = deadPort(scope);
    const error = await failureOf(open(), { host: HOST, port });
    assert.equal(
      [error['message'], error['code'], error['syscall'], error['address'], error['port'], error['fd']],
      [`ECONNREFUSED: connection refused, connect ${HOST}:${port}`, 'ECONNREFUSED', 'connect', HOST, port, undefined],
    );
  },
);

onBothWaiters(
  test,
  'net:connect.4 an unanswered connection rejects with ETIMEDOUT, not before timeoutMs',
  async (scope, open) => {
    const port = stuckPort(scope);
    const start = performance.now();
    const error = await failureOf(open(), { host: HOST, port, timeoutMs: 40 });
    assert.equal([error['code'], error['syscall'], error['port']], ['ETIMEDOUT', 'connect', port]);
    assert.ok(performance.now() - start >= 40);
  },
);

onBothWaiters(
  test,
  'net:connect.5 an aborted signal rejects with an AbortError, before and during the connect, and has no effect afterwards',
  async (scope, open) => {
    const reactor = open();
    const port = stuckPort(scope);
    assert.is((await failureOf(reactor, { host: HOST, port, signal: AbortSignal.abort() }))['name'], 'AbortError');
    const controller = new AbortController();
    const failure = failureOf(reactor, { host: HOST, port, signal: controller.signal });
    await new Promise((turn) => setImmediate(turn));
    controller.abort('no more patience');
    const { name, code, cause } = await failure;
    assert.equal([name, code, cause], ['AbortError', 'ABORT_ERR', 'no more patience']);
    const late = new AbortController();
    const fd = await connected(scope, { ...scope.open.listener().address, reactor, signal: late.signal });
    late.abort();
    assert.is(sys.peerAddress(fd).family, 'ipv4');
  },
);

onBothWaiters(test, 'net:connect.6 closing the reactor rejects with ERR_POLLER_CLOSED', async (scope, open) => {
  const reactor = open();
  const port = stuckPort(scope);
  const failure = rejection(connect({ host: HOST, port, reactor }));
  await new Promise((turn) => setImmediate(turn));
  const before = openDescriptors().length;
  reactor.close();
  assert.is((await failure).code, 'ERR_POLLER_CLOSED');
  assert.ok(openDescriptors().length < before);
});

onBothWaiters(
  test,
  'net:connect.7 a path connects, or rejects with ENOENT, ECONNREFUSED or EAGAIN and the path',
  async (scope, open) => {
    const reactor = open();
    const path = join(scope.directory(), 'socket');
    const missing = await failureOf(reactor, { path });
    assert.equal(
      [missing['code'], missing['path'], missing['message']],
      ['ENOENT', path, `ENOENT: no such file or directory, connect ${path}`],
    );
    const listener = scope.own(sys.socket('unix'));
    sys.bind(listener, { path });
    assert.is((await failureOf(reactor, { path }))['code'], 'ECONNREFUSED');
    sys.listen(listener, 0);
    const fd = await connected(scope, { path, reactor });
    assert.equal(sys.peerAddress(fd), { family: 'unix', path });
    const full = await failureOf(reactor, { path });
    assert.equal([full['code'], full['path']], ['EAGAIN', path]);
  },
);

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
  'net:connect.9 a name without an address that connects rejects with the last error, which has the earlier errors',
  async (scope, open) => {
    const port = deadPort(scope);
    const error = await failureOf(open(), { ...named('::1', HOST), port });
    assert.is(error['message'], `ECONNREFUSED: connection refused, connect ${HOST}:${port}`);
    const messages = (error['errors'] as Error[]).map(({ message }) => message);
    assert.equal(messages, [`ECONNREFUSED: connection refused, connect [::1]:${port}`]);
    assert.is(JSON.parse(JSON.stringify(error)).errors.length, 1);
  },
);

onBothWaiters(
  test,
  'net:connect.10 an address that does not answer uses only a part of timeoutMs, so that the next address is tried too',
  async (scope, open) => {
    const reactor = open();
    const port = stuckPort(scope);
    const listener = scope.own(sys.socket('ipv6'));
    sys.bind(listener, { host: '::1', port });
    sys.listen(listener);
    const timeoutMs = 2000;
    const start = performance.now();
    const fd = await connected(scope, { ...named(HOST, '::1'), port, timeoutMs, reactor });
    const tookMs = performance.now() - start;
    assert.equal(sys.peerAddress(fd), { family: 'ipv6', host: '::1', port });
    // The first address had half of the time. With all of the time connect() would have failed.
    assert.ok(tookMs >= timeoutMs / 2, String(tookMs));
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

onBothWaiters(
  test,
  'net:connect.12 the peer sees the localAddress, and a localAddress of another machine rejects with the error of bind',
  async (scope, open) => {
    const reactor = open();
    const { listener, address } = scope.open.listener();
    await connected(scope, { ...address, localAddress: { host: '127.0.0.3' }, reactor });
    const accepted = scope.own(sys.accept(listener));
    assert.is((sys.peerAddress(accepted) as sys.InternetAddress).host, '127.0.0.3');
    const { code, syscall } = await failureOf(reactor, { ...address, localAddress: { host: '192.0.2.1' } });
    assert.equal([code, syscall], ['EADDRNOTAVAIL', 'bind']);
  },
);

onBothWaiters(test, 'net:connect.13 wrong options are refused', async (_, open) => {
  const reactor = open();
  const types = [
    { port: '1' },
    { port: 1, host: 5 },
    { port: 1, signal: {} },
    { port: 1, timeoutMs: '1' },
    { path: 5 },
    { port: 1, reactor: {} },
    { port: 1, lookup: 'dns' },
    {},
  ];
  for (const options of types) assert.is((await failureOf(reactor, options))['code'], 'ERR_INVALID_ARG_TYPE');
  for (const options of [{ port: 65536 }, { port: 1, timeoutMs: NaN }]) {
    assert.is((await failureOf(reactor, options))['code'], 'ERR_OUT_OF_RANGE');
  }
  assert.is((await rejection(connect(undefined as never))).code, 'ERR_INVALID_ARG_TYPE');
});

onBothWaiters(test, 'net:connect.15 a path together with a port or host is refused', async (_, open) => {
  const reactor = open();
  for (const [name, value] of [
    ['port', 80],
    ['port', 0],
    ['host', 'localhost'],
  ] as const) {
    const { code, message } = await failureOf(reactor, { path: '/run/nobody', [name]: value });
    assert.is(code, 'ERR_INVALID_ARG_VALUE');
    assert.match(String(message), `The argument "options.${name}" does not go with options.path. Received `);
  }
  const { code } = await failureOf(reactor, { path: '/run/nobody', port: undefined, host: undefined });
  assert.is(code, 'ENOENT');
});

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

/** A unix socket that takes connections, each at once. */
function readyPath(scope: Scope): { path: string; listener: number } {
  const path = join(scope.directory(), 'socket');
  const listener = scope.own(sys.socket('unix'));
  sys.bind(listener, { path });
  sys.listen(listener);
  return { path, listener };
}

onBothWaiters(
  test,
  'net:connect.16 a signal also ends a connect that succeeds at once, at whatever moment it is aborted, and nothing stays open',
  async (scope, open) => {
    const reactor = open();
    const { path, listener } = readyPath(scope);
    const before = openDescriptors();
    let overtaken = 0;
    for (let turns = 0; turns < 16; turns++) {
      const controller = new AbortController();
      let isSettled = false;
      const outcome = connect({ path, reactor, signal: controller.signal }).then(
        sys.close,
        (error: Error) => error.name,
      );
      void outcome.then(() => {
        isSettled = true;
      });
      for (let turn = 0; turn < turns; turn++) await undefined;
      const isLate = isSettled;
      controller.abort();
      const name = await outcome;
      if (!isLate && name !== 'AbortError') overtaken++;
      if (turns === 0) assert.equal([name, sys.accept(listener)], ['AbortError', sys.WOULD_BLOCK]);
      assert.equal(openDescriptors(), before);
    }
    // The promise is resolved by now, so that the signal comes too late.
    assert.ok(overtaken <= 2, String(overtaken));
  },
);

onBothWaiters(
  test,
  'net:connect.17 a reactor that is closed before or meanwhile also ends a connect that succeeds at once',
  async (scope, open) => {
    const { path } = readyPath(scope);
    const reactor = open();
    const pending = rejection(connect({ path, reactor }));
    reactor.close();
    const before = openDescriptors();
    assert.is((await pending).code, 'ERR_POLLER_CLOSED');
    let asked = 0;
    const lookup = async (): Promise<string[]> => [HOST].slice(asked++);
    for (const options of [{ path }, { host: 'twins.example', port: 1, lookup }]) {
      assert.is((await rejection(connect({ ...options, reactor }))).code, 'ERR_POLLER_CLOSED');
    }
    assert.equal([openDescriptors(), asked], [before, 0]);
  },
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

onBothWaiters(
  test,
  'net:connect.20 a number that belongs to another file by now is not closed by a signal, a timeout or the reactor',
  async (scope, open) => {
    const port = stuckPort(scope);
    for (const end of ['signal', 'timeout', 'reactor'] as const) {
      const reactor = open();
      // The first watch makes the reactor open its own descriptors.
      await reactor.once(scope.own(sys.socketPair()[0]), WRITABLE);
      const before = openDescriptors();
      const controller = new AbortController();
      const outcome = rejection(
        connect({
          host: HOST,
          port,
          reactor,
          signal: controller.signal,
          ...(end === 'timeout' ? { timeoutMs: 60 } : {}),
        }),
      );
      let fds: number[] = [];
      while (fds.length === 0) {
        await new Promise((turn) => setImmediate(turn));
        fds = openDescriptors().filter((fd) => !before.includes(fd));
      }
      const [fd] = fds as [number];
      const [stranger, peer] = sys.socketPair().map((other) => scope.own(other)) as [number, number];
      scope.own(descriptors.dup2(stranger, fd));
      if (end === 'signal') controller.abort();
      if (end === 'reactor') reactor.close();
      const { code } = await outcome;
      assert.is(code, { signal: 'ABORT_ERR', timeout: 'ETIMEDOUT', reactor: 'ERR_POLLER_CLOSED' }[end]);
      assert.is(sys.write(peer, Buffer.from('open')), 4);
      assert.is(sys.read(fd, Buffer.alloc(9)), 4);
    }
  },
);

onBothWaiters(
  test,
  'net:connect.21 an error about an option names the option as the caller wrote it',
  async (_, open) => {
    const reactor = open();
    const nameIn = async (options: object): Promise<string> =>
      /"([^"]*)"/.exec((await rejection(connect({ reactor, port: 1, ...options } as never))).message)![1]!;
    assert.is(await nameIn({ host: '1:2' }), 'options.host');
    assert.is(await nameIn({ host: HOST, localAddress: { host: 'me' } }), 'options.localAddress.host');
    assert.is(await nameIn({ host: HOST, localAddress: { port: -1 } }), 'options.localAddress.port');
    assert.is(await nameIn({ host: HOST, localAddress: 1 }), 'options.localAddress');
    assert.is(await nameIn({ timeoutMs: NaN }), 'options.timeoutMs');
  },
);
