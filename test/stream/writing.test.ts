import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { pipeline, PassThrough, Readable } from 'node:stream';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, untilPolled } from '../support/descriptors.js';
import { closeOf, collect, eventsOf, failureOf, onEachWaiter, readFrom } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('fd stream: writing');
const MEGABYTE = 1 << 20;

/** More than a socket pair takes at once. */
const MUCH = randomBytes(4 * MEGABYTE);

onEachWaiter(
  test,
  'stream:write.1 when write() returns, the kernel has as much of the data as fits',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    assert.is(sys.bytesReadable(peer), 0);
    assert.is(stream.write('hello'), true);
    assert.is(sys.bytesReadable(peer), 5);
    assert.is(stream.bytesWritten, 5);
    await new Promise<void>((done) => stream.write('', () => done()));
  },
);

onEachWaiter(
  test,
  'stream:write.2 callbacks come in the order of the writes, each after the kernel has taken its bytes',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const taken: Array<[number, number]> = [];
    const sizes = [10, 4 * MEGABYTE, 0, 20];
    const done = Promise.all(
      sizes.map(
        (size, index) =>
          new Promise<void>((resolve) => {
            stream.write(Buffer.alloc(size), () => {
              taken.push([index, stream.bytesWritten]);
              resolve();
            });
          }),
      ),
    );
    await readFrom(streams.reactor, peer, 4 * MEGABYTE + 30);
    await done;
    const total = 4 * MEGABYTE + 10;
    assert.equal(
      taken.map(([index]) => index),
      [0, 1, 2, 3],
    );
    assert.ok(taken[1]![1] >= total && taken[3]![1] === total + 20, String(taken));
  },
);

onEachWaiter(
  test,
  "stream:write.3 write() returns false while the peer does not read, and 'drain' comes once it does",
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const events = eventsOf(stream, 'drain', 'finish', 'error');
    assert.is(stream.write(MUCH), false);
    assert.is(stream.writableNeedDrain, true);
    assert.ok(stream.bytesWritten > 0 && stream.bytesWritten < MUCH.length);
    await streams.settle();
    assert.equal(events, []);
    const drained = once(stream, 'drain');
    assert.ok((await readFrom(streams.reactor, peer, MUCH.length)).equals(MUCH));
    await drained;
    assert.equal([stream.writableLength, stream.bytesWritten, events], [0, MUCH.length, ['drain']]);
  },
);

onEachWaiter(test, 'stream:write.4 corked writes make one system call, hence one message', async (streams) => {
  const { stream, peer } = streams.withPeer();
  stream.cork();
  for (const text of ['one ', 'two ', 'three']) stream.write(text);
  assert.is(sys.bytesReadable(peer), 0);
  stream.uncork();
  const buffer = Buffer.alloc(64);
  assert.is(buffer.toString('utf8', 0, sys.read(peer, buffer)), 'one two three');
});

onEachWaiter(test, 'stream:write.5 three thousand queued writes arrive whole and in order', async (streams) => {
  const { stream, peer } = streams.withPeer();
  const parts = Array.from({ length: 3000 }, (_, index) => randomBytes((index * 37) % 1500));
  const expected = Buffer.concat(parts);
  for (const part of parts) stream.write(part);
  stream.end();
  assert.ok((await readFrom(streams.reactor, peer)).equals(expected));
  assert.is(stream.bytesWritten, expected.length);
});

onEachWaiter(test, 'stream:write.6 a chunk may be a string in any encoding, or any bytes', async (streams) => {
  const { stream, peer } = streams.withPeer({ defaultEncoding: 'latin1' });
  stream.write('ü');
  stream.write('cafe', 'hex');
  stream.write(new Uint8Array([1, 2]));
  stream.end('ü', 'utf8');
  assert.is((await readFrom(streams.reactor, peer)).toString('hex'), 'fccafe0102c3bc');
});

onEachWaiter(
  test,
  'stream:end.1 end() sends all data, then the end, and the peer can still answer',
  async (streams) => {
    const [a, b] = streams.pair({ allowHalfOpen: true });
    const events = eventsOf(a, 'finish', 'end', 'close');
    a.end(MUCH);
    assert.ok((await collect(b)).equals(MUCH));
    assert.equal([a.writableFinished, a.destroyed, events], [true, false, ['finish']]);
    b.end('answer');
    const closed = closeOf(a);
    assert.is(String(await collect(a)), 'answer');
    await closed;
    assert.equal(events, ['finish', 'end', 'close']);
  },
);

onEachWaiter(
  test,
  'stream:end.2 writing after end() fails with ERR_STREAM_WRITE_AFTER_END, in the callback and the stream',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    stream.end('last');
    const failure = failureOf(stream);
    const told = new Promise<NodeJS.ErrnoException>((done) => stream.write('more', (error) => done(error!)));
    assert.is((await told).code, 'ERR_STREAM_WRITE_AFTER_END');
    assert.is((await failure)!.code, 'ERR_STREAM_WRITE_AFTER_END');
    assert.is(String(await readFrom(streams.reactor, peer)), 'last');
  },
);

onEachWaiter(
  test,
  'stream:end.3 without allowHalfOpen the end of reading ends writing, after the queued data',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const events = eventsOf(stream, 'end', 'finish', 'close');
    stream.write(MUCH);
    sys.shutdown(peer, 'write');
    stream.resume();
    await once(stream, 'end');
    const closed = closeOf(stream);
    assert.is(stream.writableFinished, false);
    assert.ok((await readFrom(streams.reactor, peer)).equals(MUCH));
    assert.is(await closed, false);
    assert.equal(events, ['end', 'finish', 'close']);
  },
);

