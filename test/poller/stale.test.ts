import { constants } from 'node:fs';
import { EDGE, EXCLUSIVE, HANGUP, LEVEL, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectBatch, expectEvents, expectNone, expectSystemError, thrownBy } from '../support/expect.js';
import { lackOf, OWN_NUMBER } from '../support/facts.js';
import { leastCpuShare } from '../support/process.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('stale', { sanitized: ['kqueue'] });

const X = Buffer.from('x');

function pipe(scope: Scope): [reader: number, writer: number] {
  const [reader, writer] = sys.pipe();
  return [scope.own(reader), scope.own(writer)];
}

/** A pipe with a byte to read: its read end. */
function readyPipe(scope: Scope): number {
  const [reader, writer] = pipe(scope);
  sys.write(writer, X);
  return reader;
}

/**
 * Gives the number `fd` to the read end of a ready pipe. The former file is closed in the same step, because a number
 * that is free for a moment may be taken by a thread of the host.
 */
function readyPipeAt(scope: Scope, fd: number): void {
  const [reader, writer] = pipe(scope);
  sys.write(writer, X);
  if (reader === fd) return;
  if (writer === fd) scope.own(sys.dup(writer));
  descriptors.dup2(reader, scope.own(fd));
  scope.close(reader);
}

for (const [name, mode] of [
  ['level', 0],
  ['edge', EDGE],
] as const) {
  test(
    `poller:stale.1 ${name}: after remove() no event is delivered, although the descriptor is ready`,
    scoped((scope) => {
      const poller = scope.poller();
      const reader = readyPipe(scope);
      poller.add(reader, mode | READABLE, 'data');
      poller.remove(reader);
      assert.equal([poller.size, poller.has(reader)], [0, false]);
      expectNone(poller);
    }),
  );

  test(
    `poller:stale.2 ${name}: a descriptor that is closed is silent`,
    scoped((scope) => {
      const poller = scope.poller();
      const reader = readyPipe(scope);
      poller.add(reader, mode | READABLE);
      scope.close(reader);
      expectNone(poller);
    }),
  );
}

test(
  'poller:stale.3 an event that was delivered is stale after remove(): readiness 0, no data, skipped by iteration',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = [readyPipe(scope), readyPipe(scope)];
    poller.add(a, READABLE, 'a');
    poller.add(b, READABLE, 'b');
    const batch = poller.wait(0);
    const [indexOfA, indexOfB] = batch.fdAt(0) === a ? [0, 1] : [1, 0];
    poller.remove(a);
    assert.equal(
      [batch.length, batch.fdAt(indexOfA), batch.readinessAt(indexOfA), batch.dataAt(indexOfA)],
      [2, a, 0, undefined],
    );
    assert.equal([batch.fdAt(indexOfB), batch.readinessAt(indexOfB), batch.dataAt(indexOfB)], [b, READABLE, 'b']);
    assert.equal(
      [...batch].map(({ fd }) => fd),
      [b],
    );
    expectEvents(poller, [b, READABLE, 'b']);
  }),
);

test(
  'poller:stale.4 an event whose registration ends during the iteration is skipped',
  scoped((scope) => {
    const poller = scope.poller();
    const readers = [readyPipe(scope), readyPipe(scope), readyPipe(scope)];
    for (const fd of readers) poller.add(fd, READABLE);
    const seen: number[] = [];
    for (const { fd } of poller.wait(0)) {
      seen.push(fd);
      for (const other of readers) if (other !== fd && poller.has(other)) poller.remove(other);
    }
    assert.is(seen.length, 1);
    expectEvents(poller, [seen[0]!, READABLE]);
  }),
);

test(
  'poller:stale.5 remove() and add() of a number make its event stale, and the next wait reports the new registration',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    poller.add(reader, READABLE, 'old');
    const batch = poller.wait(0);
    poller.remove(reader);
    poller.add(reader, READABLE, 'new');
    assert.equal([batch.length, batch.readinessAt(0), batch.dataAt(0)], [1, 0, undefined]);
    assert.equal([...batch], []);
    expectEvents(poller, [reader, READABLE, 'new']);
  }),
);

test(
  'poller:stale.6 close() makes the current batch stale',
  scoped((scope) => {
    const poller = scope.poller();
    const readers = [readyPipe(scope), readyPipe(scope)];
    for (const fd of readers) poller.add(fd, READABLE, 'data');
    const batch = poller.wait(0);
    const seen: number[] = [];
    for (const { fd } of batch) {
      seen.push(fd);
      poller.close();
    }
    assert.is(seen.length, 1);
    assert.equal(
      [batch.readinessAt(0), batch.dataAt(0), batch.readinessAt(1), batch.dataAt(1)],
      [0, undefined, 0, undefined],
    );
  }),
);

