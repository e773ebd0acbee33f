import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Reactor, READABLE, type FdStream, type FdStreamOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { thrownBy } from '../support/expect.js';
import { descriptorsByKind } from '../support/kernel.js';
import { openDescriptors } from '../support/process.js';
import { runProgram } from '../support/program.js';
import { settle, uncaught } from '../support/reactor.js';
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
import { on } from '../support/runtime.js';

const test = suite('fd stream: lifecycle');

function isOpen(fd: number): boolean {
  return openDescriptors().includes(fd);
}

onEachWaiter(
  test,
  'stream:owner.1 destroying closes the descriptor at once; with ownsFd false it stays open',
  async (streams) => {
    const owner = streams.withPeer().stream;
    owner.destroy();
    assert.is(isOpen(owner.fd), false);
    const guest = streams.withPeer({ ownsFd: false });
    const fd = streams.scope.own(guest.stream.fd);
    const closed = closeOf(guest.stream);
    guest.stream.destroy();
    await closed;
    assert.is(sys.write(fd, Buffer.from('still mine')), 10);
  },
);

onEachWaiter(
  test,
  'stream:owner.2 a stream that has ended in both directions has closed its descriptor',
  async (streams) => {
    streams.pair().forEach((stream) => stream.destroy());
    const before = openDescriptors();
    const [a, b] = streams.pair();
    const closed = Promise.all([closeOf(a), closeOf(b)]);
    a.end('x');
    b.end('y');
    a.resume();
    b.resume();
    assert.equal(await closed, [false, false]);
    assert.equal(openDescriptors(), before);
  },
);

onEachWaiter(
  test,
  'stream:owner.3 a stream whose descriptor was closed elsewhere fails, and does not close the file that has the number now',
  async (streams) => {
    // The kernel does not report that; the stream hears of it when it begins to wait.
    const { stream } = streams.withPeer({ readAhead: false });
    const failure = failureOf(stream);
    sys.close(stream.fd);
    stream.resume();
    assert.is((await failure)!.code, 'EBADF');
    const taken = streams.withPeer();
    const lost = failureOf(taken.stream);
    taken.stream.resume();
    await streams.settle();
    const fd = taken.stream.fd;
    sys.close(fd);
    const [a, b] = sys.socketPair().map((end) => streams.scope.own(end)) as [number, number];
    assert.ok(a === fd || b === fd);
    streams.reactor.watch(fd, READABLE, () => undefined);
    assert.is((await lost)!.code, 'EBADF');
    assert.is(isOpen(fd), true);
  },
);

/**
 * Gives the number of `stream` to another file, of `streams`, in one step; `hasGhost`: the former file stays open
 * elsewhere.
 */
function replace(streams: Streams, { fd }: FdStream, hasGhost: boolean): { peer: number } {
  if (hasGhost) streams.scope.own(sys.dup(fd));
  const [stranger, peer] = sys.socketPair().map((end) => streams.scope.own(end)) as [number, number];
  descriptors.dup2(stranger, fd);
  streams.scope.own(fd);
  return { peer };
}

const WAYS_TO_END: Readonly<Record<string, (stream: FdStream, reactor: Reactor) => void>> = {
  'destroy()': (stream) => stream.destroy(),
  'destroy(error)': (stream) => stream.destroy(new Error('enough')),
  'the end of its reactor': (_, reactor) => reactor.close(),
  'end()': (stream) => stream.end(),
  'resetAndDestroy()': (stream) => stream.resetAndDestroy(),
};

for (const [way, end] of Object.entries(WAYS_TO_END)) {
  onEachWaiter(
    test,
    `stream:owner.4 a number that was given to another file is neither closed nor shut down by ${way}`,
    async (streams) => {
      for (const isRead of [false, true]) {
        for (const hasGhost of [false, true]) {
          for (const isGiven of [false, true]) {
            const reactor = new Reactor({
              waiter: streams.waiter as 'uv',
              ...(isGiven ? { poller: streams.scope.poller() } : {}),
            });
            streams.scope.atEnd(() => reactor.close());
            const { stream } = streams.withPeer({ reactor });
            stream.on('error', () => undefined);
            if (isRead) {
              stream.resume();
              await settle(streams.scope, reactor);
            }
            const { peer } = replace(streams, stream, hasGhost);
            const closed = closeOf(stream);
            end(stream, reactor);
            await closed;
            assert.is(sys.write(peer, Buffer.from('open')), 4);
            assert.is(sys.read(stream.fd, Buffer.alloc(9)), 4);
            assert.is(sys.read(peer, Buffer.alloc(1)), sys.WOULD_BLOCK);
          }
        }
      }
    },
  );
}

onEachWaiter(
  test,
  'stream:owner.5 a stream whose descriptor was closed elsewhere is destroyed without an error of its own',
  async (streams) => {
    const { stream } = streams.withPeer();
    const events = eventsOf(stream, 'error', 'close');
    sys.close(stream.fd);
    const closed = closeOf(stream);
    stream.destroy();
    assert.is(await closed, false);
    assert.equal(events, ['close']);
  },
);

