import { constants, writeFileSync, unlinkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors, POLLERR, POLLOUT, untilPolled } from '../support/descriptors.js';
import { expectRefusal, thrownBy } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { addressOf } from '../support/kit.js';
import { uncaught } from '../support/reactor.js';
import {
  closeOf,
  collect,
  eventsOf,
  failureOf,
  onEachWaiter,
  readFrom,
  until,
  type Streams,
} from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('fd stream: kinds of descriptors');

onEachWaiter(test, 'stream:pipe.1 the ends of a pipe are one-way streams, and 1 MB arrives whole', async (streams) => {
  const [readEnd, writeEnd] = sys.pipe();
  // Where pipes carry data both ways the stream has to be made one-way by options.
  const isDuplex = lackOf('oneWayPipes') !== undefined;
  const reader = streams.of(readEnd, isDuplex ? { writable: false } : {});
  const writer = streams.of(writeEnd, isDuplex ? { readable: false } : {});
  assert.equal([reader.readable, reader.writable, writer.readable, writer.writable], [true, false, false, true]);
  const sent = randomBytes(1 << 20);
  const closed = Promise.all([closeOf(reader), closeOf(writer)]);
  writer.end(sent);
  assert.ok((await collect(reader)).equals(sent));
  assert.equal(await closed, [false, false]);
});

onEachWaiter(
  test,
  'stream:pipe.2 a pipe without a writer ends after its data, and a pipe without a reader fails with EPIPE',
  async (streams) => {
    const [readEnd, writeEnd] = sys.pipe();
    sys.write(writeEnd, Buffer.from('left behind'));
    sys.close(writeEnd);
    assert.is(String(await collect(streams.of(readEnd))), 'left behind');
    const [other, writer] = sys.pipe();
    const stream = streams.of(writer);
    const failure = failureOf(stream);
    stream.write(Buffer.alloc(1 << 20));
    await streams.settle();
    assert.is(stream.destroyed, false);
    sys.close(other);
    assert.is((await failure)!.code, 'EPIPE');
  },
);

onEachWaiter(
  test.unless(lackOf('fifoHangup')),
  'stream:fifo.1 a FIFO that is opened before its writer waits for the writer, and ends after it',
  async (streams) => {
    const path = join(streams.scope.directory(), 'fifo');
    descriptors.makeFifo(path);
    const stream = streams.of(sys.open(path));
    const events = eventsOf(stream, 'end');
    const all = collect(stream);
    await streams.settle();
    assert.equal(events, []);
    const writer = sys.open(path, constants.O_WRONLY);
    sys.write(writer, Buffer.from('through the door'));
    sys.close(writer);
    assert.is(String(await all), 'through the door');
  },
);

onEachWaiter(
  test.unless(lackOf('terminalHangup')),
  'stream:pty.1 the stream of a master whose slave was closed ends after all data, although read(2) fails with EIO',
  async (streams) => {
    const master = descriptors.ptyMaster();
    const slave = descriptors.ptySlave(master);
    const stream = streams.of(master);
    const events = eventsOf(stream, 'error', 'end', 'close');
    const closed = closeOf(stream);
    sys.write(slave, Buffer.from('a'.repeat(2000)));
    sys.close(slave);
    assert.is((await collect(stream)).length, 2000);
    assert.is(await closed, false);
    assert.equal(events, ['end', 'close']);
  },
);

onEachWaiter(
  test.unless(lackOf('terminalHangup')),
  'stream:pty.3 the master ends when the slave is closed inside a data listener',
  async (streams) => {
    const master = descriptors.ptyMaster();
    const slave = descriptors.ptySlave(master);
    const stream = streams.of(master, { readSize: 4 });
    const events = eventsOf(stream, 'data', 'error', 'end');
    stream.once('data', () => sys.close(slave));
    const closed = closeOf(stream);
    sys.write(slave, Buffer.from('four'));
    assert.is(await closed, false);
    assert.equal(events, ['data', 'end']);
  },
);

