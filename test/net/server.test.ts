import { once } from 'node:events';
import * as http from 'node:http';
import { connect as netConnect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer, FdStream, type Server, type ServerOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { on } from '../support/runtime.js';
import { collect, onEachWaiter, until, type Streams } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('net: createServer');
const HOST = '127.0.0.1';

function serverOf(streams: Streams, options: ServerOptions = {}, onConnection?: (stream: FdStream) => void): Server {
  const server = createServer({ reactor: streams.reactor, ...options }, onConnection);
  server.on('connection', (stream) => streams.scope.atEnd(() => stream.destroy()));
  streams.scope.atEnd(() => server.close());
  return server;
}

/** A client of the server, by node:net. */
async function clientOf(streams: Streams, server: Server): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const client = netConnect({ host: HOST, port }).on('error', () => undefined);
  streams.scope.atEnd(() => client.destroy());
  await once(client, 'connect');
  return client;
}

onEachWaiter(
  test,
  "net:server.1 'listening' comes later than listen(), then each connection is a stream",
  async (streams) => {
    const server = serverOf(streams, {}, (stream) => stream.pipe(stream));
    assert.equal([server.listening, server.address(), server.fd], [false, null, -1]);
    let heard = 0;
    assert.is(
      server.listen(0, HOST, () => heard++),
      server,
    );
    assert.equal([server.listening, heard], [true, 0]);
    await once(server, 'listening');
    const { address, family } = server.address() as AddressInfo;
    assert.equal([heard, address, family, server.fd >= 0], [1, HOST, 'IPv4', true]);
    const [client, [stream]] = await Promise.all([clientOf(streams, server), once(server, 'connection')]);
    assert.ok(stream instanceof FdStream);
    assert.is((stream as FdStream).remotePort, client.localPort);
    assert.is(stream.server as unknown, server);
    client.end('there and back');
    assert.is(String(await collect(client)), 'there and back');
  },
);

onEachWaiter(
  test,
  "net:server.2 close() waits for the connections: callback and 'close' come after the last one",
  async (streams) => {
    const server = serverOf(streams).listen({ host: HOST, port: 0 });
    const [client, [stream]] = await Promise.all([clientOf(streams, server), once(server, 'connection')]);
    const seen: unknown[] = [];
    server.on('close', () => seen.push('close'));
    assert.is(
      server.close((error) => seen.push(error)),
      server,
    );
    assert.equal([server.listening, server.address()], [false, null]);
    await streams.settle();
    assert.equal(seen, []);
    const counts: number[] = [];
    server.getConnections((_, count) => counts.push(count));
    (stream as FdStream).destroy();
    await once(server, 'close');
    server.getConnections((_, count) => counts.push(count));
    await once(client, 'close');
    await until(() => counts.length === 2);
    assert.equal(
      [seen, counts],
      [
        ['close', undefined],
        [1, 0],
      ],
    );
  },
);

onEachWaiter(
  test,
  'net:server.3 close() of a server that does not listen calls back with ERR_SERVER_NOT_RUNNING, and a second listen() is refused',
  async (streams) => {
    const server = serverOf(streams);
    const error = await new Promise<NodeJS.ErrnoException>((done) => server.close((reason) => done(reason!)));
    assert.is(error.code, 'ERR_SERVER_NOT_RUNNING');
    server.listen(0, HOST);
    assert.throws(
      () => server.listen(0, HOST),
      ({ code }: NodeJS.ErrnoException) => code === 'ERR_SERVER_ALREADY_LISTEN',
    );
    await new Promise<void>((done) => server.close(() => done()));
    await once(server.listen(0, HOST), 'listening');
  },
);

onEachWaiter(
  test,
  "net:server.4 beyond maxConnections a connection is closed at once, with 'drop' that names both ends",
  async (streams) => {
    const server = serverOf(streams).listen(0, HOST);
    server.maxConnections = 1;
    const [, [first]] = await Promise.all([clientOf(streams, server), once(server, 'connection')]);
    const [client, [dropped]] = await Promise.all([clientOf(streams, server), once(server, 'drop')]);
    const { port } = server.address() as AddressInfo;
    assert.equal(dropped, {
      localAddress: HOST,
      localPort: port,
      localFamily: 'IPv4',
      remoteAddress: HOST,
      remotePort: client.localPort,
      remoteFamily: 'IPv4',
    });
    client.resume();
    await once(client, 'close');
    (first as FdStream).destroy();
    await once(first, 'close');
    await Promise.all([clientOf(streams, server), once(server, 'connection')]);
  },
);

