import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:os';
import { Duplex, finished } from 'node:stream';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, untilPolled } from '../support/descriptors.js';
import { applied } from '../support/reactor.js';
import { closeOf, collect, eventsOf, failureOf, onEachWaiter, readFrom, until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('fd stream: reading');
const MEGABYTE = 1 << 20;

onEachWaiter(test, 'stream:read.1 without readAhead nothing is read before somebody asks for data', async (streams) => {
  const { stream, peer } = streams.withPeer({ readAhead: false });
  sys.write(peer, Buffer.from('early'));
  await streams.settle();
  assert.equal([sys.bytesReadable(stream.fd), stream.bytesRead], [5, 0]);
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  assert.equal([String(chunk), stream.bytesRead], ['early', 5]);
});

onEachWaiter(
  test,
  'stream:read.2 unread data is buffered up to the highWaterMark, and the rest stays in the kernel',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ highWaterMark: 1000, readSize: 400 });
    const sent = randomBytes(10_000);
    sys.write(peer, sent);
    await once(stream, 'readable');
    await streams.settle();
    assert.equal([stream.readableLength, stream.bytesRead], [1200, 1200]);
    streams.scope.close(peer);
    assert.ok((await collect(stream)).equals(sent));
  },
);

onEachWaiter(test, 'stream:read.3 pause() and resume() lose nothing and repeat nothing', async (streams) => {
  const [a, b] = streams.pair();
  const sent = randomBytes(2 * MEGABYTE);
  const chunks: Buffer[] = [];
  b.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    b.pause();
    setImmediate(() => b.resume());
  });
  a.end(sent);
  await once(b, 'end');
  assert.ok(Buffer.concat(chunks).equals(sent));
  assert.is(b.bytesRead, sent.length);
});

onEachWaiter(test, 'stream:read.4 the end of a paused stream comes after its buffered data', async (streams) => {
  const { stream, peer } = streams.withPeer();
  const events = eventsOf(stream, 'end', 'close');
  stream.on('data', () => undefined).pause();
  sys.write(peer, Buffer.from('last words'));
  streams.scope.close(peer);
  stream.read(0);
  await until(() => stream.readableLength === 10);
  await streams.settle();
  assert.equal(events, []);
  const closed = closeOf(stream);
  const ended = collect(stream);
  stream.resume();
  assert.is(String(await ended), 'last words');
  await closed;
  assert.equal(events, ['end', 'close']);
});

onEachWaiter(
  test,
  'stream:read.5 read(n) gives exactly n bytes, null before that, the rest at the end',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    sys.write(peer, Buffer.from('abcdefg'));
    assert.is(stream.read(3), null);
    await once(stream, 'readable');
    assert.equal([String(stream.read(3)), String(stream.read(2)), stream.read(3)], ['abc', 'de', null]);
    sys.shutdown(peer, 'write');
    await once(stream, 'readable');
    assert.is(String(stream.read()), 'fg');
    await once(stream, 'end');
  },
);

onEachWaiter(test, 'stream:read.6 unshift() puts back what the next read gives', async (streams) => {
  const { stream, peer } = streams.withPeer();
  sys.write(peer, Buffer.from('header\nbody'));
  sys.shutdown(peer, 'write');
  await once(stream, 'readable');
  const all = stream.read() as Buffer;
  stream.unshift(all.subarray(7));
  assert.is(String(await collect(stream)), 'body');
});

onEachWaiter(
  test,
  'stream:read.7 with setEncoding() a character whose bytes come in two reads is delivered whole',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 2, encoding: 'utf8' });
    const text = 'a€😀ü'.repeat(50);
    sys.write(peer, Buffer.from(text));
    sys.shutdown(peer, 'write');
    const parts: string[] = [];
    stream.on('data', (part: string) => parts.push(part));
    await once(stream, 'end');
    assert.is(parts.join(''), text);
    assert.is(
      parts.some((part) => part.includes('�')),
      false,
    );
    assert.is(stream.bytesRead, Buffer.byteLength(text));
  },
);

onEachWaiter(
  test,
  'stream:read.8 async iteration gives everything, and breaking out of it destroys the stream',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const [first, second] = ['abc', 'def'];
    const seen: string[] = [];
    sys.write(peer, Buffer.from(first));
    for await (const chunk of stream) {
      seen.push(String(chunk));
      if (seen.length === 2) break;
      sys.write(peer, Buffer.from(second));
    }
    assert.equal([seen, stream.destroyed], [[first, second], true]);
    assert.is((await readFrom(streams.reactor, peer)).length, 0);
  },
);

