import type { FdStream, FdStreamOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { lackOf } from '../support/facts.js';
import { openDescriptors } from '../support/process.js';
import { closeOf, collect, eventsOf, failureOf, onEachWaiter, until, type Streams } from '../support/streams.js';
import { suite } from '../support/suite.js';

const test = suite('fd stream: terminals');

/** More than a pty takes at once. */
const MUCH = Buffer.alloc(1 << 18);

/** A stream over the master of a raw pty, and the descriptor of its slave. */
function pty(streams: Streams, options: FdStreamOptions = {}): { stream: FdStream; slave: number } {
  const master = descriptors.ptyMaster();
  const slave = streams.scope.own(descriptors.ptySlave(master));
  return { stream: streams.of(master, options), slave };
}

/** Resolves with the outcome of a write that the kernel does not take as a whole. */
function told(stream: FdStream): Promise<Error | null | undefined> {
  return new Promise((done) => stream.write(MUCH, done));
}

for (const [title, options] of [
  ['nobody reads', {}],
  ['the stream does not read', { readable: false }],
] as const) {
  onEachWaiter(
    test.unless(lackOf('terminalHangup')),
    `stream:pty.4 a slave that is closed while a write waits, and ${title}: the write and the stream fail with EIO`,
    async (streams) => {
      const { stream, slave } = pty(streams, options);
      const failure = failureOf(stream);
      const outcome = told(stream);
      await streams.settle();
      assert.equal([stream.destroyed, stream.bytesWritten < MUCH.length], [false, true]);
      streams.scope.close(slave);
      await until(() => stream.destroyed);
      const { code, syscall, fd } = (await failure) as sys.SystemError;
      assert.equal([code, syscall, fd], ['EIO', 'write', stream.fd]);
      assert.is(await outcome, await failure);
      assert.is(openDescriptors().includes(stream.fd), false);
    },
  );
}

onEachWaiter(
  test.unless(lackOf('terminalHangup')),
  'stream:pty.5 a slow reader gets all data of a closed slave, then the end, then EIO for the pending write',
  async (streams) => {
    const { stream, slave } = pty(streams, { readSize: 100, highWaterMark: 100 });
    const events = eventsOf(stream, 'end', 'error', 'close');
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      stream.pause();
    });
    const outcome = told(stream);
    sys.write(slave, Buffer.alloc(2000));
    streams.scope.close(slave);
    await until(() => length > 0);
    await streams.settle();
    // The stream watches nothing while nobody reads.
    assert.equal([events, streams.reactor.poller.wait(0).length], [[], 0]);
    const closed = closeOf(stream);
    stream.on('pause', () => setImmediate(() => stream.resume())).resume();
    await until(() => stream.destroyed);
    assert.is(await closed, true);
    assert.equal([length, events], [2000, ['end', 'error', 'close']]);
    assert.is(((await outcome) as NodeJS.ErrnoException).code, 'EIO');
  },
);

onEachWaiter(
  test.unless(lackOf('terminalHangup')),
  'stream:pty.6 with allowHalfOpen a write after the end of a closed slave fails with EIO',
  async (streams) => {
    const { stream, slave } = pty(streams, { allowHalfOpen: true });
    const failure = failureOf(stream);
    stream.resume();
    streams.scope.close(slave);
    await until(() => stream.readableEnded);
    assert.is(stream.destroyed, false);
    const outcome = told(stream);
    await until(() => stream.destroyed);
    assert.is((await failure)!.code, 'EIO');
    assert.is(await outcome, await failure);
  },
);

onEachWaiter(
  test,
  'stream:pty.7 on a terminal with VMIN 0 a read of 0 bytes after data is not the end, and nothing spins',
  async (streams) => {
    const { stream: master, slave } = pty(streams);
    descriptors.terminalMode(slave, 0, 0);
    const line = streams.of(sys.dup(slave), { readSize: 4 });
    const seen: string[] = [];
    const events = eventsOf(line, 'end', 'error');
    line.on('data', (chunk: Buffer) => seen.push(String(chunk)));
    for (const text of ['abcd', 'efgh', 'ijkl']) {
      // The data fills one read, so that the next read returns 0 at once.
      master.write(text);
      await until(() => seen.includes(text));
      await streams.settle();
      assert.equal([streams.reactor.poller.wait(0).length, events], [0, []]);
    }
    assert.is(seen.join(), 'abcd,efgh,ijkl');
  },
);

onEachWaiter(test, 'stream:pty.8 a terminal in canonical mode ends with the end-of-file character', async (streams) => {
  const { stream: master, slave } = pty(streams);
  descriptors.terminalMode(slave, 1, 0);
  const line = streams.of(sys.dup(slave), { readSize: 6 });
  const all = collect(line);
  // The data fills one read, so that the next read returns 0 at once.
  master.write('line.\n\x04');
  assert.is(String(await all), 'line.\n');
});
