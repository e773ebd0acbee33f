import { EDGE, READABLE, WRITABLE, type PollEvent } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectBatch, expectEvents, expectNone } from '../support/expect.js';
import { openChannel } from '../support/kinds.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('batch', { sanitized: ['kqueue'] });

/** `count` pipes, each with a byte to read: the read ends. */
function readyPipes(scope: Scope, count: number): number[] {
  return Array.from({ length: count }, () => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    sys.write(writer, Buffer.from('x'));
    return reader;
  });
}

for (const kind of ['TCP', 'UDP', 'unix stream', 'unix seqpacket', 'unix datagram', 'eventfd', 'pty'] as const) {
  for (const [name, mode] of [
    ['level', 0],
    ['edge', EDGE],
  ] as const) {
    test(
      `poller:merge.1 ${kind}, ${name}: readable and writable are one event`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = openChannel(scope, kind);
        channel.send();
        poller.add(channel.reader, mode | READABLE | WRITABLE);
        expectEvents(poller, [channel.reader, READABLE | WRITABLE]);
      }),
    );
  }
}

test(
  'poller:merge.2 a descriptor and its duplicate are two registrations, with interest and data of their own',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = scope.open.stream();
    const duplicate = scope.own(sys.dup(a));
    poller.add(a, READABLE, 'first');
    poller.add(duplicate, EDGE | READABLE | WRITABLE, 'second');
    expectEvents(poller, [duplicate, WRITABLE, 'second']);
    sys.write(b, Buffer.from('x'));
    expectEvents(poller, [a, READABLE, 'first'], [duplicate, READABLE | WRITABLE, 'second']);
    expectEvents(poller, [a, READABLE, 'first']);
    poller.remove(a);
    expectNone(poller);
    poller.modify(duplicate, READABLE);
    expectEvents(poller, [duplicate, READABLE, 'second']);
  }),
);

for (const [capacity, count] of [
  [1, 5],
  [2, 5],
  [3, 13],
  [4, 4],
] as const) {
  test(
    `poller:batch.1 level: ${count} ready descriptors and a capacity of ${capacity}: each is reported equally often`,
    scoped((scope) => {
      const poller = scope.poller({ capacity });
      const readers = readyPipes(scope, count);
      for (const fd of readers) poller.add(fd, READABLE);
      const served = new Map(readers.map((fd) => [fd, 0]));
      const rounds = 4;
      for (let wait = 0; wait < count * rounds; wait++) {
        const batch = poller.wait(0);
        assert.is(batch.length, capacity);
        for (const { fd } of batch) served.set(fd, served.get(fd)! + 1);
      }
      assert.equal(
        [...served.values()],
        readers.map(() => capacity * rounds),
      );
    }),
  );

  test(
    `poller:batch.2 edge: ${count} ready descriptors and a capacity of ${capacity}: each is reported once, none is lost`,
    scoped((scope) => {
      const poller = scope.poller({ capacity });
      const readers = readyPipes(scope, count);
      for (const fd of readers) poller.add(fd, EDGE | READABLE);
      const seen: number[] = [];
      for (let batch = poller.wait(0); batch.length > 0; batch = poller.wait(0)) {
        assert.is(batch.length, Math.min(capacity, count - seen.length));
        for (const { fd } of batch) seen.push(fd);
      }
      assert.equal(
        seen.sort((a, b) => a - b),
        readers.sort((a, b) => a - b),
      );
    }),
  );
}

test(
  'poller:batch.3 events that were iterated may be kept, and are plain objects',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = readyPipes(scope, 2) as [number, number];
    poller.add(a, READABLE, 'a');
    const kept: PollEvent[] = [...poller.wait(0)];
    poller.remove(a);
    poller.add(b, READABLE, 'b');
    expectEvents(poller, [b, READABLE, 'b']);
    assert.equal(kept, [
      {
        fd: a,
        readiness: READABLE,
        data: 'a',
        readable: true,
        writable: false,
        priority: false,
        readClosed: false,
        hangup: false,
        error: false,
      },
    ]);
    assert.is(Object.getPrototypeOf(kept[0]), Object.prototype);
    assert.equal(JSON.parse(JSON.stringify(kept[0])), kept[0]);
  }),
);

test(
  'poller:batch.4 a poller has one batch, which shows the events of the last wait',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = readyPipes(scope, 2) as [number, number];
    poller.add(a, READABLE);
    const first = poller.wait(0);
    expectBatch(first, [a, READABLE]);
    poller.remove(a);
    poller.add(b, READABLE);
    const second = poller.wait(0);
    assert.is(first, second);
    expectBatch(first, [b, READABLE]);
    poller.remove(b);
    poller.wait(0);
    assert.is(first.length, 0);
  }),
);

test(
  'poller:batch.5 two iterations of a batch do not disturb each other',
  scoped((scope) => {
    const poller = scope.poller();
    const readers = readyPipes(scope, 3);
    for (const fd of readers) poller.add(fd, READABLE);
    const batch = poller.wait(0);
    const pairs = [...batch].flatMap((outer) => [...batch].map((inner) => [outer.fd, inner.fd]));
    assert.is(new Set(pairs.map(String)).size, 9);
  }),
);

test(
  'poller:batch.6 batches of two pollers are separate',
  scoped((scope) => {
    const [first, second] = [scope.poller(), scope.poller()];
    const [a, b] = readyPipes(scope, 2) as [number, number];
    first.add(a, READABLE, 'a');
    second.add(b, READABLE, 'b');
    const [batchOfFirst, batchOfSecond] = [first.wait(0), second.wait(0)];
    expectBatch(batchOfFirst, [a, READABLE, 'a']);
    expectBatch(batchOfSecond, [b, READABLE, 'b']);
  }),
);

test(
  'poller:batch.7 a capacity of 65536 opens and delivers',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 65536 });
    const [reader] = readyPipes(scope, 1) as [number];
    poller.add(reader, READABLE);
    expectEvents(poller, [reader, READABLE]);
  }),
);
