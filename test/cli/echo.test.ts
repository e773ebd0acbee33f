import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { exchange, startEcho, type EchoProcess } from '../support/echo-process.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('echo').unless(
  on('deno', 'Deno ends the process by SIGTERM before its handler runs while a worker waits'),
);
const MODES = ['level', 'edge', 'oneshot'];
const LOOPS = ['blocking', 'host'];
const CLOCK_TICKS_PER_S = 100;

/** Connects to the host and port that it is given, and prints whether it gets back what it sends. */
const PYTHON_CLIENT = `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
m = bytes(range(256)) * 1000
s.sendall(m[:1000]); got = b''
while len(got) < 1000: got += s.recv(65536)
s.sendall(m[1000:]); s.shutdown(socket.SHUT_WR)
while True:
    b = s.recv(65536)
    if not b: break
    got += b
print(got == m)`;

/** Counts descriptors below `limit`, because an inherited one can lie above the limit of the process. */
function descriptorsOf(server: EchoProcess, limit = Infinity): number {
  return readdirSync(`/proc/${server.pid}/fd`).filter((fd) => Number(fd) < limit).length;
}

/** What the server has open once its worker runs. */
async function descriptorsAtRest(server: EchoProcess): Promise<number> {
  await exchange(server, Buffer.from('are you there'));
  return descriptorsOf(server);
}

function cpuSecondsOf(server: EchoProcess): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_S;
}

/** Resolves once the server has `count` descriptors: every client that has gone is closed. */
async function untilDescriptors(server: EchoProcess, count: number, limit = Infinity): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (descriptorsOf(server, limit) !== count && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.is(descriptorsOf(server, limit), count);
}

async function open(server: EchoProcess): Promise<Socket> {
  const socket = connect({ host: server.host, port: server.port, allowHalfOpen: true });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let answer = '';
  while (answer.length < text.length) answer += String((await once(socket, 'data'))[0]);
  return answer;
}

