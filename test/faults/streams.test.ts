import '../support/preloaded.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connect, listen, Reactor, type Listener } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Errno } from '../support/faults.js';
import { openDescriptors } from '../support/process.js';
import { applied, WAITERS, rejection, uncaught } from '../support/reactor.js';
import { scoped } from '../support/scope.js';
import { collect, failureOf, Streams, until } from '../support/streams.js';
import { suite } from '../support/suite.js';
import { moduleOfPackage } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('faults of streams and connections', { sanitized: ['epoll'] });

/** The faults of a descriptor that a stream has. */
const ofStreams = test.unless(
  on(['bun', 'deno'], 'a thread waits here, and the calls that are to fail may be its own'),
);

const STORM = 50;

const { sysBinding } = require(moduleOfPackage('addon/binding.js')) as {
  sysBinding(): { setNonBlocking(fd: number, on: boolean): void };
};

/** A test on the waiter `uv`, which makes no system calls in a thread: those would be counted too. */
function faulty(title: string, body: (streams: Streams) => void | Promise<void>, register = test): void {
  register(
    title,
    scoped((scope) => {
      const reactor = new Reactor({ waiter: WAITERS[0]! });
      scope.atEnd(() => {
        clear();
        reactor.close();
      });
      return body(new Streams(scope, reactor));
    }),
  );
}

function faultyStream(title: string, body: (streams: Streams) => void | Promise<void>): void {
  faulty(title, body, ofStreams);
}

for (const errno of ['EIO', 'ECONNRESET', 'ENODEV'] satisfies Errno[]) {
  faultyStream(
    `faults:stream.1 read fails with ${errno}: the stream is destroyed with it, and closed`,
    async (streams) => {
      const { stream, peer } = streams.withPeer();
      clear();
      fail('read', errno);
      sys.write(peer, Buffer.from('x'));
      const failure = failureOf(stream);
      stream.resume();
      const { code, syscall, fd } = (await failure) as sys.SystemError;
      assert.equal([code, syscall, fd], [errno, 'read', stream.fd]);
      assert.is(openDescriptors().includes(stream.fd), false);
    },
  );
}

for (const errno of ['EPIPE', 'ENOSPC', 'ENOBUFS'] satisfies Errno[]) {
  faultyStream(
    `faults:stream.2 write fails with ${errno}: the callback and the stream get the error`,
    async (streams) => {
      const { stream } = streams.withPeer();
      clear();
      fail('write', errno);
      const failure = failureOf(stream);
      const told = new Promise<unknown>((done) => stream.write('x', done));
      const { code, syscall, fd } = (await failure) as sys.SystemError;
      assert.equal([code, syscall, fd], [errno, 'write', stream.fd]);
      assert.is(await told, await failure);
    },
  );
}

for (const errno of ['ENOBUFS', 'ENOMEM'] satisfies Errno[]) {
  faultyStream(
    `faults:stream.8 write of a message fails with ${errno}: the stream retries after a pause, does not spin, and loses nothing`,
    async (streams) => {
      const [fd, peer] = sys.socketPair('dgram');
      streams.scope.own(peer);
      const stream = streams.of(fd);
      // This watch keeps the timing wheel of the reactor running.
      const alive = setInterval(() => undefined, 1000);
      streams.scope.atEnd(() => clearInterval(alive));
      clear();
      fail('write', errno, 2, 3);
      stream.cork();
      for (const text of ['one', 'two', 'three']) stream.write(text);
      stream.uncork();
      await streams.settle();
      // The stream has not retried in the turns of the loop since then.
      assert.ok(calls('write') <= 3, String(calls('write')));
      assert.equal([stream.destroyed, stream.bytesWritten, stream.writableLength], [false, 3, 11]);
      await until(() => stream.writableLength === 0);
      assert.equal([calls('write'), stream.bytesWritten], [6, 11]);
      const read = (): string => {
        const buffer = Buffer.alloc(64);
        return buffer.toString('utf8', 0, sys.read(peer, buffer));
      };
      assert.equal([read(), read(), read()], ['one', 'two', 'three']);
      clear();
      fail('write', errno, 1, 1000);
      const told = new Promise<unknown>((done) => stream.write('never', done));
      stream.destroy();
      assert.is(((await told) as sys.SystemError).code, 'ERR_STREAM_DESTROYED');
      assert.equal([streams.reactor.poller.size, openDescriptors().includes(fd)], [0, false]);
    },
  );
}

