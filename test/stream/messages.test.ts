import { once } from 'node:events';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { addressOf } from '../support/kit.js';
import { onEachWaiter, until, type Streams } from '../support/streams.js';
import type { FdStream } from 'pollux';
import { suite } from '../support/suite.js';

const test = suite('fd stream: errors of one message');
/** Longer than any datagram. */
const TOO_LONG = Buffer.alloc(70_000);

/** A stream over a UDP socket, and its connected peer. */
function udp(streams: Streams): { stream: FdStream; peer: number } {
  const [near, peer] = streams.scope.open.udp();
  const fd = sys.dup(near);
  streams.scope.close(near);
  return { stream: streams.of(fd), peer };
}

/** The code of the error that the callback of a write gets; undefined: none. */
async function outcomeOf(stream: FdStream, message: string | Buffer): Promise<string | undefined> {
  return new Promise((told) =>
    stream.write(message, (error) => told((error as NodeJS.ErrnoException | null | undefined)?.code)),
  );
}

onEachWaiter(
  test,
  'stream:message.1 a datagram that is too long fails in its callback, and the next one is sent',
  async (streams) => {
    const { stream, peer } = udp(streams);
    const outcomes = [
      outcomeOf(stream, 'one'),
      outcomeOf(stream, TOO_LONG),
      outcomeOf(stream, 'two'),
      outcomeOf(stream, TOO_LONG),
    ];
    assert.equal(await Promise.all(outcomes), [undefined, 'EMSGSIZE', undefined, 'EMSGSIZE']);
    const buffer = Buffer.alloc(10);
    const received = [sys.read(peer, buffer), sys.read(peer, buffer), sys.read(peer, buffer)];
    assert.equal([received, stream.destroyed, stream.errored], [[3, 3, sys.WOULD_BLOCK], false, null]);
  },
);

onEachWaiter(test, 'stream:message.2 corked datagrams fail one by one, each in its own callback', async (streams) => {
  const { stream, peer } = udp(streams);
  stream.cork();
  const outcomes = ['one', TOO_LONG, 'two'].map((message) => outcomeOf(stream, message));
  stream.uncork();
  assert.equal(await Promise.all(outcomes), [undefined, 'EMSGSIZE', undefined]);
  const buffer = Buffer.alloc(10);
  assert.equal([sys.read(peer, buffer), sys.read(peer, buffer)], [3, 3]);
});

onEachWaiter(
  test,
  "stream:message.3 a datagram without a callback that is too long is an 'error' of an open stream, also from end()",
  async (streams) => {
    const { stream, peer } = udp(streams);
    const errors: string[] = [];
    stream.on('error', ({ message }) => errors.push(message));
    stream.write(TOO_LONG);
    await until(() => errors.length === 1);
    assert.equal([errors, stream.destroyed], [['write EMSGSIZE'], false]);
    stream.write('still there');
    const finished = new Promise<void>((done) => stream.once('finish', done));
    stream.end(TOO_LONG);
    await finished;
    await until(() => errors.length === 2);
    assert.is(sys.read(peer, Buffer.alloc(20)), 11);
  },
);

onEachWaiter(
  test,
  'stream:message.4 ECONNREFUSED of a UDP socket whose peer is gone leaves the stream open, and a new peer is heard',
  async (streams) => {
    const { stream, peer } = udp(streams);
    const { port } = addressOf(peer);
    const codes: unknown[] = [];
    stream.on('error', ({ code }: NodeJS.ErrnoException) => codes.push(code));
    const { localPort } = stream;
    streams.scope.close(peer);
    while (codes.length === 0) {
      const code = await outcomeOf(stream, 'anybody there?');
      if (code !== undefined) codes.push(code);
      await new Promise((turn) => setImmediate(turn));
    }
    assert.ok(codes.every((code) => code === 'ECONNREFUSED'));
    assert.is(stream.destroyed, false);
    const again = streams.scope.own(sys.socket('ipv4', 'dgram'));
    sys.bind(again, { host: '127.0.0.1', port });
    const data = once(stream, 'data');
    sys.sendTo(again, Buffer.from('here'), { host: '127.0.0.1', port: localPort! });
    assert.is(String((await data)[0]), 'here');
  },
);

onEachWaiter(
  test,
  'stream:message.5 a unix datagram socket whose peer comes back sends again after ECONNREFUSED',
  async (streams) => {
    const path = join(streams.scope.directory(), 'log');
    const bind = (): number => {
      const fd = streams.scope.own(sys.socket('unix', 'dgram'));
      sys.bind(fd, { path });
      return fd;
    };
    const first = bind();
    const fd = sys.socket('unix', 'dgram');
    sys.connect(fd, { path });
    const stream = streams.of(fd);
    assert.is(await outcomeOf(stream, 'one'), undefined);
    streams.scope.close(first);
    assert.is(await outcomeOf(stream, 'two'), 'ECONNREFUSED');
    assert.is(await outcomeOf(stream, 'three'), 'ENOTCONN');
    assert.is(stream.destroyed, false);
  },
);

onEachWaiter(test, 'stream:message.6 a message of a seqpacket socket that is too long fails alone', async (streams) => {
  const [fd, peer] = sys.socketPair('seqpacket');
  streams.scope.own(peer);
  sys.setOption(fd, 'sendBuffer', 4096);
  const stream = streams.of(fd);
  assert.is(await outcomeOf(stream, Buffer.alloc(1 << 20)), 'EMSGSIZE');
  assert.is(await outcomeOf(stream, 'short'), undefined);
  assert.is(sys.read(peer, Buffer.alloc(10)), 5);
});

onEachWaiter(
  test,
  'stream:message.7 what is no message, and a message after end(), are refused as before',
  async (streams) => {
    const { stream } = udp(streams);
    assert.throws(
      () => stream.write(5 as never),
      ({ code }: NodeJS.ErrnoException) => code === 'ERR_INVALID_ARG_TYPE',
    );
    assert.is(await outcomeOf(stream, TOO_LONG), 'EMSGSIZE');
    stream.on('error', () => undefined).end();
    assert.is(await outcomeOf(stream, 'late'), 'ERR_STREAM_WRITE_AFTER_END');
  },
);