onEachWaiter(
  test,
  'stream:owner.6 closing the reactor closes the descriptors of its streams, also with a poller that was given or is closed',
  async (streams) => {
    for (const [isGiven, closed] of [
      [false, 'reactor'],
      [true, 'reactor'],
      [true, 'poller'],
    ] as const) {
      const poller = streams.scope.poller();
      const reactor = new Reactor({ waiter: streams.waiter as 'uv', ...(isGiven ? { poller } : {}) });
      streams.scope.atEnd(() => reactor.close());
      const { stream } = streams.withPeer({ reactor } satisfies FdStreamOptions);
      const failure = failureOf(stream);
      (closed === 'reactor' ? reactor : poller).close();
      assert.is(isOpen(stream.fd), false);
      assert.is((await failure)!.code, 'ERR_POLLER_CLOSED');
    }
  },
);

onEachWaiter(test, 'stream:nonblocking.1 a blocking descriptor is made non-blocking', (streams) => {
  const { peer } = streams.withPeer();
  sys.setNonBlocking(peer, false);
  streams.of(peer, { ownsFd: false });
  assert.is(sys.isNonBlocking(peer), true);
});

onEachWaiter(
  test,
  'stream:reactor.1 closing the reactor destroys its streams with ERR_POLLER_CLOSED',
  async (streams) => {
    const { stream } = streams.withPeer();
    const failure = failureOf(stream);
    const told = new Promise<NodeJS.ErrnoException>((done) =>
      stream.write(Buffer.alloc(1 << 22), (error) => done(error!)),
    );
    streams.reactor.close();
    assert.is(isOpen(stream.fd), false);
    assert.is((await failure)!.code, 'ERR_POLLER_CLOSED');
    assert.is(await told, await failure);
  },
);

onEachWaiter(
  test,
  'stream:signal.1 a signal destroys the stream with an AbortError, also one that was aborted before',
  async (streams) => {
    const controller = new AbortController();
    const { stream } = streams.withPeer({ signal: controller.signal });
    const failure = failureOf(stream);
    stream.resume();
    await streams.settle();
    controller.abort();
    const { name, code } = (await failure)!;
    assert.equal([name, code, isOpen(stream.fd)], ['AbortError', 'ABORT_ERR', false]);
    assert.is((await failureOf(streams.withPeer({ signal: AbortSignal.abort() }).stream))!.name, 'AbortError');
  },
);

onEachWaiter(
  test,
  "stream:timeout.1 'timeout' comes once when nothing is transferred, and again after the next transfer",
  async (streams) => {
    const { stream, peer } = streams.withPeer();
    let count = 0;
    const start = performance.now();
    assert.is(
      stream.setTimeout(40, () => count++),
      stream,
    );
    assert.is(stream.timeout, 40);
    stream.resume();
    // The timing wheel does not keep the process alive.
    const alive = setInterval(() => undefined, 1000);
    streams.scope.atEnd(() => clearInterval(alive));
    await once(stream, 'timeout');
    assert.ok(performance.now() - start >= 40);
    assert.equal([count, stream.destroyed], [1, false]);
    for (const act of [() => sys.write(peer, Buffer.from('x')), () => stream.write('x')]) {
      const again = performance.now();
      act();
      await once(stream, 'timeout');
      assert.ok(performance.now() - again >= 40, String(performance.now() - again));
    }
    assert.is(count, 1);
  },
);

onEachWaiter(
  test,
  'stream:timeout.2 a timeout of 0 removes the timeout and its listener, and invalid timeouts are refused',
  async (streams) => {
    const { stream } = streams.withPeer();
    const listener = (): void => undefined;
    stream.setTimeout(1, listener).setTimeout(0, listener);
    assert.equal([stream.listenerCount('timeout'), stream.timeout], [0, 0]);
    const events = eventsOf(stream, 'timeout');
    await new Promise((done) => setTimeout(done, 20));
    assert.equal(events, []);
    assert.is(thrownBy(() => stream.setTimeout(-1)).name, 'RangeError');
    assert.is(thrownBy(() => stream.setTimeout(NaN)).name, 'RangeError');
    assert.is(thrownBy(() => stream.setTimeout('1' as never)).name, 'TypeError');
  },
);

onEachWaiter(test, 'stream:throw.1 after a data listener has thrown the next data still comes', async (streams) => {
  const { stream, peer } = streams.withPeer({ readSize: 1 });
  const seen: string[] = [];
  stream.on('data', (chunk: Buffer) => {
    seen.push(String(chunk));
    if (seen.length === 1) throw new Error('a bug');
  });
  const ended = once(stream, 'end');
  const errors = await uncaught(1, () => {
    sys.write(peer, Buffer.from('abc'));
    sys.shutdown(peer, 'write');
  });
  assert.equal(
    errors.map((error) => (error as Error).message),
    ['a bug'],
  );
  await ended;
  assert.equal(seen, ['a', 'b', 'c']);
});

