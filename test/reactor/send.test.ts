import { EDGE, ERROR, LEVEL, ONESHOT, READABLE, Reactor, type Watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { bitNames, expectRefusal } from '../support/expect.js';
import {
  applied,
  Log,
  onBothWaiters,
  pair,
  receive,
  send,
  settle,
  uncaught,
  withoutMemory,
} from '../support/reactor.js';
import { suite } from '../support/suite.js';

const test = suite('reactor: send', { sanitized: ['epoll'] });
const MODES = [
  ['level', LEVEL],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
] as const;

/** Bytes that tell where they are. */
function pattern(length: number, from = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = ((from + index) * 2654435761) >>> 24;
  return bytes;
}

/** All that can be read from `fd` now. */
function drain(fd: number): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(65536);
    const length = sys.read(fd, buffer);
    if (length <= 0) return Buffer.concat(parts);
    parts.push(buffer.subarray(0, length));
  }
}

onBothWaiters(
  test,
  'reactor:send.1 what handlers of a batch send goes out in the order of the calls, and the buffer may change at once',
  async (scope, open) => {
    const reactor = open();
    const scratch = Buffer.alloc(8);
    const ends = Array.from({ length: 3 }, () => pair(scope));
    const all: Watch[] = [];
    for (const [, b] of ends) {
      const handler = (_: number, self: Watch): void => {
        self.send(self.buffer);
        for (const other of all) {
          scratch.write('<-->');
          other.send(scratch, 1, 2);
          scratch.fill(0);
        }
        all[0]!.send(self.buffer, 1, 2);
        assert.is(self.sendQueued, 0);
      };
      all.push(reactor.watch(b, READABLE, handler, { receive: 10 }));
    }
    ends.forEach(([a], index) => send(a, `${index}abc`));
    await settle(scope, reactor);
    assert.equal(
      ends.map(([a]) => receive(a)),
      ['0abc--ab--ab--ab', '--1abc----', '----2abc--'],
    );
  },
);

onBothWaiters(
  test,
  'reactor:send.2 outside of handlers a send goes out in a microtask, and watches without receive send as well',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const watch = reactor.watch(b, READABLE, () => {});
    watch.send(Buffer.from('one '));
    watch.send(new DataView(Buffer.from('-two-').buffer, Buffer.from('-two-').byteOffset, 0));
    watch.send(Uint16Array.of(0x3232));
    assert.is(receive(a), '');
    await Promise.resolve()
      .then(() => {})
      .then(() => {});
    assert.is(receive(a), 'one 22');
    watch.send(Buffer.from('three'));
    watch.flush();
    assert.is(receive(a), 'three');
    watch.flush();
    watch.send(Buffer.from('last'));
    watch.close();
    assert.is(receive(a), 'last');
    watch.send(Buffer.from('lost'));
    watch.flush();
    await applied();
    assert.is(receive(a), '');
  },
);

for (const [name, mode] of MODES) {
  onBothWaiters(
    test,
    `reactor:send.3 ${name}: a slow reader gets every byte in order, and onDrain is called once none waits`,
    async (scope, open) => {
      const reactor = open();
      const log = new Log();
      const [a, b] = pair(scope);
      const watch = reactor.watch(b, READABLE | mode, (readiness, self) => {
        log.add(`${bitNames(readiness)} ${receive(b)}`);
        if (mode === ONESHOT) self.rearm();
      });
      let drains = 0;
      watch.onDrain = (self) => {
        drains++;
        assert.ok(self === watch && self.sendQueued === 0);
      };
      const expected: Buffer[] = [];
      let sent = 0;
      const give = (length: number): void => {
        const bytes = pattern(length, sent);
        watch.send(bytes);
        expected.push(Buffer.from(bytes));
        bytes.fill(0);
        sent += length;
      };
      while (watch.sendQueued === 0) give(3000);
      give(100_000);
      for (let index = 0; index < 2000; index++) give(100);
      assert.ok(watch.sendQueued > 300_000);
      // A watch whose bytes wait is still watched as its user asks.
      send(a, 'x');
      await settle(scope, reactor);
      await applied();
      send(a, 'y');
      await settle(scope, reactor);
      log.expect('READABLE x', 'READABLE y');
      assert.is(drains, 0);
      const parts: Buffer[] = [];
      let waiting = watch.sendQueued;
      while (watch.sendQueued > 0) {
        parts.push(drain(a));
        await settle(scope, reactor);
        assert.ok(watch.sendQueued <= waiting);
        waiting = watch.sendQueued;
      }
      assert.is(drains, 1);
      parts.push(drain(a));
      const got = Buffer.concat(parts);
      assert.ok(got.equals(Buffer.concat(expected)));
      log.expect();
      // Nothing more is reported for the writes, and reads go on.
      await applied();
      await settle(scope, reactor);
      send(a, 'z');
      await settle(scope, reactor);
      log.expect('READABLE z');
      assert.is(watch.interest, READABLE | mode);
    },
  );
}

