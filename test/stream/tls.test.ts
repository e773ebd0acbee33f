import { once } from 'node:events';
import { PassThrough, pipeline } from 'node:stream';
import * as tls from 'node:tls';
import type { FdStream, FdStreamOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { closeOf, collect, onEachWaiter, type Streams } from '../support/streams.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('fd stream: below TLS');
const unlessBunOrDeno = test.unless(
  on(
    ['bun', 'deno'],
    'it has no pre-shared keys in TLS; over a Duplex the TLS of Bun loses its tail, that of Deno does not end',
  ),
);
const MUCH = Buffer.alloc(8 << 20, 'much');

/** A key that both sides know: no certificate is needed. */
const SECRET = { ciphers: 'PSK', maxVersion: 'TLSv1.2' } as const;
const psk = Buffer.alloc(16, 'k');

interface Pair {
  readonly client: tls.TLSSocket;
  readonly server: tls.TLSSocket;
  /** The streams below. */
  readonly below: [client: FdStream, server: FdStream];
}

function tlsPair(streams: Streams, options: FdStreamOptions = {}): Pair {
  const [near, far] = streams.pair(options);
  const server = new tls.TLSSocket(far, {
    isServer: true,
    secureContext: tls.createSecureContext(SECRET),
    pskCallback: () => psk,
  } as tls.TLSSocketOptions);
  const client = tls.connect({
    socket: near,
    ...SECRET,
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk, identity: 'anybody' }),
  });
  streams.scope.atEnd(() => [client, server].forEach((socket) => socket.destroy()));
  return { client, server, below: [near, far] };
}

for (const allowHalfOpen of [undefined, false, true]) {
  onEachWaiter(
    unlessBunOrDeno,
    `stream:tls.1 allowHalfOpen ${allowHalfOpen}: 8 MB come back whole from an echo whose client ends first, and both streams close`,
    async (streams) => {
      const { client, server, below } = tlsPair(streams, { allowHalfOpen });
      const closed = below.map((stream) => closeOf(stream));
      server.pipe(server);
      client.end(MUCH);
      assert.ok((await collect(client)).equals(MUCH));
      assert.equal(await Promise.all(closed), [false, false]);
    },
  );
}

onEachWaiter(
  unlessBunOrDeno,
  'stream:tls.2 data that one side writes after the end of the other arrives whole, in either direction',
  async (streams) => {
    for (const first of ['client', 'server'] as const) {
      const { client, server } = tlsPair(streams);
      await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
      const [early, late] = first === 'client' ? [client, server] : [server, client];
      late.on('end', () => late.end(MUCH)).resume();
      early.end('a question');
      assert.ok((await collect(early)).equals(MUCH));
    }
  },
);

onEachWaiter(
  unlessBunOrDeno,
  'stream:tls.3 a pipeline through TLS moves 8 MB with back-pressure, and ends cleanly',
  async (streams) => {
    const { client, server } = tlsPair(streams, { allowHalfOpen: true });
    const outcome = new Promise<unknown>((done) =>
      pipeline(server, new PassThrough({ highWaterMark: 1000 }), server, done),
    );
    client.end(MUCH);
    assert.ok((await collect(client)).equals(MUCH));
    assert.is(await outcome, undefined);
  },
);

onEachWaiter(
  unlessBunOrDeno,
  'stream:tls.4 a TLS socket that is destroyed closes the stream below',
  async (streams) => {
    const { client, server, below } = tlsPair(streams);
    await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
    const closed = Promise.all(below.map((stream) => closeOf(stream)));
    server.on('error', () => undefined).resume();
    client.on('error', () => undefined).destroy();
    await closed;
    assert.equal(
      below.map(({ destroyed }) => destroyed),
      [true, true],
    );
  },
);

onEachWaiter(test, 'stream:tls.5 without a TLS layer above, the end of reading still ends writing', async (streams) => {
  const { stream, peer } = streams.withPeer();
  stream.resume();
  sys.shutdown(peer, 'write');
  assert.is(await closeOf(stream), false);
  assert.equal([stream.writableFinished, sys.read(peer, Buffer.alloc(1))], [true, 0]);
});
