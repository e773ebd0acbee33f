import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import * as http from 'node:http';
import type * as https from 'node:https';
import { createServer as createNetServer, type AddressInfo, type createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { connectStream, type FdStream } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { openDescriptors } from '../support/process.js';
import { on } from '../support/runtime.js';
import { closeOf, collect, eventsOf, failureOf, onEachWaiter, until, type Streams } from '../support/streams.js';
import { suite } from '../support/suite.js';
import { addressOf } from '../support/kit.js';
import { POLLIN, untilPolled } from '../support/descriptors.js';

const test = suite('net: connectStream');
const HOST = '127.0.0.1';

/** A stream that connects, and is destroyed when the test ends. */
function connecting(streams: Streams, options: object, listener?: () => void): FdStream {
  const stream = connectStream({ reactor: streams.reactor, ...options } as never, listener);
  streams.scope.atEnd(() => stream.destroy());
  return stream;
}

/** A listener whose queue is full, so that a connect waits. */
function stuckListener(streams: Streams): { listener: number; port: number } {
  const listener = streams.scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host: HOST, port: 0 });
  sys.listen(listener, 0);
  sys.connect(streams.scope.own(sys.socket('ipv4')), addressOf(listener));
  untilPolled(listener, POLLIN);
  return { listener, port: addressOf(listener).port };
}