onBothWaiters(
  test,
  'reactor:send.4 a paused watch and a oneshot that has fired send what waits, and hear nothing meanwhile',
  async (scope, open) => {
    for (const mode of [0, READABLE | ONESHOT]) {
      const reactor = open();
      const log = new Log();
      const [a, b] = pair(scope);
      const watch = reactor.watch(b, READABLE | ONESHOT, log.handler('event'));
      send(a, 'x');
      await settle(scope, reactor);
      log.expect('event READABLE');
      if (mode === 0) watch.interest = 0;
      while (watch.sendQueued === 0) watch.send(pattern(5000));
      let drained = false;
      watch.onDrain = () => (drained = true);
      await applied();
      await settle(scope, reactor);
      while (!drained) {
        drain(a);
        await settle(scope, reactor);
      }
      log.expect();
      await applied();
      await settle(scope, reactor);
      log.expect();
      watch.interest = READABLE | ONESHOT;
      await applied();
      await settle(scope, reactor);
      log.expect('event READABLE');
      reactor.close();
    }
  },
);

onBothWaiters(
  test,
  'reactor:send.5 the error of a send is an ERROR for the handler, also of a paused watch, and raises no SIGPIPE',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    for (const interest of [0, READABLE | ONESHOT, READABLE | EDGE]) {
      const [a, b] = pair(scope);
      const watch = reactor.watch(b, interest, (readiness, self) => {
        if ((readiness & ERROR) !== 0) log.add(`${self.sendError?.code} ${self.sendError?.syscall}`);
      });
      await settle(scope, reactor);
      while (watch.sendQueued === 0) watch.send(pattern(5000));
      scope.close(a);
      while (watch.sendQueued > 0) await applied().then(() => settle(scope, reactor));
      assert.equal(
        log.lines.filter((line) => line !== 'undefined undefined'),
        ['EPIPE write'],
      );
      log.lines.length = 0;
      assert.is(watch.sendQueued, 0);
      assert.is(watch.sendError, undefined);
      watch.send(Buffer.from('again'));
      watch.send(pattern(20_000));
      await applied();
      assert.equal(
        log.lines.filter((line) => line !== 'undefined undefined'),
        ['EPIPE write'],
      );
      watch.close();
      log.lines.length = 0;
    }
  },
);

onBothWaiters(
  test,
  'reactor:send.6 messages keep their boundaries while they wait, empty ones too; a refused one loses no other',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [a, b] = sys.socketPair('dgram');
    scope.own(a);
    scope.own(b);
    const watch = reactor.watch(b, 0, (readiness, self) => log.add(`${bitNames(readiness)} ${self.sendError?.code}`));
    const expected: number[] = [];
    const give = (length: number): void => {
      watch.send(Buffer.alloc(length, 1));
      expected.push(length);
    };
    while (watch.sendQueued === 0) give(9000);
    watch.send(Buffer.alloc(40_000_000));
    for (const length of [1, 0, 100, 0]) give(length);
    watch.onDrain = () => log.add('drained');
    const got: number[] = [];
    const buffer = Buffer.alloc(65536);
    while (got.length < expected.length) {
      const length = sys.read(a, buffer);
      if (length === sys.WOULD_BLOCK) await settle(scope, reactor);
      else got.push(length);
    }
    assert.equal(got, expected);
    await settle(scope, reactor);
    assert.equal(log.lines.sort(), ['ERROR EMSGSIZE', 'drained']);
  },
);