for (const loop of LOOPS) {
  for (const mode of MODES) {
    test(`cli:echo.1 ${loop}, ${mode}: 1,000 clients at once get back what they send, 1 B to 1 MB each`, async () => {
      await using server = await startEcho(['--loop', loop, '--mode', mode]);
      const random = randomBytes(1 << 20);
      const sizes = Array.from({ length: 1000 }, (_, i) =>
        i % 50 === 0 ? 1 << 20 : 1 + ((i * 7919) % (1 << (i % 17))),
      );
      const before = await descriptorsAtRest(server);
      const equal = await Promise.all(
        sizes.map(async (size, i) => {
          const message = random.subarray((i * 13) % (random.length - size + 1)).subarray(0, size);
          return (await exchange(server, message)).equals(message);
        }),
      );
      assert.is(equal.filter(Boolean).length, 1000);
      await untilDescriptors(server, before);
      assert.is(await server.stop(), 0);
      assert.is(server.output(), `listening on ${server.host}:${server.port}\n`);
    });

    test(`cli:echo.2 ${loop}, ${mode}: clients that reset, half-close or send nothing do not disturb others`, async () => {
      await using server = await startEcho(['--loop', loop, '--mode', mode]);
      const before = await descriptorsAtRest(server);
      const steady = await open(server);
      assert.is(await ask(steady, 'one'), 'one');
      const silent = await open(server);
      for (let i = 0; i < 50; i++) {
        const rude = await open(server);
        rude.write(randomBytes(200_000));
        rude.on('error', () => undefined);
        rude.resetAndDestroy();
      }
      assert.is(String(await exchange(server, Buffer.from('half-closed'))), 'half-closed');
      assert.is(await ask(steady, 'two'), 'two');
      await untilDescriptors(server, before + 2);
      silent.destroy();
      steady.destroy();
      await untilDescriptors(server, before);
      assert.is(await server.stop(), 0);
    });

    test(`cli:echo.3 ${loop}, ${mode}: a client that does not read its answers neither delays others nor uses processor time`, async () => {
      await using server = await startEcho(['--loop', loop, '--mode', mode]);
      const greedy = await open(server);
      greedy.pause();
      for (let i = 0; i < 64; i++) greedy.write(randomBytes(1 << 20));
      const other = await open(server);
      assert.is(await ask(other, 'still there'), 'still there');
      let moved = -1;
      while (moved !== greedy.bytesWritten - greedy.writableLength) {
        moved = greedy.bytesWritten - greedy.writableLength;
        await ask(other, 'x');
        await new Promise((done) => setTimeout(done, 100));
      }
      const cpu = cpuSecondsOf(server);
      await new Promise((done) => setTimeout(done, 500));
      assert.ok(cpuSecondsOf(server) - cpu < 0.25, 'a blocked client makes the server spin');
      greedy.on('error', () => undefined);
      greedy.destroy();
      other.destroy();
      assert.is(await server.stop(), 0);
    });

    test(`cli:echo.9 ${loop}, ${mode}: a client that ends before it reads gets back every byte, and then the end`, async () => {
      await using server = await startEcho(['--loop', loop, '--mode', mode]);
      const client = await open(server);
      const other = await open(server);
      const message = randomBytes(6 << 20);
      client.pause();
      client.end(message);
      let moved = -1;
      while (moved !== client.bytesWritten - client.writableLength) {
        moved = client.bytesWritten - client.writableLength;
        for (let i = 0; i < 20; i++) await ask(other, 'x');
      }
      const chunks: Buffer[] = [];
      client.on('data', (chunk) => chunks.push(chunk));
      client.resume();
      await once(client, 'end');
      assert.ok(Buffer.concat(chunks).equals(message));
      other.destroy();
      assert.is(await server.stop(), 0);
    });
  }

  test(`cli:echo.4 ${loop}: with a full descriptor table the server stops accepting without spinning, and serves every client later`, async () => {
    await using server = await startEcho(['--loop', loop], 64);
    const clients: Socket[] = [];
    for (let i = 0; i < 100; i++) clients.push(await open(server));
    assert.is(await ask(clients[0]!, 'first'), 'first');
    await untilDescriptors(server, 64, 64);
    const cpu = cpuSecondsOf(server);
    await new Promise((done) => setTimeout(done, 500));
    assert.ok(cpuSecondsOf(server) - cpu < 0.25, 'a full table makes the server spin');
    assert.is(await ask(clients[0]!, 'again'), 'again');
    const last = ask(clients[99]!, 'last');
    for (const client of clients.slice(1, 99)) client.destroy();
    assert.is(await last, 'last');
    assert.is(await ask(clients[0]!, 'survived'), 'survived');
    clients[0]!.destroy();
    clients[99]!.destroy();
    assert.is(await server.stop(), 0);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`cli:echo.5 ${loop}: ${signal} ends the server with exit status 0, also while clients are connected`, async () => {
      await using server = await startEcho(['--loop', loop]);
      const client = await open(server);
      assert.is(await ask(client, 'hello'), 'hello');
      const closed = once(client, 'end');
      assert.is(await server.stop(signal), 0);
      await closed;
      client.destroy();
    });
  }

  test(`cli:echo.6 ${loop}: the server listens on an IPv6 address and on a host name`, async () => {
    for (const host of ['::1', 'localhost']) {
      await using server = await startEcho(['--loop', loop, '--host', host]);
      assert.is(String(await exchange(server, Buffer.from(host))), host);
      assert.is(await server.stop(), 0);
    }
  });

  test(`cli:echo.7 ${loop}: a client written in Python gets its bytes back`, async () => {
    await using server = await startEcho(['--loop', loop]);
    const python = spawnSync('python3', ['-c', PYTHON_CLIENT, server.host, String(server.port)], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.is(python.stdout, 'True\n', python.stderr);
    assert.is(await server.stop(), 0);
  });
}

test('cli:echo.8 a port that is in use is reported with the port', async () => {
  await using server = await startEcho([]);
  await assertRejects(startEcho(['--port', String(server.port)]), /EADDRINUSE: address already in use, bind/);
  assert.is(await server.stop(), 0);
});
async function assertRejects(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  const reason = await promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  assert.instance(reason, Error);
  assert.match(reason!.message, pattern);
}