onEachWaiter(
  test.unless(lackOf('terminalHangup')),
  'stream:pty.2 both sides of a pty talk, and the slave ends when the master is closed',
  async (streams) => {
    const master = descriptors.ptyMaster();
    const slave = streams.of(descriptors.ptySlave(master));
    const terminal = streams.of(master);
    slave.write('prompt> ');
    assert.is(String((await once(terminal, 'data'))[0]), 'prompt> ');
    terminal.write('command');
    assert.is(String((await once(slave, 'data'))[0]), 'command');
    const ended = once(slave, 'end');
    terminal.destroy();
    await ended;
  },
);

onEachWaiter(
  test,
  'stream:seqpacket.1 each chunk is one message in both directions, also when chunks were queued',
  async (streams) => {
    const [a, b] = sys.socketPair('seqpacket').map((fd) => streams.of(fd));
    const seen: string[] = [];
    b!.on('data', (chunk: Buffer) => seen.push(String(chunk)));
    const ended = once(b!, 'end');
    a!.cork();
    for (const text of ['one', 'two', 'three']) a!.write(text);
    a!.uncork();
    a!.end();
    await ended;
    assert.equal(seen, ['one', 'two', 'three']);
  },
);

onEachWaiter(
  test,
  'stream:seqpacket.2 an empty message does not end the stream, also when the peer has shut down already',
  async (streams) => {
    for (const isEnded of [false, true]) {
      const [fd, peer] = sys.socketPair('seqpacket');
      streams.scope.own(peer);
      const stream = streams.of(fd);
      const seen: string[] = [];
      stream.on('data', (chunk: Buffer) => seen.push(String(chunk)));
      const ended = once(stream, 'end');
      for (const text of ['one', '', 'two']) sys.write(peer, Buffer.from(text));
      if (!isEnded) await until(() => seen.length === 2 || stream.readableEnded);
      sys.shutdown(peer, 'write');
      await ended;
      assert.equal(seen, ['one', 'two']);
    }
  },
);

onEachWaiter(
  test,
  'stream:datagram.1 each datagram is one chunk, and an empty datagram does not end the stream',
  async (streams) => {
    const [a, b] = streams.scope.open.udp().map((fd) => streams.of(sys.dup(fd)));
    const seen: string[] = [];
    b!.on('data', (chunk: Buffer) => seen.push(String(chunk)));
    const events = eventsOf(b!, 'end');
    for (const text of ['one', '', 'two']) a!.write(text);
    await until(() => seen.length === 2);
    await streams.settle();
    assert.equal([seen, events], [['one', 'two'], []]);
  },
);

onEachWaiter(test, 'stream:device.1 one write to an eventfd is one value, and one read takes it', async (streams) => {
  const stream = streams.of(descriptors.eventFd(0));
  const one = Buffer.alloc(8);
  one.writeBigUInt64LE(1n);
  stream.cork();
  stream.write(one);
  stream.write(one);
  stream.uncork();
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  assert.is(chunk.readBigUInt64LE(), 2n);
});

onEachWaiter(
  test,
  'stream:device.2 an inotify descriptor is readable only, and reports files that come and go',
  async (streams) => {
    const directory = join(streams.scope.directory(), 'watched');
    mkdirSync(directory);
    const stream = streams.of(descriptors.inotify(directory));
    assert.equal([stream.readable, stream.writable], [true, false]);
    const names: string[] = [];
    stream.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += 16 + chunk.readUInt32LE(at + 12)) {
        names.push(chunk.toString('latin1', at + 16, at + 16 + chunk.readUInt32LE(at + 12)).replace(/\0+$/, ''));
      }
    });
    writeFileSync(join(directory, 'first'), '');
    await until(() => names.length === 1);
    unlinkSync(join(directory, 'first'));
    await until(() => names.length === 2);
    assert.equal(names, ['first', 'first']);
  },
);

/** A connect that is in progress, because the queue of the listener is full. */
function waitingConnect({ scope }: Streams): { listener: number; fd: number } {
  const listener = scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener, 0);
  const [first, fd] = [scope.own(sys.socket('ipv4')), sys.socket('ipv4')];
  sys.connect(first, addressOf(listener));
  untilPolled(first, POLLOUT);
  assert.is(sys.connect(fd, addressOf(listener)), sys.WOULD_BLOCK);
  return { listener, fd };
}