onEachWaiter(
  test,
  "stream:read.9 after destroy() inside a data listener neither 'data' nor 'end' is emitted",
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 1 });
    sys.write(peer, Buffer.from('abc'));
    const events = eventsOf(stream, 'data', 'end', 'error', 'close');
    stream.on('data', () => stream.destroy());
    assert.is(await closeOf(stream), false);
    await streams.settle();
    assert.equal(events, ['data', 'close']);
  },
);

onEachWaiter(test, 'stream:read.10 the end comes once somebody has asked for data', async (streams) => {
  const { stream, peer } = streams.withPeer();
  streams.scope.close(peer);
  stream.read(0);
  assert.is(await closeOf(stream), false);
  assert.is(stream.readableEnded, true);
});

onEachWaiter(
  test,
  'stream:read.11 a stream that gets data without a pause does not keep another stream waiting',
  async (streams) => {
    const flooded = streams.withPeer({ readSize: 100 });
    const other = streams.withPeer();
    sys.write(flooded.peer, Buffer.alloc(100_000));
    let seenBefore = -1;
    flooded.stream.on('data', () => undefined);
    other.stream.on('data', () => {
      seenBefore = flooded.stream.bytesRead;
    });
    sys.write(other.peer, Buffer.from('x'));
    await once(other.stream, 'data');
    assert.ok(seenBefore <= 2 * 16 * 100, `${seenBefore} bytes of the other came first`);
  },
);

onEachWaiter(test, 'stream:read.12 small chunks keep little memory alive', async (streams) => {
  const { stream, peer } = streams.withPeer();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (let count = 0; count < 100; count++) {
    sys.write(peer, Buffer.alloc(100, count));
    await once(stream, 'data');
  }
  const memory = new Set(chunks.map(({ buffer }) => buffer));
  const total = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.ok(total <= 4 * Buffer.poolSize, `${total} bytes for ${stream.bytesRead}`);
  assert.equal(
    chunks.map((chunk) => chunk[99]),
    Array.from({ length: 100 }, (_, index) => index),
  );
});

onEachWaiter(test, 'stream:both.1 10 MB in each direction at once arrive whole', async (streams) => {
  const { stream, peer } = streams.tcpWithPeer();
  const other = streams.of(sys.dup(peer));
  streams.scope.close(peer);
  const [there, back] = [randomBytes(10 * MEGABYTE), randomBytes(10 * MEGABYTE)];
  const arrived = Promise.all([collect(other), collect(stream)]);
  for (let at = 0; at < there.length; at += 77_777) {
    stream.write(there.subarray(at, at + 77_777));
    other.write(back.subarray(at, at + 77_777));
  }
  stream.end();
  other.end();
  const [gotThere, gotBack] = await arrived;
  assert.ok(gotThere.equals(there));
  assert.ok(gotBack.equals(back));
  assert.equal([stream.bytesRead, stream.bytesWritten], [back.length, there.length]);
});

onEachWaiter(
  test,
  'stream:both.2 an echo made with pipe() sends every byte back, and both ends close',
  async (streams) => {
    const [client, server] = streams.pair();
    const sent = randomBytes(3 * MEGABYTE);
    server.pipe(server);
    const closed = closeOf(server);
    client.end(sent);
    assert.ok((await collect(client)).equals(sent));
    assert.is(await closed, false);
  },
);

onEachWaiter(test, 'stream:reset.1 a reset connection fails with ECONNRESET, then closes', async (streams) => {
  const { stream, peer } = streams.tcpWithPeer();
  const events = eventsOf(stream, 'data', 'end', 'error', 'close');
  stream.resume();
  sys.setOption(peer, 'linger', 0);
  streams.scope.close(peer);
  const { code, errno, syscall, fd, message } = (await failureOf(stream)) as sys.SystemError;
  assert.equal([code, syscall, fd, message], ['ECONNRESET', 'read', stream.fd, 'read ECONNRESET']);
  assert.is(errno, -constants.errno.ECONNRESET);
  assert.equal(events, ['error', 'close']);
});

onEachWaiter(
  test,
  'stream:reset.2 a reset while nobody reads, without readAhead, is reported to the next read, and uses no processor time meanwhile',
  async (streams) => {
    const { stream, peer } = streams.tcpWithPeer({ readAhead: false });
    const events = eventsOf(stream, 'error', 'close');
    sys.setOption(peer, 'linger', 0);
    streams.scope.close(peer);
    untilPolled(stream.fd, POLLIN);
    const usedUs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = process.cpuUsage();
      await streams.settle();
      usedUs.push(process.cpuUsage(before).user);
    }
    assert.ok(Math.min(...usedUs) < 100_000, usedUs.join(' '));
    assert.equal(events, []);
    const failure = failureOf(stream);
    stream.resume();
    assert.is((await failure)!.code, 'ECONNRESET');
  },
);

