import { once } from 'node:events';
import * as http from 'node:http';
import { connect as netConnect, createServer, type AddressInfo, type Socket } from 'node:net';
import { connect, listen, READABLE, type FdStream } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, POLLERR, untilPolled } from '../support/descriptors.js';
import { closeOf, collect, onEachWaiter, readFrom, type Streams } from '../support/streams.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('fd stream: what passes for a net.Socket');
const HOST = '127.0.0.1';

/** Streams over descriptors that are no TCP sockets, by what they are. */
function othersThanTcp(streams: Streams): Record<string, FdStream> {
  const [readEnd, writeEnd] = sys.pipe();
  const master = descriptors.ptyMaster();
  streams.scope.own(descriptors.ptySlave(master));
  const [unix, seqpacket] = [streams.withPeer().stream.fd, sys.socketPair('seqpacket')[0]];
  const fds = {
    readEnd,
    writeEnd,
    master,
    unix: sys.dup(unix),
    seqpacket,
    udp: sys.dup(streams.scope.open.udp()[0]),
    eventFd: descriptors.eventFd(0),
  };
  return Object.fromEntries(Object.entries(fds).map(([name, fd]) => [name, streams.of(fd)]));
}

onEachWaiter(
  test,
  'stream:socket.1 the addresses of a connection are those of net.Socket, and are kept after the end',
  async (streams) => {
    for (const host of [HOST, '::1']) {
      const server = createServer().listen(0, host);
      streams.scope.atEnd(() => server.close());
      await once(server, 'listening');
      const accepted = once(server, 'connection');
      const fd = await connect({ host, port: (server.address() as AddressInfo).port, reactor: streams.reactor });
      const stream = streams.of(fd);
      const [peer] = (await accepted) as [Socket];
      streams.scope.atEnd(() => peer.destroy());
      assert.equal(stream.address(), { address: peer.remoteAddress, family: peer.remoteFamily, port: peer.remotePort });
      const names = (): unknown[] => [
        stream.remoteAddress,
        stream.remotePort,
        stream.remoteFamily,
        stream.localAddress,
        stream.localPort,
        stream.localFamily,
      ];
      const expected = [
        peer.localAddress,
        peer.localPort,
        peer.localFamily,
        peer.remoteAddress,
        peer.remotePort,
        peer.remoteFamily,
      ];
      assert.equal(names(), expected);
      stream.destroy();
      assert.equal(names(), expected);
    }
  },
);

onEachWaiter(
  test,
  'stream:socket.2 setNoDelay() and setKeepAlive() set the socket options that net.Socket sets, and return the stream',
  (streams) => {
    const { stream } = streams.tcpWithPeer();
    const options = (): unknown[] => (['noDelay', 'keepAlive'] as const).map((name) => sys.getOption(stream.fd, name));
    assert.is(stream.setNoDelay(), stream);
    assert.is(stream.setKeepAlive(true, 12_345), stream);
    assert.equal(options(), [true, true]);
    const probes = (['keepAliveIdle', 'keepAliveInterval', 'keepAliveCount'] as const).map((name) =>
      sys.getOption(stream.fd, name),
    );
    assert.equal(probes, [12, 1, 10]);
    for (const delay of [0, -1, NaN, Infinity, 'soon' as never, undefined]) stream.setKeepAlive(true, delay);
    assert.is(sys.getOption(stream.fd, 'keepAliveIdle'), 12);
    stream.setNoDelay(false).setKeepAlive(false);
    assert.equal(options(), [false, false]);
    const timesOf = (): unknown[] => [sys.getOption(stream.fd, 'keepAliveIdle'), ...rest()];
    const rest = (): unknown[] =>
      (['keepAliveInterval', 'keepAliveCount'] as const).map((name) => sys.getOption(stream.fd, name));
    stream.setKeepAlive(true, 20_000, 3000, 4);
    assert.equal(timesOf(), [20, 3, 4]);
    stream.setKeepAlive({ enable: true, initialDelay: 30_000, interval: 2999, count: 5 });
    assert.equal(timesOf(), [30, 2, 5]);
    stream.setKeepAlive({ enable: false });
    assert.is(options()[1], false);
    assert.is(stream.setTypeOfService(0x10), stream);
    assert.equal([stream.getTypeOfService(), sys.getOption(stream.fd, 'tos')], [0x10, 0x10]);
  },
);