onEachWaiter(test, 'stream:context.1 listeners run in the async context of the constructor', async (streams) => {
  const storage = new AsyncLocalStorage<string>();
  const { stream, peer } = storage.run('mine', () => streams.withPeer());
  const seen = new Promise((done) => stream.on('data', () => done(storage.getStore())));
  sys.write(peer, Buffer.from('x'));
  assert.is(await seen, 'mine');
});

onEachWaiter(
  test,
  'stream:context.2 a callback runs in the async context of its write() or end(), however late, and drain and finish as for net.Socket',
  async (streams) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const log = (what: string) => (): unknown => seen.push(`${what} in ${storage.getStore()}`);
    const { stream, peer } = storage.run('constructor', () => streams.withPeer());
    stream.on('drain', log('drain')).on('finish', log('finish'));
    storage.run('first', () => stream.write(Buffer.alloc(1 << 22), log('first')));
    storage.run('second', () => stream.write('x', log('second')));
    storage.run('third', () => {
      stream.cork();
      stream.write('y', 'utf8', log('third'));
    });
    storage.run('fourth', () => stream.uncork());
    await readFrom(streams.reactor, peer, (1 << 22) + 2);
    await until(() => seen.length === 4);
    assert.equal(seen.splice(0).sort(), ['drain in first', 'first in first', 'second in second', 'third in third']);
    storage.run('at once', () => stream.write('z', log('at once')));
    await until(() => seen.length === 1);
    storage.run('late', () => stream.write(Buffer.alloc(1 << 22), log('late')));
    storage.run('end', () => stream.end(log('end')));
    assert.is((await readFrom(streams.reactor, peer)).length, (1 << 22) + 1);
    await until(() => seen.length === 4);
    assert.equal(seen.sort(), ['at once in at once', 'end in end', 'finish in late', 'late in late']);
  },
);

onEachWaiter(
  test,
  'stream:context.3 destroy() calls the callbacks of pending writes in their own async contexts',
  async (streams) => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { stream } = streams.withPeer();
    for (const name of ['first', 'second']) {
      storage.run(name, () =>
        stream.write(Buffer.alloc(1 << 22), (error) =>
          seen.push([storage.getStore(), (error as NodeJS.ErrnoException).code]),
        ),
      );
    }
    const closed = closeOf(stream);
    storage.run('destroyer', () => stream.destroy());
    await closed;
    assert.equal(seen, [
      ['first', 'ERR_STREAM_DESTROYED'],
      ['second', 'ERR_STREAM_DESTROYED'],
    ]);
  },
);

onEachWaiter(
  test.unless(on('deno', 'Deno opens descriptors of its own as it goes')),
  'stream:leak.1 a thousand streams leave no descriptor open',
  async (streams) => {
    const sockets = (): number => descriptorsByKind()['socket:[]'] ?? 0;
    streams.withPeer().stream.destroy();
    const before = sockets();
    for (let count = 0; count < 1000; count++) {
      const [a, b] = streams.pair();
      a.end(String(count));
      assert.is(String(await collect(b)), String(count));
      a.destroy();
      b.destroy();
    }
    assert.is(sockets(), before);
  },
);

onEachWaiter(
  test,
  "stream:end.5 data that an 'end' listener writes arrives, and a write in a 'close' listener fails",
  async (streams) => {
    const { stream, peer } = streams.withPeer({ allowHalfOpen: true });
    stream.on('end', () => stream.end('goodbye'));
    const told = new Promise<NodeJS.ErrnoException>((done) => {
      stream.on('error', () => undefined).on('close', () => stream.write('too late', (error) => done(error!)));
    });
    stream.resume();
    sys.shutdown(peer, 'write');
    assert.is(String(await readFrom(streams.reactor, peer)), 'goodbye');
    assert.is((await told).code, 'ERR_STREAM_WRITE_AFTER_END');
  },
);

onEachWaiter(
  test.unless(on('deno', 'deno -e takes no CommonJS')),
  'stream:ref.1 a stream that waits keeps the process alive; unref(), destroy() and a buffer that is full and that nobody reads do not',
  (streams) => {
    for (const [act, printed] of [
      ['unref', 'done\n'],
      ['destroy', 'done\n'],
      ['full', 'done\n'],
      ['wait', 'waited\ndone\n'],
    ] as const) {
      assert.equal(runProgram('stream-ref', streams.waiter, act), { stdout: printed, stderr: '' });
    }
  },
);

onEachWaiter(
  test,
  'stream:destroy.3 a stream that is destroyed in a data listener reads no more, also when its number is used again',
  async (streams) => {
    const { stream, peer } = streams.withPeer({ readSize: 4 });
    const seen: string[] = [];
    let stranger: number | undefined;
    stream.on('data', (chunk: Buffer) => {
      seen.push(String(chunk));
      stream.destroy();
      const [a, b] = sys.socketPair().map((fd) => streams.scope.own(fd)) as [number, number];
      stranger = a;
      sys.write(b, Buffer.from('not yours'));
    });
    const failure = failureOf(stream);
    sys.write(peer, Buffer.from('fourfour'));
    assert.is(await failure, undefined);
    assert.is(stranger, stream.fd);
    assert.equal([seen, sys.bytesReadable(stranger!)], [['four'], 9]);
  },
);