onEachWaiter(test, 'stream:connect.1 writes and the end wait for a connect in progress', async (streams) => {
  const { listener, fd } = waitingConnect(streams);
  const stream = streams.of(fd);
  assert.is(stream.connecting, true);
  const events = eventsOf(stream, 'connect', 'finish');
  stream.end('at last');
  await streams.settle();
  assert.equal([events, stream.bytesWritten], [[], 0]);
  streams.scope.own(sys.accept(listener));
  await once(stream, 'finish');
  assert.equal([events, stream.connecting], [['connect', 'finish'], false]);
  await streams.reactor.once(listener, READABLE);
  assert.is(String(await readFrom(streams.reactor, streams.scope.own(sys.accept(listener)))), 'at last');
});

onEachWaiter(test, 'stream:connect.4 a stream whose connect listener throws still ends', async (streams) => {
  const { listener, fd } = waitingConnect(streams);
  const stream = streams.of(fd);
  stream.on('connect', () => {
    throw new Error('a bug');
  });
  const finished = once(stream, 'finish');
  stream.end();
  const errors = await uncaught(1, () => streams.scope.own(sys.accept(listener)));
  assert.equal(
    errors.map((error) => (error as Error).message),
    ['a bug'],
  );
  await finished;
});

onEachWaiter(
  test,
  'stream:connect.2 a refused connect destroys the stream with ECONNREFUSED, and its writes fail',
  async (streams) => {
    const { listener, address } = streams.scope.open.listener();
    streams.scope.close(listener);
    const fd = sys.socket('ipv4');
    sys.connect(fd, address);
    untilPolled(fd, POLLERR);
    const stream = streams.of(fd);
    assert.is(stream.connecting, true);
    const failure = failureOf(stream);
    const told = new Promise<unknown>((done) => stream.write('x', done));
    const { code, syscall, fd: failed } = (await failure) as sys.SystemError;
    assert.equal([code, syscall, failed], ['ECONNREFUSED', 'connect', fd]);
    assert.is(await told, await failure);
  },
);

onEachWaiter(test, 'stream:connect.3 destroy() while connecting closes the socket at once', async (streams) => {
  const { fd } = waitingConnect(streams);
  const stream = streams.of(fd);
  stream.end('never');
  const events = eventsOf(stream, 'connect', 'finish');
  const closed = closeOf(stream);
  stream.destroy();
  assert.is(thrownBy(() => sys.takeError(fd)).message.split(':')[0], 'EBADF');
  assert.is(await closed, false);
  assert.equal(events, []);
});

onEachWaiter(
  test,
  "stream:connect.5 a stream over a connection whose reset error was already read ends without 'connect'",
  async (streams) => {
    const [accepted, peer] = streams.scope.open.tcp();
    const fd = sys.dup(accepted);
    sys.setOption(peer, 'linger', 0);
    streams.scope.close(peer);
    untilPolled(fd, POLLERR);
    assert.is(thrownBy(() => sys.read(fd, Buffer.alloc(1))).code, 'ECONNRESET');
    const stream = streams.of(fd);
    const events = eventsOf(stream, 'connect', 'error', 'end', 'close');
    const closed = closeOf(stream);
    stream.resume();
    assert.is(await closed, false);
    assert.equal(events, ['end', 'close']);
  },
);

onEachWaiter(
  test,
  "stream:connect.6 'connect' is emitted for a connect that returned WOULD_BLOCK, also when it ended before the stream was made",
  async (streams) => {
    const { listener, address } = streams.scope.open.listener();
    const fd = sys.socket('ipv4');
    assert.is(sys.connect(fd, address), sys.WOULD_BLOCK);
    untilPolled(fd, POLLOUT);
    const stream = streams.of(fd);
    const events = eventsOf(stream, 'connect', 'ready', 'finish');
    assert.equal([stream.connecting, stream.pending, stream.readyState], [true, true, 'opening']);
    stream.write('hello');
    await once(stream, 'ready');
    assert.equal([stream.connecting, stream.pending, stream.readyState], [false, false, 'open']);
    stream.end();
    await once(stream, 'finish');
    assert.equal(events, ['connect', 'ready', 'finish']);
    const accepted = streams.scope.own(sys.accept(listener));
    assert.is(String(await readFrom(streams.reactor, accepted)), 'hello');
  },
);