faultyStream('faults:stream.3 interrupted calls and spurious events do not change what arrives', async (streams) => {
  const [a, b] = streams.pair();
  clear();
  fail('read', 'EINTR', 1, STORM);
  fail('read', 'EAGAIN', STORM + 1, 3);
  fail('write', 'EINTR', 1, STORM);
  fail('write', 'EAGAIN', STORM + 1, 3);
  a.end('at last');
  assert.is(String(await collect(b)), 'at last');
  assert.ok(calls('write') >= STORM + 4 && calls('read') >= STORM + 4);
});

faultyStream('faults:stream.4 EIO from a terminal that has not hung up is an error, not the end', async (streams) => {
  const master = streams.scope.own(descriptors.ptyMaster());
  const stream = streams.of(descriptors.ptySlave(master));
  clear();
  fail('read', 'EIO');
  sys.write(master, Buffer.from('x'));
  const failure = failureOf(stream);
  stream.resume();
  await until(() => stream.destroyed);
  assert.is((await failure)!.code, 'EIO');
});

faultyStream(
  'faults:stream.5 the constructor throws when the kernel refuses the registration, and the descriptor stays open',
  (streams) => {
    const [a] = sys.socketPair().map((fd) => streams.scope.own(fd)) as [number];
    // The first watch makes the reactor register its own descriptors.
    streams.reactor.watch(streams.scope.own(sys.socketPair()[0]), 0, () => undefined);
    for (const errno of ['ENOSPC', 'ENOMEM'] as const) {
      clear();
      fail('epoll_ctl', errno);
      assert.is(thrownBy(() => streams.of(a)).code, errno);
      assert.is(openDescriptors().includes(a), true);
    }
    clear();
    streams.of(a, { ownsFd: false });
  },
);

faultyStream(
  'faults:stream.6 a change of interest that the kernel refuses destroys the stream with the error, and closes it',
  async (streams) => {
    const { stream } = streams.withPeer({ readAhead: false });
    clear();
    fail('epoll_ctl', 'ENOMEM');
    const failure = failureOf(stream);
    stream.resume();
    assert.is((await failure)!.code, 'ENOMEM');
    assert.is(openDescriptors().includes(stream.fd), false);
  },
);

faultyStream(
  'faults:stream.7 the constructor throws for a descriptor that cannot be made non-blocking, and watches nothing',
  (streams) => {
    const [fd] = sys.socketPair().map((end) => streams.scope.own(end)) as [number];
    const functions = sysBinding();
    const { setNonBlocking } = functions;
    functions.setNonBlocking = () => {
      throw new Error('not now');
    };
    try {
      assert.is(thrownBy(() => streams.of(fd)).message, 'not now');
    } finally {
      functions.setNonBlocking = setNonBlocking;
    }
    assert.is(streams.reactor.poller.has(fd), false);
    streams.of(fd, { ownsFd: false });
  },
);

/** A listener that closes each connection, and a count of them. No call has failed or been counted yet. */
function counting(streams: Streams): { listener: Listener; accepted: () => number } {
  let accepted = 0;
  const listener = listen({ host: '127.0.0.1', port: 0, reactor: streams.reactor }, (fd) => {
    sys.close(fd);
    accepted++;
  });
  streams.scope.atEnd(() => listener.close());
  clear();
  return { listener, accepted: () => accepted };
}

for (const errno of ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'] satisfies Errno[]) {
  faulty(`faults:listen.1 accept4 fails with ${errno}: the listener retries, and does not spin`, async (streams) => {
    const { listener, accepted } = counting(streams);
    fail('accept4', errno, 1, 2);
    sys.connect(streams.scope.own(sys.socket('ipv4')), listener.address);
    await until(() => accepted() === 1);
    assert.is(calls('accept4'), 4);
    // Nothing is left to retry: a timeout longer than the pause passes without re-arming.
    const alive = setInterval(() => undefined, 1000);
    streams.scope.atEnd(() => clearInterval(alive));
    const later = streams.reactor.watch(streams.scope.own(sys.socketPair()[0]), 0, () => undefined);
    const changes = calls('epoll_ctl');
    await new Promise<void>((done) => later.setIdleTimeout(250, () => done()));
    assert.equal([calls('accept4'), calls('epoll_ctl')], [4, changes]);
  });
}