onEachWaiter(test, 'stream:finished.1 finished() distinguishes an early close from an end', async (streams) => {
  const early = streams.withPeer().stream;
  const outcome = new Promise<NodeJS.ErrnoException>((done) => finished(early, (error) => done(error!)));
  early.destroy();
  assert.is((await outcome).code, 'ERR_STREAM_PREMATURE_CLOSE');
  const [a, b] = streams.pair();
  const ends = Promise.all([a, b].map((stream) => new Promise((done) => finished(stream, done))));
  a.end('x');
  a.resume();
  b.resume();
  assert.equal(await ends, [undefined, undefined]);
});

for (const type of ['stream', 'seqpacket'] as const) {
  onEachWaiter(
    test,
    `stream:read.13 ${type}: what a handler of data awaits comes before the end, and can answer, when both arrive together`,
    async (streams) => {
      const [fd, peer] = sys.socketPair(type);
      streams.scope.own(peer);
      const stream = streams.of(fd, { readSize: 4 });
      const events = eventsOf(stream, 'end', 'error');
      stream.on('data', (chunk: Buffer) => {
        void (async () => {
          for (let i = 0; i < 3; i++) await undefined;
          events.push(String(chunk));
          stream.write(`re ${chunk}`);
        })();
      });
      // The length of each read: none is short, which would say that the socket is empty.
      for (const text of ['one.', 'two.']) sys.write(peer, Buffer.from(text));
      sys.shutdown(peer, 'write');
      await closeOf(stream);
      assert.equal(events, ['one.', 'two.', 'end']);
      const answers = Buffer.alloc(64);
      let length = 0;
      for (let read = -1; read !== 0; length += read) read = sys.read(peer, answers, length) as number;
      assert.is(answers.toString('utf8', 0, length), 're one.re two.');
    },
  );
}

onEachWaiter(
  test,
  'stream:web.1 Duplex.toWeb() carries both directions with back-pressure, and ends cleanly',
  async (streams) => {
    const [a, b] = streams.pair();
    const web = Duplex.toWeb(a);
    const sent = randomBytes(MEGABYTE);
    b.pipe(b);
    const writer = web.writable.getWriter();
    const written = (async () => {
      for (let at = 0; at < sent.length; at += 100_000) await writer.write(sent.subarray(at, at + 100_000));
      await writer.close();
    })();
    const chunks: Uint8Array[] = [];
    for await (const chunk of web.readable) chunks.push(chunk as Uint8Array);
    await written;
    assert.ok(Buffer.concat(chunks).equals(sent));
  },
);

onEachWaiter(
  test,
  'stream:read.20 a for await loop gets several reads of one event, each after it has taken the one before',
  async (streams) => {
    const size = 1024;
    const { stream, peer } = streams.withPeer({ readSize: size, highWaterMark: size });
    const watch = streams.reactor.watches().find(({ fd }) => fd === stream.fd)!;
    const { handler } = watch;
    let events = 0;
    watch.handler = (readiness, watched) => {
      events++;
      return handler(readiness, watched);
    };
    const sent = randomBytes(12 * size);
    sys.write(peer, sent);
    sys.shutdown(peer, 'write');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(sent));
    assert.ok(chunks.length >= 12 && events < 12, `${chunks.length} chunks of ${events} events`);
  },
);

onEachWaiter(
  test,
  'stream:read.21 what is asked for in a later turn is read when an event says so, and not from a file that has got the number',
  async (streams) => {
    const size = 1024;
    const { stream, peer } = streams.withPeer({ readSize: size, highWaterMark: size, ownsFd: false });
    sys.write(peer, randomBytes(size));
    await once(stream, 'readable');
    // A settling poller may take no more than one turn of the host.
    await applied();
    const [stranger, writer] = streams.scope.open.pipe();
    sys.write(writer, Buffer.from('not yours'));
    sys.close(stream.fd);
    assert.is(sys.dup(stranger), stream.fd);
    assert.is((stream.read() as Buffer).length, size);
    await streams.settle();
    assert.is(sys.bytesReadable(stranger), 'not yours'.length);
    stream.on('error', () => undefined).destroy();
    sys.close(stream.fd);
  },
);