onEachWaiter(
  test,
  'stream:socket.3 the methods for sockets do not throw on other descriptors or after destroy(), and only internet sockets have addresses',
  async (streams) => {
    for (const [name, stream] of Object.entries(othersThanTcp(streams))) {
      const closed = closeOf(stream);
      for (const isDestroyed of [false, true]) {
        if (isDestroyed) stream.resetAndDestroy();
        stream.setNoDelay().setKeepAlive(true, 1000).ref().unref();
        stream.timeout = 5;
        const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = stream;
        const names = [remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily];
        assert.equal(
          names.map((value) => value !== undefined),
          names.map(() => name === 'udp'),
          name,
        );
        assert.equal([stream.timeout, Object.keys(stream.address()).length], [5, name === 'udp' ? 3 : 0], name);
      }
      stream.destroySoon();
      assert.is(await closed, false);
      assert.equal([stream.pending, stream.readyState], [true, 'closed']);
    }
  },
);

onEachWaiter(
  test,
  'stream:socket.4 options of a destroyed stream do not reach the socket that has its number now',
  (streams) => {
    const { stream } = streams.tcpWithPeer();
    stream.destroy();
    const stranger = streams.scope.own(sys.socket('ipv4'));
    assert.is(stranger, stream.fd);
    stream.setNoDelay(true).setKeepAlive(true, 1000);
    assert.equal([sys.getOption(stranger, 'noDelay'), sys.getOption(stranger, 'keepAlive')], [false, false]);
  },
);

onEachWaiter(test, 'stream:socket.5 destroySoon() destroys the stream when everything is written', async (streams) => {
  const { stream, peer } = streams.withPeer();
  const much = Buffer.alloc(1 << 22, 'much');
  stream.write(much);
  stream.destroySoon();
  assert.is(stream.destroyed, false);
  const closed = closeOf(stream);
  assert.ok((await readFrom(streams.reactor, peer)).equals(much));
  assert.is(await closed, false);
  const [readEnd, writeEnd] = sys.pipe();
  streams.scope.own(writeEnd);
  const reader = streams.of(readEnd, { writable: false });
  reader.destroySoon();
  assert.is(reader.destroyed, true);
});

onEachWaiter(
  test,
  'stream:socket.6 resetAndDestroy() resets a TCP connection, also one that is still connecting',
  async (streams) => {
    const { stream, peer } = streams.tcpWithPeer();
    stream.write('last');
    const { listener, address } = streams.scope.open.listener();
    const fd = sys.socket('ipv4');
    sys.connect(fd, address);
    const connecting = streams.of(fd);
    for (const [each, otherEnd] of [
      [stream, () => peer],
      [connecting, () => streams.scope.own(sys.accept(listener))],
    ] as const) {
      const closed = closeOf(each);
      assert.is(each.resetAndDestroy(), each);
      assert.is(await closed, false);
      const other = otherEnd();
      untilPolled(other, POLLERR);
      assert.is(sys.errorName(sys.takeError(other)), 'ECONNRESET');
    }
  },
);

