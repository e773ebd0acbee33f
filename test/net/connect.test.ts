import { connect, FdStream, listen, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { connected, failureOf, stuckPort } from '../support/connecting.js';
import { descriptors } from '../support/descriptors.js';
import { HOST } from '../support/listening.js';
import { openDescriptors } from '../support/process.js';
import { onBothWaiters, rejection } from '../support/reactor.js';
import { collect } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: connect');

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
    const { port } = scope.open.deadAddress();
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