onBothWaiters(
  test,
  'reactor:send.7 close() offers what was sent in the turn, and drops what waits',
  async (scope, open) => {
    const reactor = open();
    const [[a, b], [c, d]] = [pair(scope), pair(scope)];
    reactor.watch(
      b,
      READABLE,
      (_, self) => {
        self.send(self.buffer);
        self.close();
        scope.close(b);
      },
      { receive: 10 },
    );
    send(a, 'reply');
    await settle(scope, reactor);
    assert.is(receive(a), 'reply');
    const watch = reactor.watch(d, 0, () => {});
    while (watch.sendQueued === 0) watch.send(pattern(5000));
    watch.close();
    assert.is(watch.sendQueued, 0);
    await applied();
    drain(c);
    await settle(scope, reactor);
    assert.is(drain(c).length, 0);
  },
);

onBothWaiters(
  test,
  'reactor:send.8 bytes for a number that was closed before its watch never reach the next file of that number',
  async (scope, open) => {
    const reactor = open({ onError: () => {} });
    const [a, b] = pair(scope);
    const old = reactor.watch(b, READABLE, () => {});
    old.send(Buffer.from('for the old'));
    scope.close(b);
    scope.close(a);
    const [c, d] = pair(scope);
    assert.ok(c === b || d === b || c === a || d === a);
    const fd = c === b ? c : d;
    const watch = reactor.watch(fd, READABLE, () => {});
    assert.is(old.closed, fd === b);
    watch.send(Buffer.from('for the new'));
    await applied();
    assert.is(receive(fd === c ? d : c), 'for the new');
  },
);

onBothWaiters(
  test,
  'reactor:send.9 an exception of onDrain is raised, and reactor.close() offers what was sent',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = pair(scope);
    const watch = reactor.watch(b, 0, () => {}, {
      onDrain: () => {
        throw new Error('of onDrain');
      },
    });
    while (watch.sendQueued === 0) watch.send(pattern(5000));
    const errors = await uncaught(1, () => drain(a));
    assert.is((errors[0] as Error).message, 'of onDrain');
    watch.send(Buffer.from('end'));
    drain(a);
    reactor.close();
    assert.is(receive(a), 'end');
    expectRefusal(() => (watch.onDrain = 1 as never), TypeError, 'ERR_INVALID_ARG_TYPE');
  },
);

test('reactor:send.10 run() sends what handlers and timers send, and what waits', () => {
  const reactor = new Reactor();
  const [a, b] = sys.socketPair();
  try {
    const watch = reactor.watch(b, 0, () => {});
    const parts: Buffer[] = [];
    reactor.after(0, () => {
      while (watch.sendQueued === 0) watch.send(pattern(5000));
      watch.onDrain = () => reactor.stop();
      watch.send(Buffer.from('tail'));
    });
    reactor.watch(a, READABLE, (_, self) => parts.push(Buffer.from(self.buffer)), { receive: 4096 });
    reactor.run();
    assert.is(watch.sendQueued, 0);
    parts.push(drain(a));
    assert.is(Buffer.concat(parts).subarray(-4).toString(), 'tail');
    const whole = pattern(5000);
    const got = Buffer.concat(parts);
    for (let at = 0; at + 4 < got.length; at += 5000) assert.ok(got.subarray(at, at + 5000).equals(whole));
  } finally {
    reactor.close();
    sys.close(a);
    sys.close(b);
  }
});