onEachWaiter(
  test,
  "net:server.5 an address that is taken is 'error' in the form of net.Server, and the server can listen elsewhere",
  async (streams) => {
    const { address } = streams.scope.open.listener();
    const server = serverOf(streams).listen(address.port, HOST);
    const [error] = (await once(server, 'error')) as [sys.SystemError];
    const { message, code, syscall, address: host, port } = error;
    assert.equal(
      [message, code, syscall, host, port],
      [`listen EADDRINUSE: address already in use ${HOST}:${address.port}`, 'EADDRINUSE', 'listen', HOST, address.port],
    );
    assert.is(server.listening, false);
    await once(server.listen(), 'listening');
  },
);

onEachWaiter(test, 'net:server.6 listen() takes a port, a path, options, a descriptor and a name', async (streams) => {
  const path = join(streams.scope.directory(), 'socket');
  const bound = sys.socket('ipv4');
  sys.bind(bound, { host: HOST, port: 0 });
  for (const [values, expected] of [
    [['0'], '::'],
    [[null], '::'],
    [[0, HOST, 5], HOST],
    [[0, 5], '::'],
    [[path], path],
    [[{ path }], path],
    [[{ port: '0', host: '127.0.0.2', backlog: 5 }], '127.0.0.2'],
    [[{ fd: bound }], HOST],
  ] as const) {
    const server = serverOf(streams);
    (server.listen as (...all: unknown[]) => Server).call(server, ...values);
    await once(server, 'listening');
    const address = server.address();
    assert.is(typeof address === 'object' ? address!.address : address, expected);
    await new Promise<void>((done) => server.close(() => done()));
  }
  const named = serverOf(streams).listen(0, 'localhost');
  assert.is(named.listening, false);
  await once(named, 'listening');
  assert.ok(['::1', HOST].includes((named.address() as AddressInfo).address));
  const overtaken = serverOf(streams).listen(0, 'localhost', () => assert.unreachable());
  await new Promise<void>((done) => overtaken.close(() => done()));
});

onEachWaiter(
  test,
  'net:server.14 what is no port is refused with ERR_SOCKET_BAD_PORT, also an empty string, which is no path',
  (streams) => {
    const isBadPort = ({ code }: NodeJS.ErrnoException): boolean => code === 'ERR_SOCKET_BAD_PORT';
    for (const port of [-1, 65536, 1.5, NaN, '', ' ', '1.5', '65536'])
      assert.throws(() => serverOf(streams).listen(port), isBadPort);
    for (const port of [-1, 65536, 1.5, NaN, '', ' ', 'x', '-1'])
      assert.throws(() => serverOf(streams).listen({ port }), isBadPort);
  },
);