onEachWaiter(
  test,
  'stream:socket.7 readyState and pending follow a connection from the connect to the close',
  async (streams) => {
    const { listener, address } = streams.scope.open.listener();
    const fd = sys.socket('ipv4');
    sys.connect(fd, address);
    const stream = streams.of(fd, { allowHalfOpen: true });
    const states = [[stream.readyState, stream.pending]];
    const note = (): unknown => states.push([stream.readyState, stream.pending]);
    await once(stream, 'ready');
    note();
    await once(stream.end('x'), 'finish');
    note();
    await streams.reactor.once(listener, READABLE);
    const accepted = streams.scope.own(sys.accept(listener));
    assert.is(String(await readFrom(streams.reactor, accepted)), 'x');
    streams.scope.close(accepted);
    stream.resume();
    await closeOf(stream);
    note();
    assert.equal(states, [
      ['opening', true],
      ['open', false],
      ['readOnly', false],
      ['closed', true],
    ]);
  },
);

onEachWaiter(
  test.unless(on('deno', 'the http server of Deno closes each connection that it was given, after one answer')),
  'stream:socket.8 an http agent with keepAlive sends three requests over one stream',
  async (streams) => {
    const server = http.createServer((_, response) => response.end('ok'));
    const { reactor } = streams;
    const listener = listen({ host: HOST, port: 0, reactor }, (fd) => server.emit('connection', streams.of(fd)));
    streams.scope.atEnd(() => listener.close());
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1, timeout: 60_000 });
    streams.scope.atEnd(() => agent.destroy());
    let made = 0;
    const createConnection = (_: unknown, done: (error: Error | null, stream?: FdStream) => void): void => {
      made++;
      connect({ host: HOST, port: listener.address.port, reactor }).then((fd) => done(null, streams.of(fd)), done);
    };
    Object.assign(agent, { createConnection });
    const bodies: string[] = [];
    for (let count = 0; count < 3; count++) {
      const [response] = (await once(http.get({ agent }), 'response')) as [http.IncomingMessage];
      bodies.push(String(await collect(response)));
      await new Promise((turn) => setImmediate(turn));
    }
    assert.equal([bodies, made], [['ok', 'ok', 'ok'], 1]);
  },
);

onEachWaiter(
  test.unless(
    on('deno', 'the http server of Deno closes a connection whose client has ended before its answer is sent'),
  ),
  'stream:socket.9 an http server over streams answers a half-closed client as over net.Server, with and without httpAllowHalfOpen',
  async (streams) => {
    const much = Buffer.alloc(4 << 20);
    for (const [isLate, httpAllowHalfOpen, expected] of [
      [false, false, much.length],
      [true, false, 0],
      [true, true, much.length],
    ] as const) {
      const server = http.createServer((request, response) => {
        const answer = (): unknown => response.end(much);
        if (isLate) request.socket.once('end', () => setImmediate(answer));
        else answer();
      });
      Object.assign(server, { httpAllowHalfOpen });
      const listener = listen({ host: HOST, port: 0, reactor: streams.reactor }, (fd) =>
        server.emit('connection', streams.of(fd)),
      );
      streams.scope.atEnd(() => listener.close());
      const client = netConnect({ host: HOST, port: listener.address.port, allowHalfOpen: true });
      streams.scope.atEnd(() => client.destroy());
      client.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const all = await collect(client);
      const body = all.length === 0 ? 0 : all.length - all.indexOf('\r\n\r\n') - 4;
      assert.equal([isLate, httpAllowHalfOpen, body], [isLate, httpAllowHalfOpen, expected]);
    }
  },
);

onEachWaiter(
  test,
  'stream:socket.10 a write after the peer has ended fails with EPIPE, as that of a net.Socket, unless the stream may stay half open',
  async (streams) => {
    const outcomes: unknown[] = [];
    for (const allowHalfOpen of [false, true]) {
      const { stream, peer } = streams.withPeer({ allowHalfOpen });
      stream.resume();
      sys.shutdown(peer, 'write');
      await once(stream, 'end');
      await new Promise<void>((next) => void setImmediate(next));
      outcomes.push(await new Promise((resolve) => stream.write('late', (error) => resolve(codeOf(error)))));
    }
    assert.equal(outcomes, ['EPIPE', undefined]);
  },
);

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null | undefined)?.code;
