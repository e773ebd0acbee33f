import { connect as netConnect, type AddressInfo } from 'node:net';
import { getEventListeners, once } from 'node:events';
import { listen } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { inSeparateNetwork, lackOf, lackOfSeparateNetwork } from '../support/facts.js';
import { HOST, accepting, client, portOf } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { runProgram, runProgramBy } from '../support/program.js';
import { onBothWaiters, settle, uncaught } from '../support/reactor.js';
import { on } from '../support/runtime.js';
import { onEachWaiter, until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: listen');

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

onBothWaiters(test, 'net:listen.21 a reactor with a given poller closes its listener', (scope, open) => {
  const reactor = open({ poller: scope.poller() });
  const { listener } = accepting(scope, { host: HOST, port: 0, reactor });
  reactor.close();
  assert.equal([listener.closed, openDescriptors().includes(listener.fd)], [true, false]);
});

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
