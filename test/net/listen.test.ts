import { existsSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { connect as netConnect, type AddressInfo, type Socket } from 'node:net';
import { getEventListeners, once } from 'node:events';
import { join } from 'node:path';
import { listen, READABLE, type ListenOptions, type Listener, type Reactor } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { inSeparateNetwork, lackOf, lackOfSeparateNetwork } from '../support/facts.js';
import { openDescriptors } from '../support/process.js';
import { runProgram, runProgramBy } from '../support/program.js';
import { onBothWaiters, rejection, settle, uncaught } from '../support/reactor.js';
import type { Scope } from '../support/scope.js';
import { onEachWaiter, until } from '../support/streams.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('net: listen');
const HOST = '127.0.0.1';

/** What a listener of the scope has accepted. */
interface Accepted {
  listener: Listener;
  peers: sys.Address[];
  fds: number[];
}

function accepting(scope: Scope, options: ListenOptions): Accepted {
  const fds: number[] = [];
  const peers: sys.Address[] = [];
  const listener = listen(options, (fd, address) => {
    fds.push(scope.own(fd));
    peers.push(address);
  });
  scope.atEnd(() => listener.close());
  return { listener, peers, fds };
}

function portOf({ address }: Listener): number {
  return (address as sys.InternetAddress).port;
}

/** A client that is connected. */
async function client(scope: Scope, options: { host?: string; port?: number; path?: string }): Promise<Socket> {
  const socket = netConnect({ host: HOST, ...options } as { port: number });
  scope.atEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

onBothWaiters(
  test,
  'net:listen.1 onConnection gets a non-blocking socket that can be watched, and the address of the peer',
  async (scope, open) => {
    const { listener, fds, peers } = accepting(scope, { host: HOST, port: 0, reactor: open() });
    const { family, host, port } = listener.address as sys.InternetAddress;
    assert.equal([family, host, port > 0], ['ipv4', HOST, true]);
    const { address, port: from } = (await client(scope, { port })).address() as AddressInfo;
    await until(() => fds.length === 1);
    assert.equal(peers, [{ family: 'ipv4', host: address, port: from }]);
    assert.is(sys.isNonBlocking(fds[0]!), true);
  },
);

onBothWaiters(
  test,
  'net:listen.2 a thousand connections at once are each given to onConnection once',
  async (scope, open) => {
    const { listener, fds } = accepting(scope, { host: HOST, port: 0, reactor: open() });
    const clients = Array.from({ length: 1000 }, () => {
      const fd = scope.own(sys.socket('ipv4'));
      sys.connect(fd, { host: HOST, port: portOf(listener) });
      return fd;
    });
    await until(() => fds.length === clients.length);
    assert.is(new Set(fds).size, 1000);
  },
);

onBothWaiters(test, 'net:listen.3 without a host the listener serves IPv6 and IPv4', async (scope, open) => {
  const { listener, fds } = accepting(scope, { port: 0, reactor: open() });
  assert.is((listener.address as sys.InternetAddress).host, '::');
  await client(scope, { host: '::1', port: portOf(listener) });
  await client(scope, { host: HOST, port: portOf(listener) });
  await until(() => fds.length === 2);
});

onBothWaiters(test, 'net:listen.4 the listener serves an IPv6 address', async (scope, open) => {
  const { listener, peers } = accepting(scope, { host: '::1', port: 0, reactor: open() });
  await client(scope, { host: '::1', port: portOf(listener) });
  await until(() => peers.length === 1);
  assert.is(peers[0]!.family, 'ipv6');
});

onBothWaiters(
  test,
  'net:listen.5 the file of a path is made, refuses a second listener, and is removed with the first',
  async (scope, open) => {
    const path = join(scope.directory(), 'socket');
    const reactor = open();
    const { listener, fds, peers } = accepting(scope, { path, reactor });
    assert.equal(listener.address, { family: 'unix', path });
    await client(scope, { path });
    await until(() => fds.length === 1);
    assert.equal(peers, [{ family: 'unix', path: '' }]);
    const {
      code,
      syscall,
      message,
      path: named,
    } = thrownBy(() => accepting(scope, { path, reactor })) as NodeJS.ErrnoException;
    assert.equal([code, syscall, named], ['EADDRINUSE', 'bind', path]);
    assert.is(message, `EADDRINUSE: address already in use, bind ${path}`);
    listener.close();
    assert.is(existsSync(path), false);
  },
);

onBothWaiters(
  test,
  'net:listen.6 a path whose listener is gone throws EADDRINUSE, and its file stays',
  (scope, open) => {
    const path = join(scope.directory(), 'stale');
    const dead = sys.socket('unix');
    sys.bind(dead, { path });
    sys.close(dead);
    assert.is(thrownBy(() => accepting(scope, { path, reactor: open() })).code, 'EADDRINUSE');
    assert.is(statSync(path).isSocket(), true);
  },
);

onBothWaiters(test, 'net:listen.7 a file that has taken the place of the socket is left alone', (scope, open) => {
  const path = join(scope.directory(), 'socket');
  const { listener } = accepting(scope, { path, reactor: open() });
  unlinkSync(path);
  writeFileSync(path, 'mine');
  listener.close();
  assert.is(existsSync(path), true);
});

onBothWaiters(
  test,
  'net:listen.8 a port that is in use throws EADDRINUSE with the address, and nothing stays open',
  (scope, open) => {
    const reactor = open();
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
    const before = openDescriptors();
    const port = portOf(listener);
    const error = thrownBy(() => accepting(scope, { host: HOST, port, reactor })) as NodeJS.ErrnoException & {
      address: string;
      port: number;
    };
    assert.equal([error.code, error.address, error.port], ['EADDRINUSE', HOST, port]);
    assert.is(error.message, `EADDRINUSE: address already in use, ${error.syscall} ${HOST}:${port}`);
    assert.equal(openDescriptors(), before);
  },
);

onBothWaiters(
  test,
  'net:listen.9 with reusePort two listeners share a port, and every connection reaches one of them',
  async (scope, open) => {
    const [first, second] = [open(), open()];
    const one = accepting(scope, { host: HOST, port: 0, reusePort: true, reactor: first });
    const port = portOf(one.listener);
    const two = accepting(scope, { host: HOST, port, reusePort: true, reactor: second });
    for (let count = 0; count < 64; count++) await client(scope, { port });
    await until(() => one.fds.length + two.fds.length === 64);
    assert.ok(one.fds.length > 0 && two.fds.length > 0, `${one.fds.length} and ${two.fds.length}`);
  },
);

onBothWaiters(
  test.unless(lackOf('exclusive')),
  'net:listen.10 an exclusive listener takes every connection, one after the other',
  async (scope, open) => {
    const { listener, fds } = accepting(scope, { host: HOST, port: 0, exclusive: true, reactor: open() });
    for (let count = 1; count <= 3; count++) {
      await client(scope, { port: portOf(listener) });
      await until(() => fds.length === count);
    }
  },
);

onBothWaiters(
  test,
  'net:listen.11 after close() new connections are refused, and accepted ones stay',
  async (scope, open) => {
    const { listener, fds } = accepting(scope, { host: HOST, port: 0, reactor: open() });
    const port = portOf(listener);
    const socket = await client(scope, { port });
    await until(() => fds.length === 1);
    listener.close();
    listener.close();
    assert.equal([listener.closed, openDescriptors().includes(listener.fd)], [true, false]);
    const [error] = (await once(netConnect({ host: HOST, port }), 'error')) as [NodeJS.ErrnoException];
    assert.is(error.code, 'ECONNREFUSED');
    socket.write('still here');
    await until(() => sys.bytesReadable(fds[0]!) === 10);
  },
);

onBothWaiters(
  test,
  'net:listen.12 after close() inside onConnection no further connection is given to it',
  async (scope, open) => {
    const reactor = open();
    let count = 0;
    const listener = listen({ host: HOST, port: 0, reactor }, (fd) => {
      scope.own(fd);
      count++;
      listener.close();
    });
    for (let clients = 0; clients < 3; clients++) {
      sys.connect(scope.own(sys.socket('ipv4')), { host: HOST, port: portOf(listener) });
    }
    await until(() => count === 1);
    await settle(scope, reactor);
    assert.is(count, 1);
  },
);

onBothWaiters(
  test,
  'net:listen.13 a signal closes the listener, and a signal that is aborted before throws an AbortError',
  (scope, open) => {
    const reactor = open();
    const controller = new AbortController();
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor, signal: controller.signal });
    assert.is(listener.closed, false);
    controller.abort();
    assert.is(listener.closed, true);
    const before = openDescriptors();
    const error = thrownBy(() => accepting(scope, { host: HOST, port: 0, reactor, signal: controller.signal }));
    assert.equal([error.name, error.code], ['AbortError', 'ABORT_ERR']);
    assert.equal(openDescriptors(), before);
  },
);