onEachWaiter(
  test,
  "stream:connect.7 'connect' is emitted neither twice, nor for an accepted socket, nor for another file of the same number",
  async (streams) => {
    const { listener, address } = streams.scope.open.listener();
    const connectOne = (): number => {
      const fd = sys.socket('ipv4');
      assert.is(sys.connect(fd, address), sys.WOULD_BLOCK);
      untilPolled(fd, POLLOUT);
      return fd;
    };
    const told = connectOne();
    assert.is(sys.takeError(told), 0);
    const askedAgain = connectOne();
    // A second connect() returns 0 on Linux, and later ones EISCONN.
    assert.is(sys.connect(askedAgain, address), 0);
    const first = connectOne();
    streams.of(first, { ownsFd: false }).destroy();
    // The number is closed elsewhere and used again.
    const replaced = connectOne();
    sys.close(descriptors.dup2(told, replaced));
    const [a, b] = sys.socketPair();
    const accepted = sys.accept(listener);
    const all = [told, askedAgain, first, accepted, a, b].map((fd) => streams.of(fd));
    assert.equal(
      all.map(({ connecting }) => connecting),
      all.map(() => false),
    );
    const events = all.map((stream) => eventsOf(stream, 'connect', 'ready'));
    all.forEach((stream) => stream.resume());
    await streams.settle();
    assert.equal(
      events,
      all.map(() => []),
    );
  },
);

onEachWaiter(
  test,
  'stream:refuse.1 a regular file, a directory and /dev/null are refused with EPERM, and the message says what to use',
  (streams) => {
    const directory = streams.scope.directory();
    const file = join(directory, 'file');
    writeFileSync(file, 'x');
    for (const [path, kind] of [
      [file, 'regular file'],
      [directory, 'directory'],
      ['/dev/null', 'character device'],
    ] as const) {
      const fd = streams.scope.own(sys.open(path));
      const { code, syscall, fd: refused, message } = thrownBy(() => streams.of(fd));
      assert.equal([code, syscall, refused], ['EPERM', 'watch', fd]);
      assert.is(message, `EPERM: a ${kind} cannot be waited for, use node:fs, watch (fd ${fd})`);
    }
  },
);

onEachWaiter(test, 'stream:refuse.2 a value that is no descriptor and an unknown option are refused', (streams) => {
  const { peer } = streams.withPeer();
  const [reader] = sys.pipe().map((fd) => streams.scope.own(fd)) as [number];
  const closed = sys.dup(peer);
  sys.close(closed);
  const wrong = (options: object) => () => streams.of(peer, options);
  for (const options of [{ reactor: {} }, { ownsFd: 1 }, { readable: 'no' }, { signal: {} }, { readSize: '1' }]) {
    expectRefusal(wrong(options), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
  for (const readSize of [0, 1.5, 2 ** 25]) expectRefusal(wrong({ readSize }), RangeError, 'ERR_OUT_OF_RANGE');
  for (const name of ['objectMode', 'readableObjectMode', 'writableObjectMode']) {
    expectRefusal(wrong({ [name]: true }), TypeError, 'ERR_INVALID_ARG_VALUE');
  }
  if (lackOf('oneWayPipes') === undefined) {
    expectRefusal(() => streams.of(reader, { writable: true }), TypeError, 'ERR_INVALID_ARG_VALUE');
  }
  expectRefusal(() => streams.of(-1), RangeError, 'ERR_OUT_OF_RANGE');
  assert.is(thrownBy(() => streams.of(closed)).code, 'EBADF');
  const stream = streams.of(peer, { ownsFd: false });
  assert.is(thrownBy(() => streams.of(peer)).code, 'EEXIST');
  stream.destroy();
  streams.of(peer, { ownsFd: false });
});
