import { EDGE, LEVEL, ONESHOT, READABLE, READ_CLOSED, Reactor, WRITABLE, type Watch, type WatchOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { bitNames, expectRefusal } from '../support/expect.js';
import { applied, Log, onBothWaiters, pair, send, settle, uncaught, withoutMemory } from '../support/reactor.js';
import type { Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: receive', { sanitized: ['epoll'] });

const textOf = (watch: Watch): string => Buffer.from(watch.buffer).toString('latin1');

/** What the handler of `watch` sees: the bytes, or what was received instead. */
function seen({ received, receiveError, buffer }: Watch): string {
  if (received > 0) return Buffer.from(buffer).toString('latin1');
  if (received === sys.FAILED) return receiveError!.code;
  return received === sys.WOULD_BLOCK ? 'nothing' : 'end';
}

/** So many pairs, and a batch that has an event of each, in this order. */
function pairs(scope: Scope, count: number): Array<[a: number, b: number]> {
  return Array.from({ length: count }, () => pair(scope));
}

onBothWaiters(
  test,
  'reactor:receive.1 a handler finds what was read before it, and outside of it there is nothing',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const log = new Log();
    const watch = reactor.watch(
      b,
      READABLE,
      (readiness, self) => {
        assert.is(self.buffer, self.buffer);
        assert.is(self.buffer.constructor, Uint8Array);
        log.add(`${bitNames(readiness)} ${self.received} ${textOf(self)}`);
      },
      { receive: 4 },
    );
    const expectNothing = (): void => {
      assert.equal(
        [watch.received, watch.receiveError, watch.buffer.length, watch.sendQueued],
        [sys.WOULD_BLOCK, undefined, 0, 0],
      );
    };
    expectNothing();
    send(a, 'abcdefghij');
    await settle(scope, reactor);
    await settle(scope, reactor);
    log.expect('READABLE 4 abcd', 'READABLE 4 efgh', 'READABLE 2 ij');
    expectNothing();
    watch.close();
    expectNothing();
  },
);

onBothWaiters(
  test,
  'reactor:receive.2 the end is 0 after the last bytes, a reset is FAILED with its error, once',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = pair(scope);
    const [c, d] = scope.open.tcp();
    const receive = (fd: number): Watch =>
      reactor.watch(
        fd,
        READABLE,
        (readiness, self) => {
          log.add(`${seen(self)}${(readiness & READ_CLOSED) !== 0 ? ' closed' : ''}`);
          if (self.received <= 0) self.close();
        },
        { receive: 100 },
      );
    receive(b);
    send(a, 'last');
    sys.shutdown(a, 'write');
    await settle(scope, reactor);
    await settle(scope, reactor);
    log.expect('last closed', 'end closed');
    receive(d);
    sys.setOption(c, 'linger', 0);
    scope.close(c);
    while (!log.lines.length) await settle(scope, reactor);
    log.expect('ECONNRESET closed');
    assert.is(sys.takeError(d), 0);
  },
);

onBothWaiters(
  test,
  'reactor:receive.3 an event without READABLE reads nothing, and nothing that was not asked for is read',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const log = new Log();
    const watch = reactor.watch(
      b,
      WRITABLE | ONESHOT,
      (readiness, self) => log.add(`${bitNames(readiness)} ${seen(self)}`),
      { receive: 100 },
    );
    send(a, 'x');
    await settle(scope, reactor);
    log.expect('WRITABLE nothing');
    watch.interest = READABLE | WRITABLE | ONESHOT;
    await applied();
    await settle(scope, reactor);
    log.expect('READABLE|WRITABLE x');
  },
);

onBothWaiters(
  test,
  'reactor:receive.4 edge receives once per edge, rearm() brings what is left, oneshot receives once',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [[a, b], [c, d]] = [pair(scope), pair(scope)];
    reactor.watch(
      b,
      READABLE | EDGE,
      (_, self) => {
        log.add(`edge ${seen(self)}`);
        if (self.received === 2) self.rearm();
      },
      { receive: 2 },
    );
    const oneshot = reactor.watch(d, READABLE | ONESHOT, (_, self) => log.add(`oneshot ${seen(self)}`), { receive: 2 });
    send(a, 'abcde');
    await settle(scope, reactor);
    await applied();
    await settle(scope, reactor);
    await applied();
    await settle(scope, reactor);
    log.expect('edge ab', 'edge cd', 'edge e');
    send(c, 'abcd');
    await settle(scope, reactor);
    log.expect('oneshot ab');
    oneshot.rearm();
    await applied();
    await settle(scope, reactor);
    log.expect('oneshot cd');
  },
);