onEachWaiter(
  test,
  "stream:end.4 end(chunk, callback): the callback comes with 'finish', and the callback of a second end() fails",
  async (streams) => {
    const { stream, peer } = streams.withPeer({ allowHalfOpen: true });
    const events = eventsOf(stream, 'finish');
    await new Promise<void>((done) => stream.end('x', () => done()));
    assert.equal(events, ['finish']);
    const again = await new Promise<NodeJS.ErrnoException>((done) =>
      stream.end((error?: Error | null) => done(error!)),
    );
    assert.is(again.code, 'ERR_STREAM_ALREADY_FINISHED');
    assert.equal([sys.bytesReadable(peer), stream.destroyed], [1, false]);
  },
);

onEachWaiter(
  test,
  'stream:error.1 writing to a peer that has closed fails with EPIPE, then closes with an error',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const events = eventsOf(stream, 'error', 'close', 'finish', 'end');
    streams.scope.close(peer);
    const told = new Promise<NodeJS.ErrnoException>((done) => stream.write('x', (error) => done(error!)));
    const failure = failureOf(stream);
    const { code, errno, syscall, fd, message } = (await told) as sys.SystemError;
    assert.equal([code, syscall, fd, message], ['EPIPE', 'write', stream.fd, 'write EPIPE']);
    assert.is(errno, -32);
    assert.is(await failure, await told);
    assert.equal(events, ['error', 'close']);
  },
);

onEachWaiter(
  test,
  'stream:error.2 when the peer closes during a pending write, this write and the queued ones fail',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readAhead: false });
    const codes: unknown[] = [];
    for (const chunk of [MUCH, 'second', 'third'])
      stream.write(chunk, (error) => codes.push((error as NodeJS.ErrnoException).code));
    await streams.settle();
    const failure = failureOf(stream);
    streams.scope.close(peer);
    assert.is((await failure)!.code, 'EPIPE');
    assert.equal(codes.slice(0, 1), ['EPIPE']);
    assert.is(codes.length, 3);
  },
);

onEachWaiter(
  test,
  "stream:destroy.1 destroy() calls the callback of every pending write with an error, before 'close'",
  async (streams) => {
    const { stream } = streams.withPeer();
    const seen: unknown[] = [];
    for (const chunk of [MUCH, 'second']) {
      stream.write(chunk, (error) => seen.push((error as NodeJS.ErrnoException | undefined)?.code));
    }
    stream.on('close', (hadError: boolean) => seen.push(hadError));
    const closed = closeOf(stream);
    stream.destroy();
    assert.equal(seen, []);
    await closed;
    assert.equal(seen, ['ERR_STREAM_DESTROYED', 'ERR_STREAM_DESTROYED', false]);
  },
);

onEachWaiter(
  test,
  "stream:destroy.2 destroy(error): emits 'error', then 'close' with an error, and later writes fail with ERR_STREAM_DESTROYED",
  async (streams) => {
    const { stream } = streams.withPeer();
    const events = eventsOf(stream, 'error', 'close');
    const failure = failureOf(stream);
    const reason = new Error('enough');
    stream.destroy(reason);
    const told = new Promise<NodeJS.ErrnoException>((done) => stream.write('x', (error) => done(error!)));
    assert.is((await told).code, 'ERR_STREAM_DESTROYED');
    assert.is(await failure, reason);
    assert.is(stream.errored, reason);
    assert.equal(events, ['error', 'close']);
  },
);

onEachWaiter(test, 'stream:pipeline.1 a pipeline moves 4 MB through two sockets and ends cleanly', async (streams) => {
  const [a, b] = streams.pair();
  const sink = new PassThrough();
  const moved = new Promise<unknown>((done) =>
    pipeline(Readable.from([MUCH.subarray(0, MEGABYTE), MUCH.subarray(MEGABYTE)]), a, done),
  );
  const collected = collect(sink);
  pipeline(b, sink, () => undefined);
  assert.ok((await collected).equals(MUCH));
  b.end();
  a.resume();
  assert.is(await moved, undefined);
});

onEachWaiter(
  test,
  'stream:pipeline.2 a source that fails destroys the stream with its error; and the peer sees the end',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const source = new PassThrough();
    const outcome = new Promise<unknown>((done) => pipeline(source, stream, done));
    source.write('before');
    await readFrom(streams.reactor, peer, 6);
    const reason = new Error('the source is broken');
    source.destroy(reason);
    assert.is(await outcome, reason);
    assert.is(stream.destroyed, true);
    assert.is((await readFrom(streams.reactor, peer)).length, 0);
  },
);

onEachWaiter(test, 'stream:pipeline.3 a socket that fails destroys the stream it is piped to', async (streams) => {
  const { stream, peer } = streams.tcpWithPeer();
  const sink = new PassThrough();
  const outcome = new Promise<NodeJS.ErrnoException>((done) => pipeline(stream, sink, (error) => done(error!)));
  sys.setOption(peer, 'linger', 0);
  streams.scope.close(peer);
  untilPolled(stream.fd, POLLIN);
  assert.is((await outcome).code, 'ECONNRESET');
  assert.equal([stream.destroyed, sink.destroyed], [true, true]);
});