test(
  'poller:stale.7 modify() does not make the current event stale',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    poller.add(reader, READABLE, 'old');
    const batch = poller.wait(0);
    poller.modify(reader, EDGE | READABLE, 'new');
    expectBatch(batch, [reader, READABLE, 'new']);
  }),
);

test(
  'poller:stale.8 a number that was closed and used again is not registered',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    poller.add(reader, READABLE, 'old');
    readyPipeAt(scope, reader);
    expectNone(poller);
    expectNone(poller);
  }),
);

test(
  'poller:stale.9 a number that was closed without remove() can be added again for its new file',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    for (let round = 0; round < 100; round++) {
      poller.add(reader, READABLE, round);
      readyPipeAt(scope, reader);
      poller.add(reader, READABLE, -round);
      assert.is(poller.size, 1);
      expectEvents(poller, [reader, READABLE, -round]);
      poller.remove(reader);
      expectNone(poller);
    }
    poller.add(reader, READABLE);
    expectEvents(poller, [reader, READABLE, undefined]);
  }),
);

test(
  'poller:stale.10 data of a registration whose number was closed is not inherited by the next one',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    poller.add(reader, READABLE, 'old');
    const batch = poller.wait(0);
    readyPipeAt(scope, reader);
    poller.add(reader, READABLE);
    assert.equal([batch.readinessAt(0), batch.dataAt(0)], [0, undefined]);
    expectEvents(poller, [reader, READABLE, undefined]);
  }),
);

test(
  'poller:stale.11 dup2() of another file over a registered number ends the registration',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    poller.add(reader, READABLE, 'old');
    descriptors.dup2(readyPipe(scope), reader);
    expectNone(poller);
    poller.add(reader, READABLE, 'new');
    assert.is(poller.size, 1);
    expectEvents(poller, [reader, READABLE, 'new']);
  }),
);

for (const [name, mode] of [
  ['level', 0],
  ['edge', EDGE],
] as const) {
  test(
    `poller:stale.12 ${name}: the old file of a closed number, alive in a duplicate, reports nothing for the new file of that number`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = pipe(scope);
      scope.own(sys.dup(reader));
      const [next, nextWriter] = pipe(scope);
      poller.add(reader, mode | READABLE, 'old');
      scope.close(reader);
      descriptors.dup2(next, scope.own(reader));
      poller.add(reader, mode | READABLE, 'new');
      assert.is(poller.size, 1);
      sys.write(writer, X);
      expectNone(poller);
      expectNone(poller);
      sys.write(nextWriter, X);
      expectEvents(poller, [reader, READABLE, 'new']);
      poller.remove(reader);
      expectNone(poller);
    }),
  );
}

test(
  'poller:stale.13 a wait lasts its full time and uses no processor time while the file of a closed number is ready',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    scope.own(sys.dup(reader));
    poller.add(reader, READABLE);
    scope.close(reader);
    expectSystemError(() => poller.remove(reader), 'EBADF', reader);
    const timeoutMs = 100;
    const share = leastCpuShare(() => {
      const start = performance.now();
      expectBatch(poller.wait(timeoutMs));
      assert.ok(performance.now() - start >= timeoutMs);
    });
    assert.ok(share < 0.2, `${share}`);
  }),
);

test(
  'poller:stale.14 ready files of closed numbers do not keep a live descriptor from being reported',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 1 });
    for (let count = 0; count < 40; count++) {
      const reader = readyPipe(scope);
      scope.own(sys.dup(reader));
      poller.add(reader, READABLE);
      scope.close(reader);
      thrownBy(() => poller.remove(reader));
    }
    const live = readyPipe(scope);
    poller.add(live, READABLE, 'live');
    for (let round = 0; round < 10; round++) expectBatch(poller.wait(0), [live, READABLE, 'live']);
  }),
);

test(
  'poller:stale.15 a number whose file dup2() restores after remove() failed can be added',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    const duplicate = scope.own(sys.dup(reader));
    poller.add(reader, READABLE, 'old');
    scope.close(reader);
    expectSystemError(() => poller.remove(reader), 'EBADF', reader);
    descriptors.dup2(duplicate, reader);
    scope.own(reader);
    expectNone(poller);
    poller.add(reader, EDGE | READABLE, 'new');
    expectEvents(poller, [reader, READABLE, 'new']);
    expectNone(poller);
    poller.remove(reader);
    expectNone(poller);
  }),
);

