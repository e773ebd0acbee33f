import { once } from 'node:events';
import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { closeOf, eventsOf, failureOf, onEachWaiter, until } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('fd stream: reading ahead');

onEachWaiter(
  test,
  'stream:ahead.1 a socket is read up to the highWaterMark although nobody asks for data',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 100, highWaterMark: 250 });
    sys.write(peer, Buffer.alloc(1000, 'x'));
    await until(() => stream.readableLength > 0);
    await streams.settle();
    assert.equal([stream.readableLength, sys.bytesReadable(stream.fd)], [300, 700]);
  },
);

onEachWaiter(
  test,
  'stream:ahead.2 a stream that only writes notices the end of its peer, and ends',
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    const events = eventsOf(stream, 'end', 'finish', 'close');
    stream.write('x');
    sys.shutdown(peer, 'write');
    assert.is(await closeOf(stream), false);
    assert.equal(events, ['end', 'finish', 'close']);
  },
);

onEachWaiter(
  test,
  'stream:ahead.3 a stream that only writes notices a reset with no write under way',
  async (streams) => {
    const { stream, peer } = streams.tcpWithPeer();
    const failure = failureOf(stream);
    sys.setOption(peer, 'linger', 0);
    streams.scope.close(peer);
    const { code, message } = (await failure)!;
    assert.equal([code, message], ['ECONNRESET', 'read ECONNRESET']);
  },
);

onEachWaiter(
  test,
  'stream:ahead.4 a stream that is paused in the turn of its making reads what it holds already, and no more than the highWaterMark',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 10, highWaterMark: 10 });
    stream.pause();
    sys.write(peer, Buffer.alloc(50, 'x'));
    await streams.settle();
    assert.ok(stream.readableLength <= 10);
    stream.resume();
    streams.scope.close(peer);
    await once(stream, 'end');
    assert.is(stream.bytesRead, 50);
  },
);

onEachWaiter(
  test,
  'stream:ahead.5 other descriptors than sockets are read ahead only by the option',
  async (streams) => {
    for (const readAhead of [undefined, true, false]) {
      const [readEnd, writeEnd] = sys.pipe();
      streams.scope.own(writeEnd);
      const stream = streams.of(readEnd, { readAhead });
      sys.write(writeEnd, Buffer.from('early'));
      await streams.settle();
      assert.is(sys.bytesReadable(readEnd), readAhead === true ? 0 : 5);
      stream.destroy();
    }
  },
);

onEachWaiter(
  test,
  'stream:ahead.6 by default a stream buffers at least one whole read, and at least 64 KiB',
  (streams) => {
    const markOf = (options: object): number => {
      const { stream } = streams.withPeer(options);
      return stream.readableHighWaterMark;
    };
    assert.equal([{}, { readSize: 10 }, { readSize: 1 << 20 }].map(markOf), [65_536, 65_536, 1 << 20]);
    assert.equal([{ highWaterMark: 5 }, { readableHighWaterMark: 6 }].map(markOf), [5, 6]);
  },
);

onEachWaiter(
  test,
  'stream:ahead.7 after resume() without a listener one event reads what is there, however small highWaterMark is',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readAhead: false, readSize: 100, highWaterMark: 100 });
    const { stream: other, peer: otherPeer } = streams.withPeer({ readAhead: false });
    const seen = new Set<number>();
    sys.write(peer, Buffer.alloc(1000, 'x'));
    sys.write(otherPeer, Buffer.from('x'));
    stream.resume();
    // Called once for each batch.
    const watch = streams.reactor.watch(sys.dup(other.fd), READABLE, () => seen.add(stream.bytesRead));
    streams.scope.own(watch.fd);
    await until(() => stream.bytesRead === 1000);
    await streams.settle();
    watch.close();
    assert.ok(
      [...seen].every((bytes) => bytes === 0 || bytes === 1000),
      [...seen].join(' '),
    );
  },
);

onEachWaiter(
  test,
  'stream:ahead.8 a stream whose buffer is full is not reported again, and goes on when it is read',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 100, highWaterMark: 100 });
    sys.write(peer, Buffer.alloc(1000, 'x'));
    await until(() => stream.readableLength === 100);
    const rounds = [0, 1, 2].map(async () => streams.settle());
    await Promise.all(rounds);
    assert.equal([stream.readableLength, sys.bytesReadable(stream.fd)], [100, 900]);
    assert.is(stream.read()?.length, 100);
    await until(() => stream.readableLength === 100);
    streams.scope.close(peer);
    await once(stream.resume(), 'end');
    assert.is(stream.bytesRead, 1000);
  },
);

onEachWaiter(
  test,
  'stream:ahead.9 a stream that has read ahead to its highWaterMark gets no more events of the data that is left',
  async (streams) => {
    const watch = streams.reactor.watch.bind(streams.reactor);
    let events = 0;
    streams.reactor.watch = (fd, interest, handler) =>
      watch(fd, interest, (readiness, watched) => {
        if (fd === stream.fd) events++;
        handler(readiness, watched);
      });
    const { stream, peer } = streams.withPeer({ readSize: 100, highWaterMark: 100 });
    sys.write(peer, Buffer.alloc(1000, 'x'));
    await until(() => stream.readableLength > 0);
    for (let turn = 0; turn < 3; turn++) await streams.settle();
    // One event reads, and the next one ends the waiting for data.
    assert.ok(events <= 2, `${events} events`);
    assert.is(sys.bytesReadable(stream.fd), 900);
  },
);