onEachWaiter(
  test,
  'net:server.7 the options of connections are those of their streams, and pauseOnConnect reads nothing',
  async (streams) => {
    const server = serverOf(streams, { noDelay: true, keepAlive: true, allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, HOST);
    const [client, [given]] = await Promise.all([clientOf(streams, server), once(server, 'connection')]);
    const stream = given as FdStream;
    assert.equal(
      [sys.getOption(stream.fd, 'noDelay'), sys.getOption(stream.fd, 'keepAlive'), stream.allowHalfOpen],
      [true, true, true],
    );
    client.write('early');
    await until(() => sys.bytesReadable(stream.fd) === 5);
    await streams.settle();
    assert.equal([stream.bytesRead, stream.isPaused()], [0, true]);
    assert.is(String((await once(stream.setEncoding('utf8').resume(), 'data'))[0]), 'early');
  },
);

onEachWaiter(
  test,
  "net:server.8 a signal closes the server, and the end of its reactor is 'error' and 'close'",
  async (streams) => {
    const controller = new AbortController();
    const server = serverOf(streams).listen({ host: HOST, port: 0, signal: controller.signal });
    await once(server, 'listening');
    controller.abort();
    await once(server, 'close');
    const other = serverOf(streams).listen(0, HOST);
    await once(other, 'listening');
    const codes: unknown[] = [];
    other.on('error', ({ code }: NodeJS.ErrnoException) => codes.push(code));
    const closed = new Promise<void>((done) => other.once('close', done));
    streams.reactor.close();
    await closed;
    assert.equal([codes, other.listening], [['ERR_POLLER_CLOSED'], false]);
  },
);

onEachWaiter(
  test,
  "net:server.12 a signal that is aborted already lets a server that was to listen on a name emit 'close' alone",
  async (streams) => {
    const server = serverOf(streams);
    const events: unknown[] = [];
    server.on('error', (error) => events.push(error));
    server.on('listening', () => events.push('listening'));
    // In a microtask the promises of a lookup come before ticks.
    await undefined;
    server.listen({ host: 'localhost', port: 0, signal: AbortSignal.abort() });
    await once(server, 'close');
    await streams.settle();
    assert.equal([events, server.listening], [[], false]);
  },
);

onEachWaiter(
  test,
  "net:server.13 the signal of a server whose reactor has ended causes no second 'close'",
  async (streams) => {
    const controller = new AbortController();
    const server = serverOf(streams).listen({ host: HOST, port: 0, signal: controller.signal });
    await once(server, 'listening');
    let closes = 0;
    server.on('error', () => undefined);
    server.on('close', () => closes++);
    const closed = new Promise<void>((done) => server.once('close', done));
    streams.reactor.close();
    await closed;
    controller.abort();
    await new Promise((turn) => setImmediate(turn));
    assert.is(closes, 1);
  },
);

onEachWaiter(test, 'net:server.9 asynchronous disposal resolves when all connections are closed', async (streams) => {
  const server = serverOf(streams).listen(0, HOST);
  const [, [stream]] = await Promise.all([clientOf(streams, server), once(server, 'connection')]);
  let isOver = false;
  const disposed = server[Symbol.asyncDispose]().then(() => {
    isOver = true;
  });
  await streams.settle();
  assert.equal([isOver, server.listening], [false, false]);
  (stream as FdStream).destroy();
  await disposed;
  await server[Symbol.asyncDispose]();
});

onEachWaiter(
  test.unless(on('deno', 'the http server of Deno closes each connection that it was given, after one answer')),
  'net:server.10 an http server answers over the streams of a server',
  async (streams) => {
    const answering = http.createServer((_, response) => response.end('ok'));
    const server = serverOf(streams, {}, (stream) => answering.emit('connection', stream)).listen(0, HOST);
    const { port } = server.address() as AddressInfo;
    const agent = new http.Agent({ keepAlive: true });
    streams.scope.atEnd(() => agent.destroy());
    for (let count = 0; count < 2; count++) {
      const [response] = (await once(http.get({ host: HOST, port, agent }), 'response')) as [http.IncomingMessage];
      assert.is(String(await collect(response)), 'ok');
    }
  },
);

onEachWaiter(test, 'net:server.11 unknown and invalid options are refused', (streams) => {
  const codeOf = (options: unknown, listener?: unknown): unknown => {
    try {
      createServer(options as never, listener as never);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
    return undefined;
  };
  assert.is(codeOf({ pauseOnConect: true }), 'ERR_INVALID_ARG_VALUE');
  assert.is(codeOf({ reactor: {} }), 'ERR_INVALID_ARG_TYPE');
  assert.is(codeOf({}, 5), 'ERR_INVALID_ARG_TYPE');
  assert.is(codeOf(undefined), undefined);
  const server = serverOf(streams);
  for (const values of [[{ host: 5, port: 0 }], [{ backlg: 5, port: 0 }], [{ path: 'x', fd: 1 }], [{}]])
    assert.throws(() => (server.listen as (...all: unknown[]) => Server).call(server, ...values), TypeError);
});
