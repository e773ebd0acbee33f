import { EDGE, ONESHOT, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, descriptors } from '../support/descriptors.js';
import { expectBatch, expectEvents, expectNone, expectWake, thrownBy } from '../support/expect.js';
import { wakeLater } from '../support/later.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('wake');

function readyPipe(scope: Scope): number {
  const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
  sys.write(writer, Buffer.from('x'));
  return reader;
}

test(
  'poller:wake.1 a wake before the wait makes it return at once, woken and without events',
  scoped((scope) => {
    const poller = scope.poller();
    expectNone(poller);
    poller.wake();
    expectWake(poller);
    expectNone(poller);
  }),
);

for (const timeoutMs of [0, 0.1, undefined, Infinity]) {
  test(
    `poller:wake.2 a wake is seen by a wait with the timeout ${timeoutMs}`,
    scoped((scope) => {
      const poller = scope.poller();
      poller.wake();
      const batch = poller.wait(timeoutMs);
      assert.equal([batch.length, batch.woken], [0, true]);
      expectNone(poller);
    }),
  );
}

test(
  'poller:wake.3 wakes that no wait has answered are one',
  scoped((scope) => {
    const poller = scope.poller();
    for (let count = 0; count < 1000; count++) poller.wake();
    expectWake(poller);
    expectNone(poller);
  }),
);

test(
  'poller:wake.4 every wake after a wait is seen by the next one',
  scoped((scope) => {
    const poller = scope.poller();
    for (let round = 0; round < 1000; round++) {
      poller.wake();
      expectWake(poller);
    }
    expectNone(poller);
  }),
);

test(
  'poller:wake.5 events and a wake come in one batch',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    poller.add(reader, READABLE, 'data');
    poller.wake();
    const batch = poller.wait(0);
    expectBatch(batch, [reader, READABLE, 'data']);
    assert.is(batch.woken, true);
    expectEvents(poller, [reader, READABLE, 'data']);
  }),
);

for (const [name, mode] of [
  ['level', 0],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
] as const) {
  test(
    `poller:wake.6 ${name}: with a capacity of 1 neither a wake nor an event is lost`,
    scoped((scope) => {
      const poller = scope.poller({ capacity: 1 });
      const readers = [readyPipe(scope), readyPipe(scope), readyPipe(scope)];
      for (const fd of readers) poller.add(fd, mode | READABLE);
      poller.wake();
      const seen = new Set<number>();
      let wakes = 0;
      for (let wait = 0; wait < 4; wait++) {
        const batch = poller.wait(0);
        // A wake may share a batch with an event, and then leaves one wait less to do.
        assert.ok(batch.length + Number(batch.woken) >= (wait < 3 ? 1 : 0));
        for (const { fd } of batch) seen.add(fd);
        wakes += Number(batch.woken);
      }
      assert.is(wakes, 1);
      assert.equal(
        [...seen].sort((a, b) => a - b),
        readers.sort((a, b) => a - b),
      );
    }),
  );
}

test(
  'poller:wake.7 wakes between the waits of a busy poller of capacity 1 are all answered',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 1 });
    for (const reader of [readyPipe(scope), readyPipe(scope)]) poller.add(reader, READABLE);
    for (let round = 0; round < 100; round++) {
      poller.wake();
      const woken = [poller.wait(0).woken, poller.wait(0).woken, poller.wait(0).woken];
      assert.equal(woken.filter(Boolean), [true]);
    }
  }),
);

test(
  'poller:wake.8 a wake from another thread ends a wait that has no timeout',
  scoped(async (scope) => {
    const poller = scope.poller();
    const reader = sys.pipe().map((fd) => scope.own(fd))[0]!;
    poller.add(reader, READABLE);
    const later = await wakeLater(scope, poller, 30);
    const start = performance.now();
    later.start();
    const batch = poller.wait();
    assert.ok(performance.now() - start >= 30);
    expectBatch(batch);
    assert.is(batch.woken, true);
    await later.ended;
    expectNone(poller);
  }),
);

test(
  'poller:wake.9 a wake is no registration: size, has() and events do not show it',
  scoped((scope) => {
    const poller = scope.poller();
    poller.wake();
    assert.is(poller.size, 0);
    for (let fd = 0; fd < 256; fd++) assert.is(poller.has(fd), false);
    assert.equal([...poller.wait(0)], []);
  }),
);

test(
  'poller:wake.10 calls with descriptors that are not registered do not disturb the waker',
  scoped((scope) => {
    const poller = scope.poller();
    for (let fd = 0; fd < 256; fd++) {
      for (const act of [() => poller.remove(fd), () => poller.modify(fd, READABLE)]) {
        assert.match(thrownBy(act).code!, /^(EBADF|ENOENT|EPERM|EINVAL)$/);
      }
    }
    poller.wake();
    expectWake(poller);
  }),
);

test(
  'poller:wake.11 the waker cannot be taken over by add()',
  scoped((scope) => {
    const poller = scope.poller();
    const added: number[] = [];
    for (let fd = 0; fd < 256; fd++) {
      try {
        poller.add(fd, 0);
        added.push(fd);
      } catch {
        assert.is(poller.has(fd), false);
      }
    }
    poller.wake();
    expectWake(poller);
    for (const fd of added) poller.remove(fd);
    poller.wake();
    expectWake(poller);
    expectNone(poller);
  }),
);

test(
  'poller:wake.12 a pending wake makes the descriptor of the poller readable',
  scoped((scope) => {
    const poller = scope.poller();
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), 0);
    poller.wake();
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), POLLIN);
    expectWake(poller);
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), 0);
  }),
);