async function echoServer(streams: Streams): Promise<number> {
  const server = createNetServer((socket) => socket.pipe(socket)).listen(0, HOST);
  streams.scope.atEnd(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

onEachWaiter(
  test,
  "net:connect-stream.1 the stream is there at once, 'connect' and 'ready' come later, and what was written before arrives",
  async (streams) => {
    const port = await echoServer(streams);
    for (const host of [HOST, 'localhost']) {
      let heard = 0;
      const stream = connecting(streams, { host, port, family: 4 }, () => heard++);
      const events = eventsOf(stream, 'connect', 'ready', 'finish', 'end', 'close');
      assert.equal([stream.fd, stream.connecting, stream.pending, stream.readyState], [-1, true, true, 'opening']);
      assert.equal([stream.remoteAddress, stream.localPort, stream.address()], [undefined, undefined, {}]);
      stream.write('there ');
      stream.end('and back');
      assert.equal(events, []);
      const closed = closeOf(stream);
      assert.is(String(await collect(stream)), 'there and back');
      assert.is(await closed, false);
      assert.equal([heard, events.slice(0, 2), events.at(-1)], [1, ['connect', 'ready'], 'close']);
      assert.equal([stream.bytesRead, stream.bytesWritten, stream.connecting], [14, 14, false]);
    }
  },
);

onEachWaiter(
  test,
  "net:connect-stream.2 'connect' comes also where the kernel connects at once, and the addresses are there then",
  async (streams) => {
    const path = join(streams.scope.directory(), 'socket');
    const listener = streams.scope.own(sys.socket('unix'));
    sys.bind(listener, { path });
    sys.listen(listener);
    const stream = connecting(streams, { path });
    assert.is(stream.connecting, true);
    await once(stream, 'connect');
    assert.equal([stream.connecting, stream.fd >= 0], [false, true]);
    const { address } = streams.scope.open.listener();
    const other = connecting(streams, { ...address, localAddress: '127.0.0.3' });
    await once(other, 'ready');
    assert.equal([other.remotePort, other.localAddress], [address.port, '127.0.0.3']);
  },
);

onEachWaiter(
  test,
  "net:connect-stream.3 a refused connect is 'error' in the form of net.Socket, then 'close', and pending writes fail",
  async (streams) => {
    const { listener, address } = streams.scope.open.listener();
    streams.scope.close(listener);
    const stream = connecting(streams, address);
    const told = new Promise<unknown>((done) => stream.write('x', done));
    const failure = (await failureOf(stream)) as sys.SystemError;
    const { message, code, syscall, address: host, port } = failure;
    assert.equal(
      [message, code, syscall, host, port],
      [`connect ECONNREFUSED ${HOST}:${address.port}`, 'ECONNREFUSED', 'connect', HOST, address.port],
    );
    assert.is(await told, failure);
    const both = { host: 'twins.example', lookup: async () => ['::1', HOST], port: address.port };
    const all = (await failureOf(connecting(streams, both))) as unknown as AggregateError & { code: string };
    assert.equal([all instanceof AggregateError, all.code, all.errors.length], [true, 'ECONNREFUSED', 2]);
    assert.is((all.errors[0] as Error).message, `connect ECONNREFUSED ::1:${address.port}`);
    const missing = join(streams.scope.directory(), 'nobody');
    assert.is((await failureOf(connecting(streams, { path: missing })))!.message, `connect ENOENT ${missing}`);
  },
);

onEachWaiter(
  test,
  "net:connect-stream.4 destroy(), a signal and the end of the reactor end the connect, without 'connect', and nothing stays open",
  async (streams) => {
    const { port } = stuckListener(streams);
    await streams.settle();
    const before = openDescriptors();
    const controller = new AbortController();
    const cases: [act: (stream: FdStream) => void, code: string | undefined][] = [
      [(stream) => stream.destroy(), undefined],
      [(stream) => stream.destroy(new Error('enough')), undefined],
      [(stream) => stream.resetAndDestroy().destroy(), undefined],
      [() => controller.abort(), 'ABORT_ERR'],
    ];
    for (const isLate of [false, true]) {
      for (const [act, code] of isLate ? cases : cases.slice(0, 3)) {
        const stream = connecting(streams, {
          host: HOST,
          port,
          ...(code === undefined ? {} : { signal: controller.signal }),
        });
        const events = eventsOf(stream, 'connect', 'end', 'finish');
        const failure = failureOf(stream);
        if (isLate) await until(() => openDescriptors().length > before.length);
        act(stream);
        const error = await failure;
        assert.equal([error?.code, events], [code, []]);
        assert.equal([stream.connecting, stream.pending, stream.readyState], [false, true, 'closed']);
        await until(() => openDescriptors().length === before.length);
      }
    }
    const last = connecting(streams, { host: HOST, port });
    const failure = failureOf(last);
    await until(() => openDescriptors().length > before.length);
    streams.reactor.close();
    assert.is((await failure)!.code, 'ERR_POLLER_CLOSED');
  },
);

onEachWaiter(
  test,
  "net:connect-stream.5 options and timeouts that are set before 'connect' hold afterwards",
  async (streams) => {
    const { address } = streams.scope.open.listener();
    const byMethod = connecting(streams, address).setNoDelay().setKeepAlive(true, 5000).setTimeout(20).unref().ref();
    const byOption = connecting(streams, {
      ...address,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 5000,
      timeout: 20,
    });
    const both = [byMethod, byOption];
    await Promise.all(both.flatMap((stream) => [once(stream, 'connect'), once(stream, 'timeout')]));
    for (const stream of both) {
      const options = (['noDelay', 'keepAlive', 'keepAliveIdle'] as const).map((name) =>
        sys.getOption(stream.fd, name),
      );
      assert.equal([options, stream.timeout, stream.destroyed], [[true, true, 5], 20, false]);
    }
  },
);

onEachWaiter(
  test,
  "net:connect-stream.6 'timeout' comes while the connect is under way, and timeoutMs ends the connect with ETIMEDOUT",
  async (streams) => {
    const { port } = stuckListener(streams);
    const idle = connecting(streams, { host: HOST, port, timeout: 10 });
    await once(idle, 'timeout');
    assert.equal([idle.connecting, idle.destroyed], [true, false]);
    idle.destroy();
    const limited = connecting(streams, { host: HOST, port, timeoutMs: 20 });
    const { code, message } = (await failureOf(limited))!;
    assert.equal([code, message], ['ETIMEDOUT', `connect ETIMEDOUT ${HOST}:${port}`]);
  },
);

onEachWaiter(
  test,
  "net:connect-stream.7 listeners run in the async context of connectStream(), and 'lookup' comes for each address of a name",
  async (streams) => {
    const { address } = streams.scope.open.listener();
    const storage = new AsyncLocalStorage<string>();
    const lookup = async (): Promise<string[]> => ['127.0.0.2', HOST];
    const stream = storage.run('mine', () => connecting(streams, { host: 'x.example', port: address.port, lookup }));
    const seen: unknown[] = [];
    for (const name of ['lookup', 'connect', 'ready'])
      stream.on(name, (...values) => seen.push([name, storage.getStore(), ...values]));
    await once(stream, 'ready');
    // It never answers.
    const silent = connecting(streams, { host: 'x.example', port: 1, lookup: () => undefined, timeoutMs: 10 });
    assert.is((await failureOf(silent))!.message, 'getaddrinfo ETIMEDOUT');
    assert.equal(seen, [
      ['lookup', 'mine', null, '127.0.0.2', 4, 'x.example'],
      ['lookup', 'mine', null, HOST, 4, 'x.example'],
      ['connect', 'mine'],
      ['ready', 'mine'],
    ]);
  },
);

onEachWaiter(
  test,
  'net:connect-stream.8 invalid options are thrown at once, a misspelt name is refused, names of other libraries are ignored, and an empty host or path is none',
  async (streams) => {
    const { address } = streams.scope.open.listener();
    const codeOf = (options: unknown): unknown => {
      try {
        connecting(streams, options as object);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
      return undefined;
    };
    for (const options of [
      {},
      { port: 'http' },
      { port: 1, host: 5 },
      { port: 1, readAhead: 1 },
      { port: 1, lookup: 1 },
    ])
      assert.is(codeOf(options), 'ERR_INVALID_ARG_TYPE', JSON.stringify(options));
    assert.is(codeOf({ port: 65536 }), 'ERR_OUT_OF_RANGE');
    assert.is(codeOf({ port: 1, localPort: -1 }), 'ERR_OUT_OF_RANGE');
    assert.is(codeOf({ port: 1, localAddress: 5 }), 'ERR_INVALID_ARG_TYPE');
    assert.is(codeOf({ port: 1, onread: {} }), 'ERR_NOT_SUPPORTED');
    for (const name of ['hots', 'prot', 'timeoutMS', 'allowHalfOpn'])
      assert.is(codeOf({ ...address, [name]: undefined }), 'ERR_INVALID_ARG_VALUE', name);
    const foreign = { agent: false, method: 'GET', headers: {}, servername: 'x', user: 'me', path: null, family: null };
    for (const more of [{ host: address.host }, { host: address.host, path: '' }, { host: '', family: 4 }]) {
      const stream = connecting(streams, { ...foreign, ...more, port: String(address.port) });
      await once(stream, 'connect');
      assert.is(stream.remotePort, address.port);
    }
  },
);

onEachWaiter(test, 'net:connect-stream.11 a timeout that is refused connects to nothing', (streams) => {
  const { listener, address } = streams.scope.open.listener();
  for (const timeout of [-1, NaN, '20'])
    assert.throws(
      () => connecting(streams, { ...address, timeout }),
      ({ code }: NodeJS.ErrnoException) => code === (timeout === '20' ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE'),
    );
  // A connect begins in a later turn.
  return streams.settle().then(() => assert.is(sys.accept(listener), sys.WOULD_BLOCK));
});

onEachWaiter(
  test,
  "net:connect-stream.9 connect() of a stream ignores its arguments, and 'connect' comes",
  async (streams) => {
    const { address } = streams.scope.open.listener();
    const stream = connecting(streams, address);
    let heard = 0;
    assert.is(
      stream.connect(1, 'nowhere', () => heard++),
      stream,
    );
    await once(stream, 'ready');
    assert.equal([heard, stream.remotePort], [1, address.port]);
    const { stream: connected } = streams.tcpWithPeer();
    const events = eventsOf(connected, 'connect', 'ready');
    connected.connect(5);
    assert.equal(events, []);
    await once(connected, 'ready');
    assert.equal(events, ['connect', 'ready']);
  },
);

onEachWaiter(
  test.unless(on('deno', 'the http client of Deno does not use the connection that createConnection returns')),
  'net:connect-stream.10 an http agent takes connectStream() as its createConnection, and keeps its streams alive',
  async (streams) => {
    const server = http.createServer((_, response) => response.end('ok')).listen(0, HOST);
    streams.scope.atEnd(() => server.close());
    await once(server, 'listening');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    streams.scope.atEnd(() => agent.destroy());
    const made: FdStream[] = [];
    Object.assign(agent, {
      createConnection: (options: object, done: () => void) => {
        made.push(connectStream({ ...options, reactor: streams.reactor } as never, done));
        return made.at(-1);
      },
    });
    const { port } = server.address() as AddressInfo;
    for (let count = 0; count < 3; count++) {
      const [response] = (await once(http.get({ host: HOST, port, agent }), 'response')) as [http.IncomingMessage];
      assert.is(String(await collect(response)), 'ok');
      await new Promise((turn) => setImmediate(turn));
    }
    assert.is(made.length, 1);
    // Without an agent http hands over its own options, with the path of the request.
    const request = http.get({ host: HOST, port, path: '/a', createConnection: connectStream as never });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    assert.is(String(await collect(response)), 'ok');
  },
);

onEachWaiter(
  test,
  'net:connect-stream.12 a port with or without a host, or a path, may stand in place of the options, as for net.connect()',
  async (streams) => {
    const port = await echoServer(streams);
    const path = join(streams.scope.directory(), 'socket');
    const unix = createNetServer((socket) => socket.pipe(socket)).listen(path);
    streams.scope.atEnd(() => unix.close());
    await once(unix, 'listening');
    let heard = 0;
    const listener = (): number => heard++;
    const made = [
      connectStream(port, HOST, listener),
      connectStream(String(port), HOST),
      connectStream(port, listener),
      connectStream(port),
      connectStream(path, listener),
    ];
    for (const stream of made) {
      stream.end('echo');
      assert.is(String(await collect(stream)), 'echo');
    }
    assert.is(heard, 3);
    assert.throws(
      () => connectStream(70_000),
      ({ code }: { code: string }) => code === 'ERR_OUT_OF_RANGE',
    );
    assert.throws(
      () => connectStream(port, HOST, 5 as never),
      ({ code }: { code: string }) => code === 'ERR_INVALID_ARG_TYPE',
    );
  },
);

onEachWaiter(
  test,
  'net:connect-stream.13 autoSelectFamilyAttemptedAddresses names the addresses of a name that were tried, in their order',
  async (streams) => {
    const port = await echoServer(streams);
    const lookup = async (): Promise<string[]> => ['127.0.0.2', HOST];
    const refused = createNetServer().listen(0, '127.0.0.2');
    const closedPort = await once(refused, 'listening').then(() => (refused.address() as AddressInfo).port);
    refused.close();
    await once(refused, 'close');
    const stream = connecting(streams, { host: 'a.name', port, lookup });
    assert.equal(stream.autoSelectFamilyAttemptedAddresses, []);
    await once(stream, 'connect');
    assert.equal(stream.autoSelectFamilyAttemptedAddresses, [`127.0.0.2:${port}`, `${HOST}:${port}`]);
    const only = connecting(streams, { host: HOST, port });
    await once(only, 'connect');
    assert.equal(only.autoSelectFamilyAttemptedAddresses, []);
    const failing = connecting(streams, { host: 'a.name', port: closedPort, lookup });
    await once(failing, 'error');
    assert.equal(failing.autoSelectFamilyAttemptedAddresses, [`127.0.0.2:${closedPort}`, `${HOST}:${closedPort}`]);
  },
);

test('net:connect-stream.14 TypeScript takes connectStream() for net.createConnection(), and its streams for sockets', () => {
  const create: typeof createConnection = connectStream;
  const plain: http.RequestOptions = { createConnection: connectStream };
  const secure: https.RequestOptions = { createConnection: (options) => connectStream(options) };
  const listened = (stream: FdStream): Socket =>
    stream
      .on('close', (hadError) => assert.is(hadError, false))
      .once('lookup', (error, address) => assert.is(error, address))
      .on('data', (text: string) => text.trim());
  for (const each of [create, plain.createConnection, secure.createConnection, listened])
    assert.is(typeof each, 'function');
});