onBothWaiters(
  test,
  'reactor:send.11 an echo over TCP gives back every byte in order, however slowly the peer reads',
  async (scope, open) => {
    const reactor = open();
    const [a, b] = scope.open.tcp();
    const serve = (_: number, self: Watch): void => {
      if (self.received > 0) self.send(self.buffer);
      if (self.received === 0 && self.sendQueued === 0) self.close();
      else if (self.sendQueued > 100_000) self.interest = 0;
    };
    reactor.watch(b, READABLE, serve, { receive: 8192, onDrain: (self) => (self.interest = READABLE) });
    const whole = pattern(6_000_000);
    const got: Buffer[] = [];
    let [given, taken] = [0, 0];
    for (let round = 0; taken < whole.length; round++) {
      if (given < whole.length) given += Math.max(0, sys.write(a, whole, given));
      await settle(scope, reactor);
      if (round % 3 !== 0) continue;
      const part = drain(a);
      got.push(part);
      taken += part.length;
    }
    assert.ok(Buffer.concat(got).equals(whole));
  },
);

test('reactor:send.12 a bad buffer or range is refused as by write() of pollux/sys', () => {
  const reactor = new Reactor();
  const [a, b] = sys.socketPair();
  try {
    const watch = reactor.watch(b, 0, () => {});
    for (const bad of ['text', null, undefined, [1]]) {
      expectRefusal(() => watch.send(bad as never), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    for (const [offset, length] of [
      [-1, 1],
      [5, 0],
      [0, 5],
      [1.5, 1],
      [4, 1],
    ] as const) {
      expectRefusal(() => watch.send(Buffer.alloc(4), offset, length), RangeError, 'ERR_OUT_OF_RANGE');
    }
    watch.flush();
    assert.is(receive(a), '');
  } finally {
    reactor.close();
    sys.close(a);
    sys.close(b);
  }
});

onBothWaiters(
  test,
  'reactor:send.13 where there is no memory to keep what the kernel does not take, the handler sees ENOMEM once',
  async (scope, open) => {
    const reactor = open();
    const log = new Log();
    const [[a, b], [c, d]] = [pair(scope), pair(scope)];
    const first = reactor.watch(b, 0, (_, self) => log.add(`first ${self.sendError?.code}`));
    const second = reactor.watch(d, 0, (_, self) => log.add(`second ${self.sendError?.code}`));
    while (sys.write(b, pattern(5000)) > 0);
    second.send(Buffer.from('zero '));
    second.flush();
    const restore = withoutMemory(0);
    scope.atEnd(restore);
    first.send(Buffer.from('lost'));
    second.send(Buffer.from('one '));
    first.send(Buffer.from('lost too'));
    second.send(Buffer.from('two'));
    first.flush();
    restore();
    assert.is(receive(c), 'zero one two');
    assert.is(first.sendQueued, 0);
    await settle(scope, reactor);
    log.expect('first ENOMEM');
    drain(a);
    first.send(Buffer.from('again'));
    first.flush();
    assert.is(receive(a), 'again');
    assert.is(receive(c), '');
  },
);

for (const [name, mode] of MODES) {
  onBothWaiters(
    test,
    `reactor:send.14 ${name}: WRITABLE is reported when nothing waits any more, not while what waits takes the room`,
    async (scope, open) => {
      const reactor = open();
      const log = new Log();
      const [a, b] = pair(scope);
      const watch = reactor.watch(b, WRITABLE | mode, (readiness, self) => {
        log.add(`${bitNames(readiness)} ${self.sendQueued}`);
        self.interest = 0;
      });
      while (watch.sendQueued < 2_000_000) watch.send(pattern(500_000));
      watch.onDrain = () => log.add('drained');
      while (watch.sendQueued > 0) {
        drain(a);
        await settle(scope, reactor);
      }
      await settle(scope, reactor);
      log.expect('drained', 'WRITABLE 0');
    },
  );
}
