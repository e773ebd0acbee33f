import '../support/preloaded.js';
import { ONESHOT, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Call, type Errno } from '../support/faults.js';
import { kernelTable } from '../support/kernel.js';
import { openDescriptors, threadCount, untilThreads } from '../support/process.js';
import { Log, onBothWaiters, pair, receive, send, settle } from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite("faults: the host's event loop", { sanitized: ['epoll'] });

/** The calls that open a waiter. A call that a waiter does not make is left out. */
const FAULTS: ReadonlyArray<readonly [call: Call, errno: Errno]> = [
  ['eventfd', 'EMFILE'],
  ['eventfd', 'ENFILE'],
  ['epoll_ctl', 'ENOSPC'],
  ['pthread_create', 'EAGAIN'],
  ['malloc', 'ENOMEM'],
];

for (const [call, errno] of FAULTS) {
  onBothWaiters(
    test,
    `faults:host.1 ${call} fails with ${errno} at the first watch(): nothing stays open, and the next watch() succeeds`,
    async (scope, open) => {
      const [a] = pair(scope);
      const threads = threadCount();
      const first = open();
      const used = usesOf(call, () => first.watch(a, WRITABLE, () => {}));
      first.close();
      for (let nth = 1; nth <= used; nth++) {
        const reactor = open();
        const descriptors = openDescriptors();
        fail(call, errno, nth);
        const error = thrownBy(() => reactor.watch(a, WRITABLE, () => {}));
        clear();
        assert.is(error.code, errno);
        assert.equal([reactor.poller.size, reactor.poller.has(a), reactor.waiter], [0, false, undefined]);
        assert.equal(kernelTable(reactor.poller).has(a), false);
        assert.equal(openDescriptors(), descriptors);
        const log = new Log();
        reactor.watch(a, WRITABLE, log.handler('next')).interest = WRITABLE;
        await settle(scope, reactor);
        assert.is(log.lines[0], 'next WRITABLE');
        reactor.close();
      }
      await untilThreads(threads);
    },
  );
}

onBothWaiters(
  test,
  'faults:host.2 a registration that is refused at the first watch() starts no waiter',
  (scope, open) => {
    const [a] = pair(scope);
    const reactor = open();
    fail('epoll_ctl', 'ENOSPC');
    const error = thrownBy(() => reactor.watch(a, READABLE, () => {}));
    clear();
    assert.equal([error.code, reactor.waiter, reactor.poller.size], ['ENOSPC', undefined, 0]);
  },
);

onBothWaiters(
  test,
  'faults:host.3 interrupted reads, writes and waits are repeated, and no error is seen',
  async (scope, open) => {
    const [a, b] = pair(scope);
    const reactor = open();
    const log = new Log();
    fail('write', 'EINTR', 1, 3);
    fail('read', 'EINTR', 1, 3);
    fail('epoll_pwait2', 'EINTR', 1, 3);
    reactor.watch(b, READABLE, (_, watch) => {
      log.add('readable');
      watch.close();
    });
    sys.write(a, Buffer.from('x'));
    while (log.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
    clear();
    log.expect('readable');
  },
);

/** How many calls of that kind `act` makes. */
function usesOf(call: Call, act: () => void): number {
  clear();
  act();
  const count = calls(call);
  clear();
  return count;
}

onBothWaiters(
  test,
  'faults:host.20 where one read of a batch fails, its handler sees the error, and the others their bytes',
  async (scope, open) => {
    for (let nth = 1; nth <= 3; nth++) {
      const reactor = open();
      const log = new Log();
      for (let index = 0; index < 3; index++) {
        const [reader, writer] = sys.pipe();
        scope.own(reader);
        scope.own(writer);
        send(writer, `${index}`);
        reactor.watch(
          reader,
          READABLE | ONESHOT,
          (_, watch) => log.add(watch.received === 1 ? 'a byte' : `${watch.received} ${watch.receiveError?.code}`),
          { receive: 10 },
        );
      }
      clear();
      fail('read', 'EIO', nth);
      while (log.lines.length < 3) await settle(scope, reactor);
      clear();
      assert.equal(log.lines.sort(), [`${sys.FAILED} EIO`, 'a byte', 'a byte']);
      reactor.close();
    }
  },
);

onBothWaiters(
  test,
  'faults:host.21 a watch with receive that finds no memory registers nothing, and the next one receives',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    fail('calloc', 'ENOMEM');
    const error = thrownBy(() => reactor.watch(b, READABLE, () => {}, { receive: 10 }));
    clear();
    assert.equal([error.code, reactor.poller.size], ['ENOMEM', 0]);
    const log = new Log();
    reactor.watch(b, READABLE, (_, watch) => log.add(`${watch.received}`), { receive: 10 });
    send(a, 'abc');
    await settle(scope, reactor);
    log.expect('3');
  },
);

for (const [what, length] of [
  ['a large send', 20_000],
  ['a send that does not fit the copies', 8000],
] as const) {
  onBothWaiters(
    test,
    `faults:host.22 ${what} does not follow one of the same stream that has failed: the handler hears of it first`,
    async (scope, open) => {
      const [a, b] = pair(scope);
      const reactor = open();
      const log = new Log();
      const watch = reactor.watch(b, 0, (_, self) => log.add(`${self.sendError?.code}`));
      clear();
      fail('write', 'ENOBUFS', 1, 8);
      for (let count = 0; count < 8; count++) watch.send(Buffer.alloc(8000));
      watch.send(Buffer.alloc(length));
      watch.flush();
      clear();
      assert.equal([receive(a), watch.sendQueued], ['', 0]);
      await settle(scope, reactor);
      log.expect('ENOBUFS');
      watch.send(Buffer.from('next'));
      watch.flush();
      assert.is(receive(a), 'next');
    },
  );
}