onBothWaiters(test, 'net:listen.14 closing the reactor closes the listener and removes its path', (scope, open) => {
  const path = join(scope.directory(), 'socket');
  const reactor = open();
  const { listener } = accepting(scope, { path, reactor });
  reactor.close();
  assert.equal([listener.closed, existsSync(path), openDescriptors().includes(listener.fd)], [true, false, false]);
  const before = openDescriptors();
  assert.is(thrownBy(() => accepting(scope, { path, reactor })).code, 'ERR_POLLER_CLOSED');
  assert.equal([openDescriptors(), existsSync(path)], [before, false]);
});

onBothWaiters(
  test,
  'net:listen.15 when onConnection throws, the connections behind that one are not lost',
  async (scope, open) => {
    let count = 0;
    const listener = listen({ host: HOST, port: 0, reactor: open() }, (fd) => {
      scope.own(fd);
      if (++count === 1) throw new Error('a bug');
    });
    scope.atEnd(() => listener.close());
    const errors = await uncaught(1, () => {
      for (let clients = 0; clients < 3; clients++) {
        sys.connect(scope.own(sys.socket('ipv4')), { host: HOST, port: portOf(listener) });
      }
    });
    assert.equal(
      errors.map((error) => (error as Error).message),
      ['a bug'],
    );
    await until(() => count === 3);
  },
);