for (const name of ['modify', 'remove'] as const) {
  const call: Record<string, (poller: ReturnType<Scope['poller']>, fd: number) => void> = {
    modify: (poller, fd) => poller.modify(fd, READABLE, 'new'),
    remove: (poller, fd) => poller.remove(fd),
  };
  const reuses: ReadonlyArray<readonly [string, string, (scope: Scope, fd: number) => void]> = [
    ['is closed', 'EBADF', (scope, fd) => scope.close(fd)],
    ['is another pipe by now', 'ENOENT', readyPipeAt],
    [
      'is a regular file by now',
      'EPERM',
      (_, fd) => {
        const file = descriptors.openFile(__filename, constants.O_RDONLY);
        descriptors.dup2(file, fd);
        sys.close(file);
      },
    ],
  ];
  for (const [what, code, reuse] of reuses) {
    test(
      `poller:stale.16 ${name}() of a number that ${what} throws ${code}, and drops the registration`,
      scoped((scope) => {
        const poller = scope.poller();
        const [reader] = pipe(scope);
        poller.add(reader, READABLE, 'old');
        reuse(scope, reader);
        assert.equal([poller.size, poller.has(reader)], [1, true]);
        expectSystemError(() => call[name]!(poller, reader), code, reader);
        assert.equal([poller.size, poller.has(reader)], [0, false]);
        expectNone(poller);
        readyPipeAt(scope, reader);
        poller.add(reader, READABLE);
        expectEvents(poller, [reader, READABLE, undefined]);
      }),
    );
  }
}

test(
  `poller:stale.17 remove() of a number that now belongs to the poller itself throws ${OWN_NUMBER}, and drops the registration`,
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    poller.add(reader, READABLE);
    descriptors.dup2(poller.fd, reader);
    expectSystemError(() => poller.remove(reader), OWN_NUMBER, reader);
    assert.equal([poller.size, poller.has(reader)], [0, false]);
  }),
);

test(
  `poller:stale.19 modify() of a number that now belongs to the poller itself throws ${OWN_NUMBER}, and drops the registration`,
  scoped((scope) => {
    for (const mode of [LEVEL, EXCLUSIVE]) {
      const poller = scope.poller();
      if (mode === EXCLUSIVE && !poller.capabilities.exclusive) continue;
      const [reader] = pipe(scope);
      poller.add(reader, READABLE | mode);
      descriptors.dup2(poller.fd, reader);
      expectSystemError(() => poller.modify(reader, READABLE), OWN_NUMBER, reader);
      assert.equal([poller.size, poller.has(reader)], [0, false], `mode ${mode}`);
    }
  }),
);

test(
  'poller:stale.18 a number can be registered again for every kind of descriptor',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE, 'pipe');
    scope.close(reader);
    descriptors.dup2(a, scope.own(reader));
    poller.add(reader, READABLE | WRITABLE, 'socket');
    expectEvents(poller, [reader, WRITABLE, 'socket']);
    scope.close(b);
    expectEvents(poller, [reader, READABLE | WRITABLE | READ_CLOSED | HANGUP, 'socket']);
  }),
);

test(
  'poller:stale.20 when dup2() brings back the first file of a number, nothing is reported of the file that had the number meanwhile',
  scoped((scope) => {
    const poller = scope.poller();
    const [number, between] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    const first = scope.own(sys.dup(number));
    poller.add(number, WRITABLE | ONESHOT);
    descriptors.dup2(between, number);
    poller.add(number, WRITABLE);
    descriptors.dup2(first, number);
    try {
      poller.modify(number, READABLE);
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
    }
    expectNone(poller);
  }),
);

test(
  'poller:stale.21 modify() of a number that is a half-closed socket by now is ENOENT, and drops the record of the pipe',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = pipe(scope);
    const [socket] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    sys.shutdown(socket, 'write');
    poller.add(reader, READ_CLOSED | ONESHOT);
    descriptors.dup2(socket, reader);
    expectSystemError(() => poller.modify(reader, READABLE | WRITABLE), 'ENOENT', reader);
    assert.equal([poller.size, poller.has(reader)], [0, false]);
  }),
);

test.unless(lackOf('exclusive'))(
  'poller:stale.22 modify() of a number that is again a file it was registered for exclusively is ENOENT, and drops the record',
  scoped((scope) => {
    const poller = scope.poller();
    const [number] = pipe(scope);
    const first = scope.own(sys.dup(number));
    poller.add(number, READABLE | EDGE | EXCLUSIVE);
    descriptors.dup2(scope.own(descriptors.eventFd(0)), number);
    poller.add(number, READABLE);
    descriptors.dup2(first, number);
    expectSystemError(() => poller.modify(number, READABLE | WRITABLE), 'ENOENT', number);
    assert.equal([poller.size, poller.has(number)], [0, false]);
  }),
);