onBothWaiters(test, 'reactor:receive.5 each message is received by itself, an empty one is 0', async (scope, open) => {
  const reactor = open();
  const log = new Log();
  const [a, b] = sys.socketPair('dgram');
  scope.own(a);
  scope.own(b);
  reactor.watch(b, READABLE, (_, self) => log.add(seen(self)), { receive: 3 });
  for (const text of ['one', '', 'longer', 'x']) send(a, text);
  for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
  log.expect('one', 'end', 'lon', 'x');
});

onBothWaiters(
  test,
  'reactor:receive.6 a batch with more to read than the slab holds loses nothing and keeps its order',
  async (scope, open) => {
    const reactor = open();
    const order: number[] = [];
    const all = pairs(scope, 300);
    // Both more reads than fit one crossing, and more bytes than the slab has at first.
    all.forEach(([, b], index) => {
      const handler = (_: number, self: Watch): void => {
        if (index % 3 !== 0) assert.is(textOf(self), `${index}`);
        else assert.is(sys.read(b, Buffer.alloc(10)), `${index}`.length);
        order.push(index);
      };
      reactor.watch(b, READABLE, handler, index % 3 === 0 ? {} : { receive: index % 50 === 1 ? 5_000_000 : 20_000 });
    });
    for (let round = 0; round < 3; round++) {
      all.forEach(([a], index) => send(a, `${index}`));
      await settle(scope, reactor);
      await settle(scope, reactor);
      assert.equal(
        order.splice(0).sort((a, b) => a - b),
        [...all.keys()],
      );
    }
  },
);

/** Watches of `modes` whose bytes are in one batch; the handler of the first does `act` to the second. */
async function interfere(
  scope: Scope,
  open: () => Reactor,
  mode: number,
  act: (second: Watch, reactor: Reactor, log: Log) => void,
): Promise<{ log: Log; second: Watch; peer: number; reactor: Reactor }> {
  const reactor = open();
  const log = new Log();
  const [[a, b], [c, d]] = [pair(scope), pair(scope)];
  let second: Watch | undefined;
  const handler = (name: string, other: () => Watch) => (_: number, self: Watch) => {
    log.add(`${name} ${seen(self)}`);
    if (second === undefined) {
      second = other();
      act(second, reactor, log);
    }
  };
  const watches: Watch[] = [];
  const options: WatchOptions = { receive: 3 };
  watches.push(
    reactor.watch(
      b,
      READABLE | mode,
      handler('first', () => watches[1]!),
      options,
    ),
  );
  watches.push(
    reactor.watch(
      d,
      READABLE | mode,
      handler('second', () => watches[0]!),
      options,
    ),
  );
  send(a, 'abcd');
  send(c, 'abcd');
  while (second === undefined) await settle(scope, reactor);
  return { log, second, peer: second === watches[1] ? c : a, reactor };
}

for (const [name, mode] of [
  ['level', LEVEL],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
  ['edge and oneshot', EDGE | ONESHOT],
] as const) {
  onBothWaiters(
    test,
    `reactor:receive.7 ${name}: bytes of a watch that an earlier handler pauses come first when it is resumed`,
    async (scope, open) => {
      const { log, second, peer, reactor } = await interfere(scope, open, mode, (other) => (other.interest = 0));
      for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
      const paused = log.lines.splice(0);
      assert.ok(
        paused.every((line, index) => line.startsWith(paused[0]!.split(' ')[0]!) && (index > 0 || /abc$/.test(line))),
      );
      send(peer, 'efg');
      second.interest = READABLE | mode;
      for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
      // One event for a oneshot interest, and two for an edge: what was kept, and what came with the re-arm.
      const texts = log.lines.map((line) => line.split(' ')[1]);
      assert.equal(texts, mode === LEVEL ? ['abc', 'def', 'g'] : mode === EDGE ? ['abc', 'def'] : ['abc']);
      log.lines.length = 0;
      second.rearm();
      for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
      assert.equal(
        log.lines.map((line) => line.split(' ')[1]),
        mode === LEVEL ? [] : mode === EDGE ? ['g'] : ['def'],
      );
    },
  );
}