onBothWaiters(test, 'net:listen.16 wrong options are refused before anything is opened', (scope, open) => {
  const reactor: Reactor = open();
  const before = openDescriptors();
  const attempt = (options: object) => () => accepting(scope, { host: HOST, port: 0, reactor, ...options });
  for (const options of [
    { reusePort: 1 },
    { exclusive: 'yes' },
    { reactor: {} },
    { signal: {} },
    { path: 1 },
    { port: '80' },
  ]) {
    expectRefusal(attempt(options), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
  expectRefusal(attempt({ host: 'local\0host' }), TypeError, 'ERR_INVALID_ARG_VALUE');
  for (const options of [{ port: 65536 }, { port: -1 }, { backlog: -1 }]) {
    expectRefusal(attempt(options), RangeError, 'ERR_OUT_OF_RANGE');
  }
  expectRefusal(() => listen({ port: 0 }, undefined as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  expectRefusal(() => listen(undefined as never, () => undefined), TypeError, 'ERR_INVALID_ARG_TYPE');
  assert.equal(openDescriptors(), before);
});

onBothWaiters(
  test,
  'net:listen.22 a path together with a port or host is refused, and no file is made',
  (scope, open) => {
    const reactor: Reactor = open();
    const path = join(scope.directory(), 'socket');
    for (const [name, value] of [
      ['port', 80],
      ['port', 0],
      ['host', HOST],
    ] as const) {
      const error = thrownBy(() => accepting(scope, { path, reactor, [name]: value } as unknown as ListenOptions));
      assert.instance(error, TypeError);
      assert.is(error.code, 'ERR_INVALID_ARG_VALUE');
      assert.match(error.message, `The argument "options.${name}" does not go with options.path. Received `);
    }
    assert.not(existsSync(path));
    accepting(scope, { path, reactor, port: undefined, host: undefined });
    assert.ok(existsSync(path));
  },
);

onEachWaiter(
  test.unless(on('deno', 'deno -e takes no CommonJS')),
  'net:listen.17 with a full descriptor table the listener does not spin, and accepts the connection once a descriptor is free',
  ({ waiter }) => {
    assert.equal(runProgram('full-table', waiter), { stdout: 'waiting 1\naccepted true\n', stderr: '' });
  },
);

onBothWaiters(
  test.unless(lackOf('listenerShutdown')),
  'net:listen.18 when a socket no longer listens, the listener raises the error and closes the socket',
  async (scope, open) => {
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor: open() });
    const errors = await uncaught(1, () => sys.shutdown(listener.fd, 'read'));
    assert.equal(
      errors.map((error) => (error as sys.SystemError).code),
      ['EINVAL'],
    );
    assert.equal([listener.closed, openDescriptors().includes(listener.fd)], [true, false]);
  },
);

onBothWaiters(
  test,
  'net:listen.19 when the descriptor of a listener was closed elsewhere, the reactor closes everything else',
  async (scope, open) => {
    const path = join(scope.directory(), 'socket');
    const reactor = open();
    const { listener } = accepting(scope, { path, reactor });
    const waiting = rejection(reactor.once(scope.own(sys.socketPair()[0]), READABLE));
    sys.close(listener.fd);
    reactor.close();
    assert.equal([reactor.closed, reactor.poller.closed, listener.closed, existsSync(path)], [true, true, true, false]);
    assert.is((await waiting).code, 'ERR_POLLER_CLOSED');
  },
);

onBothWaiters(
  test,
  'net:listen.20 a number that was closed elsewhere and used again is closed neither by close() nor by the reactor',
  (scope, open) => {
    const strangers = [() => sys.socketPair()[0], () => sys.socket('ipv4'), () => sys.pipe()[0]];
    for (const stranger of strangers) {
      for (const end of ['listener', 'reactor', 'reactor of a given poller'] as const) {
        const reactor = open(end === 'reactor of a given poller' ? { poller: scope.poller() } : {});
        const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
        // The number is closed and reused in one step, because a thread of the host may take a free number.
        const fd = scope.own(listener.fd);
        const other = stranger();
        descriptors.dup2(other, fd);
        sys.close(other);
        if (end === 'listener') listener.close();
        else reactor.close();
        assert.equal([end, listener.closed, openDescriptors().includes(fd)], [end, true, true]);
        scope.close(fd);
      }
    }
  },
);

onBothWaiters(
  test,
  'net:listen.26 a listener that was closed elsewhere does not close the next one on its port and number',
  (scope, open) => {
    const [reactor, other] = [open(), open()];
    // The first watch makes the other reactor open its own descriptors, before the listener.
    other.watch(scope.own(sys.socketPair()[0]), 0, () => undefined);
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
    const [port, fd] = [portOf(listener), listener.fd];
    sys.close(fd);
    const next = accepting(scope, { host: HOST, port, reactor: other }).listener;
    assert.equal([next.fd, next.address], [fd, listener.address]);
    listener.close();
    assert.equal([listener.closed, next.closed, openDescriptors().includes(fd)], [true, false, true]);
    assert.is(sys.getOption(fd, 'acceptConnections'), true);
  },
);

onBothWaiters(test, 'net:listen.27 an error about an option names the option as the caller wrote it', (scope, open) => {
  const reactor = open();
  const messageOf = (options: object): string =>
    /"([^"]*)"/.exec(thrownBy(() => accepting(scope, { reactor, port: 0, ...options } as ListenOptions)).message)![1]!;
  const longPath = `/${'x'.repeat(200)}`;
  const names = [
    messageOf({ host: '1.2.3.400' }),
    messageOf({ host: '' }),
    messageOf({ host: 1 }),
    messageOf({ port: -1 }),
    messageOf({ backlog: -1 }),
    messageOf({ path: longPath, port: undefined }),
    messageOf({ path: 'a\0b', port: undefined }),
  ];
  assert.equal(names, [
    'options.host',
    'options.host',
    'options.host',
    'options.port',
    'options.backlog',
    'options.path',
    'options.path',
  ]);
});