faulty(
  'faults:listen.5 accept4 and accept fail with EPERM: the listener skips that connection and takes the next one at once',
  async (streams) => {
    const { listener, accepted } = counting(streams);
    fail('accept4', 'EPERM', 1, 3);
    fail('accept', 'EPERM', 1, 3);
    sys.connect(streams.scope.own(sys.socket('ipv4')), listener.address);
    await until(() => accepted() === 1);
    // The listener has not paused, so nothing was re-armed.
    assert.equal([calls('accept4'), calls('epoll_ctl'), listener.closed], [5, 0, false]);
    // While accept always fails the listener does not spin, and retries after a pause.
    clear();
    fail('accept4', 'EPERM', 1, 17);
    fail('accept', 'EPERM', 1, 17);
    sys.connect(streams.scope.own(sys.socket('ipv4')), listener.address);
    await until(() => calls('accept4') === 17);
    await streams.settle();
    assert.equal([calls('accept4'), accepted()], [17, 1]);
    await until(() => accepted() === 2);
    assert.equal([calls('accept4'), listener.closed], [19, false]);
  },
);

faulty(
  'faults:listen.6 while accept fails for every connection the listener retries after a pause, and does not spin',
  async (streams) => {
    const { listener, accepted } = counting(streams);
    fail('accept4', 'ECONNABORTED', 1, 4096);
    sys.connect(streams.scope.own(sys.socket('ipv4')), listener.address);
    await until(() => accepted() === 1);
    assert.equal([calls('accept4'), listener.closed], [4098, false]);
  },
);

faulty('faults:listen.2 a step of listen() that fails leaves nothing open', (streams) => {
  streams.reactor.watch(streams.scope.own(sys.socketPair()[0]), 0, () => undefined);
  const before = openDescriptors();
  for (const [call, errno] of [
    ['socket', 'EMFILE'],
    ['epoll_ctl', 'ENOSPC'],
  ] as const) {
    clear();
    fail(call, errno);
    assert.is(thrownBy(() => listen({ port: 0, reactor: streams.reactor }, () => undefined)).code, errno);
    assert.equal(openDescriptors(), before);
  }
  clear();
  fail('socket', 'EAFNOSUPPORT');
  const listener = listen({ port: 0, reactor: streams.reactor }, () => undefined);
  assert.is(listener.address.host, '0.0.0.0');
  listener.close();
});

for (const [errno, isOpen] of [
  ['EINVAL', false],
  ['EBADF', true],
] satisfies [Errno, boolean][]) {
  faulty(
    `faults:listen.3 accept4 fails with ${errno}, which does not pass: the listener removes its path, and closes no descriptor that is not its own`,
    async (streams) => {
      const path = join(streams.scope.directory(), 'socket');
      const listener = listen({ path, reactor: streams.reactor }, (fd) => sys.close(fd));
      clear();
      fail('accept4', errno);
      const errors = await uncaught(1, () => sys.connect(streams.scope.own(sys.socket('unix')), { path }));
      assert.equal(
        errors.map((error) => (error as sys.SystemError).code),
        [errno],
      );
      assert.equal([listener.closed, existsSync(path), openDescriptors().includes(listener.fd)], [true, false, isOpen]);
      if (isOpen) sys.close(listener.fd);
    },
  );
}

faulty(
  'faults:listen.4 a change of interest that the kernel refuses makes the listener close its descriptor',
  async (streams) => {
    const listener = listen({ host: '127.0.0.1', port: 0, reactor: streams.reactor }, (fd) => {
      sys.close(fd);
      throw new Error('a bug');
    });
    clear();
    fail('epoll_ctl', 'ENOMEM');
    await uncaught(1, () => sys.connect(streams.scope.own(sys.socket('ipv4')), listener.address));
    await applied();
    assert.equal([listener.closed, openDescriptors().includes(listener.fd)], [true, false]);
  },
);

faulty(
  'faults:connect.2 connect() rejects with the error of the system call, and nothing stays open',
  async (streams) => {
    const { reactor } = streams;
    reactor.watch(streams.scope.own(sys.socketPair()[0]), 0, () => undefined);
    const listener = listen({ host: '127.0.0.1', port: 0, reactor }, (fd) => sys.close(fd));
    streams.scope.atEnd(() => listener.close());
    const { host, port } = listener.address;
    const before = openDescriptors();
    for (const [call, errno] of [
      ['connect', 'ENETUNREACH'],
      ['connect', 'EADDRNOTAVAIL'],
      ['socket', 'EMFILE'],
      ['epoll_ctl', 'ENOSPC'],
    ] as const) {
      clear();
      fail(call, errno);
      assert.is((await rejection(connect({ host, port, reactor }))).code, errno);
      assert.equal(openDescriptors(), before);
    }
    clear();
    assert.is((await rejection(connect({ host, port, reactor, signal: AbortSignal.abort() }))).code, 'ABORT_ERR');
    assert.equal([calls('socket'), calls('connect')], [0, 0]);
  },
);