onBothWaiters(
  test,
  'reactor:receive.8 a watch that is paused and resumed before its turn gets its bytes in its turn',
  async (scope, open) => {
    const { log, reactor } = await interfere(scope, open, LEVEL, (other) => {
      other.interest = 0;
      other.interest = READABLE;
    });
    for (let turn = 0; turn < 2; turn++) await settle(scope, reactor);
    assert.equal(log.lines.map((line) => line.split(' ')[1]).sort(), ['abc', 'abc', 'd', 'd']);
  },
);

onBothWaiters(
  test,
  'reactor:receive.9 a watch that keeps WRITABLE gets that event, and its bytes when it asks for READABLE',
  async (scope, open) => {
    const { log, second, reactor } = await interfere(scope, open, LEVEL, (other) => (other.interest = WRITABLE));
    await settle(scope, reactor);
    second.interest = 0;
    await settle(scope, reactor);
    log.lines.length = 0;
    second.interest = READABLE;
    for (let turn = 0; turn < 3; turn++) await settle(scope, reactor);
    assert.equal(
      log.lines.map((line) => line.split(' ')[1]),
      ['abc', 'd'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:receive.10 a watch that an earlier handler closes is not called, and its number can be watched anew',
  async (scope, open) => {
    const { log, second, reactor } = await interfere(scope, open, LEVEL, (other, self, lines) => {
      other.close();
      self.watch(other.fd, READABLE, (_, watch) => lines.add(`new ${seen(watch)}`), { receive: 10 });
    });
    for (let turn = 0; turn < 2; turn++) await settle(scope, reactor);
    assert.is(second.closed, true);
    const lines = log.lines.map((line) => line.split(' '));
    assert.equal(
      lines.filter(([name]) => name === 'new'),
      [['new', 'd']],
    );
    assert.equal(
      lines.filter(([name]) => name !== 'new').map(([, text]) => text),
      ['abc', 'd'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:receive.11 a number that an earlier handler closes and uses again gets none of the old bytes',
  async (scope, open) => {
    const { log, reactor } = await interfere(scope, open, LEVEL, (other, self, lines) => {
      other.close();
      scope.close(other.fd);
      const [fd, peer] = pair(scope);
      assert.ok(fd === other.fd || peer === other.fd);
      self.watch(other.fd, READABLE, (_, watch) => lines.add(`new ${seen(watch)}`), { receive: 10 });
      send(fd === other.fd ? peer : fd, 'fresh');
    });
    for (let turn = 0; turn < 2; turn++) await settle(scope, reactor);
    const lines = log.lines.map((line) => line.split(' '));
    assert.equal(
      lines.filter(([name]) => name === 'new'),
      [['new', 'fresh']],
    );
    assert.equal(
      lines.filter(([name]) => name !== 'new').map(([, text]) => text),
      ['abc', 'd'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:receive.12 a handler that throws, closes the reactor or runs it does no harm to the bytes of others',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const all = pairs(scope, 3);
    for (const [, b] of all) {
      const handler = (_: number, self: Watch): void => {
        log.add(seen(self));
        assert.is(
          (() => {
            try {
              reactor.run();
              return '';
            } catch (error) {
              return (error as { code: string }).code;
            }
          })(),
          'ERR_REACTOR_BUSY',
        );
        if (log.lines.length === 2) reactor.close();
        throw new Error(seen(self));
      };
      reactor.watch(b, READABLE, handler, { receive: 10 });
    }
    const errors = await uncaught(2, () => all.forEach(([a]) => send(a, 'bytes')));
    assert.equal(
      errors.map((error) => (error as Error).message),
      ['bytes', 'bytes'],
    );
    await new Promise((resolve) => setImmediate(resolve));
    log.expect('bytes', 'bytes');
  },
);

test('reactor:receive.13 run() receives, and delivers bytes that were kept before it waits', () => {
  const [a, b] = sys.socketPair();
  const [c, d] = sys.socketPair();
  const reactor = new Reactor();
  try {
    const log = new Log();
    const watches: Watch[] = [];
    const handler = (_: number, self: Watch): void => {
      log.add(seen(self));
      const other = watches.find((watch) => watch !== self)!;
      if (log.lines.length === 1) {
        other.interest = 0;
        reactor.after(1, () => (other.interest = READABLE | ONESHOT));
      } else {
        reactor.stop();
      }
    };
    for (const fd of [b, d]) watches.push(reactor.watch(fd, READABLE | ONESHOT, handler, { receive: 10 }));
    send(a, 'one');
    send(c, 'two');
    reactor.run();
    assert.equal(log.lines.sort(), ['one', 'two']);
  } finally {
    reactor.close();
    for (const fd of [a, b, c, d]) sys.close(fd);
  }
});

test('reactor:receive.14 bad options are refused, and the descriptor is not watched', () => {
  const [a, b] = sys.socketPair();
  const reactor = new Reactor();
  try {
    const watchWith = (options: unknown) => () => reactor.watch(a, READABLE, () => {}, options as WatchOptions);
    for (const receive of ['1', null, {}]) expectRefusal(watchWith({ receive }), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const receive of [0, -1, 1.5, NaN, 2 ** 24 + 1]) {
      expectRefusal(watchWith({ receive }), RangeError, 'ERR_OUT_OF_RANGE');
    }
    expectRefusal(watchWith({ recieve: 1 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(watchWith({ onDrain: 1 }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(watchWith(1), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.is(reactor.poller.size, 0);
    assert.is(reactor.watch(a, READABLE, () => {}, { receive: undefined }).received, sys.WOULD_BLOCK);
  } finally {
    reactor.close();
    sys.close(a);
    sys.close(b);
  }
});

for (const [name, mode] of [
  ['level', LEVEL],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
] as const) {
  onBothWaiters(
    test,
    `reactor:receive.15 ${name}: a paused watch that an earlier handler of the batch resumes gets its bytes`,
    async (scope, open) => {
      const reactor = open();
      const log = new Log();
      const [[a, b], [c, d]] = [pair(scope), pair(scope)];
      const second = reactor.watch(d, READABLE | mode, (_, self) => log.add(seen(self)), { receive: 10 });
      reactor.watch(b, READABLE, (_, self) => {
        self.close();
        second.interest = READABLE | mode;
      });
      // After a turn with a batch, the change is applied when the next batch has been delivered.
      await settle(scope, reactor);
      second.interest = 0;
      send(a, 'x');
      send(c, 'bytes');
      await settle(scope, reactor);
      log.expect('bytes');
    },
  );
}

onBothWaiters(
  test,
  'reactor:receive.16 without memory a handler sees ENOMEM, and the bytes are there for the next event',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const ends = pairs(scope, 3);
    for (const [, b] of ends) {
      reactor.watch(b, READABLE | ONESHOT, (_, self) => log.add(seen(self)), { receive: 100_000 });
    }
    const restore = withoutMemory(90_000);
    scope.atEnd(restore);
    for (const [a] of ends) send(a, 'bytes');
    while (log.lines.length < 3) await settle(scope, reactor);
    log.expect('ENOMEM', 'ENOMEM', 'ENOMEM');
    restore();
    for (const watch of reactor.watches()) watch.rearm();
    while (log.lines.length < 3) await settle(scope, reactor);
    log.expect('bytes', 'bytes', 'bytes');
  },
);

onBothWaiters(
  test,
  'reactor:receive.17 where there is no memory to keep what was read, the handler sees ENOMEM when it is resumed',
  async (scope, open) => {
    let restore = (): void => {};
    const { log, second, reactor } = await interfere(scope, open, ONESHOT, (other) => {
      other.interest = 0;
      restore = withoutMemory(2);
      scope.atEnd(restore);
    });
    restore();
    log.lines.length = 0;
    second.interest = READABLE | ONESHOT;
    for (let turn = 0; turn < 2; turn++) await settle(scope, reactor);
    assert.match(log.lines.join(), /^(first|second) ENOMEM$/);
  },
);