onBothWaiters(test, 'net:listen.21 a reactor with a given poller closes its listener', (scope, open) => {
  const reactor = open({ poller: scope.poller() });
  const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
  reactor.close();
  assert.equal([listener.closed, openDescriptors().includes(listener.fd)], [true, false]);
});

onBothWaiters(
  test,
  'net:listen.24 the file of a relative path is removed also after a change of the working directory',
  (scope, open) => {
    const directory = scope.directory();
    const before = process.cwd();
    scope.atEnd(() => process.chdir(before));
    process.chdir(directory);
    const { listener } = accepting(scope, { path: 'socket', reactor: open() });
    assert.equal(listener.address, { family: 'unix', path: 'socket' });
    process.chdir(before);
    listener.close();
    assert.is(existsSync(join(directory, 'socket')), false);
  },
);

onBothWaiters(
  test,
  'net:listen.25 a closed listener has no listener on its signal and no registration in the poller',
  (scope, open) => {
    const reactor = open();
    const { signal } = new AbortController();
    const { listener } = accepting(scope, { host: HOST, port: 0, reactor, signal });
    assert.equal([getEventListeners(signal, 'abort').length, reactor.poller.size], [1, 1]);
    listener.close();
    assert.equal([getEventListeners(signal, 'abort').length, reactor.poller.size], [0, 0]);
  },
);

test.unless(lackOfSeparateNetwork())(
  'net:listen.23 where IPv6 sockets serve IPv6 alone by default, a listener without a host serves IPv4 too',
  () => {
    assert.equal(runProgramBy(inSeparateNetwork, 'dual-stack'), {
      stdout: 'by default ipv6 only true\ndone\n',
      stderr: '',
    });
  },
);
