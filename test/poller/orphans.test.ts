import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { bitNames, expectBatch, expectNone, expectSystemError, thrownBy } from '../support/expect.js';
import { BACKEND, OWN_NUMBER } from '../support/facts.js';
import { wakeLater } from '../support/later.js';
import { Log, onBothWaiters } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('orphans: records of registrations that nothing can reach');

const X = Buffer.from('x');

function readyPipe(scope: Scope): [reader: number, writer: number] {
  const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
  sys.write(writer, X);
  return [reader, writer];
}

/** A ready registration whose descriptor is closed while a duplicate keeps its file open: the end to write to. */
function orphan(scope: Scope, poller: Poller, mode = 0): number {
  const [reader, writer] = readyPipe(scope);
  poller.add(reader, mode | READABLE);
  scope.own(sys.dup(reader));
  scope.close(reader);
  thrownBy(() => poller.remove(reader));
  return writer;
}

function live(scope: Scope, poller: Poller, mode = 0): number {
  const [reader] = readyPipe(scope);
  poller.add(reader, mode | READABLE, 'live');
  return reader;
}

const MIXES: ReadonlyArray<readonly [name: string, modes: readonly number[]]> = [
  ['a level one', [0]],
  ['an edge before a level one', [EDGE, 0]],
  ['edges before level ones', [EDGE, ONESHOT, EDGE, 0, 0, 0]],
  ['edges between level ones', [0, EDGE, 0, ONESHOT, 0]],
  ['edges alone', [EDGE, EDGE, ONESHOT]],
  ['a hundred edges before a hundred level ones', [...Array<number>(100).fill(EDGE), ...Array<number>(100).fill(0)]],
];

for (const [name, modes] of MIXES) {
  for (const capacity of [1, 2, 3, 64]) {
    test(
      `poller:orphans.1 ${name}, capacity ${capacity}: a wait returns in time without an event, and finds the event of a live descriptor among the orphans`,
      scoped((scope) => {
        const poller = scope.poller({ capacity });
        for (const mode of modes) orphan(scope, poller, mode);
        expectNone(poller);
        for (const timeoutMs of [0.1, 30]) {
          const start = performance.now();
          expectBatch(poller.wait(timeoutMs));
          const tookMs = performance.now() - start;
          assert.ok(tookMs >= timeoutMs && tookMs < timeoutMs + 5000, `${tookMs} ms`);
        }
        for (const mode of modes) orphan(scope, poller, mode);
        const reader = live(scope, poller);
        for (let round = 0; round < 5; round++) expectBatch(poller.wait(0), [reader, READABLE, 'live']);
      }),
    );
  }
}

test(
  'poller:orphans.2 an orphan that becomes ready over and over does not prolong a wait(0)',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 1 });
    const writer = orphan(scope, poller, EDGE);
    orphan(scope, poller);
    for (let round = 0; round < 100; round++) {
      sys.write(writer, X);
      expectNone(poller);
    }
  }),
);

for (const capacity of [1, 2]) {
  test(
    `poller:orphans.3 capacity ${capacity}: a wait without a timeout returns for a wake while every batch is full of orphans`,
    scoped(async (scope) => {
      const poller = scope.poller({ capacity });
      for (const mode of [EDGE, 0, 0, 0]) orphan(scope, poller, mode);
      poller.wake();
      const first = poller.wait();
      assert.equal([first.length, first.woken], [0, true]);
      expectNone(poller);
      const later = await wakeLater(scope, poller, 50);
      later.start();
      const second = poller.wait();
      assert.equal([second.length, second.woken], [0, true]);
      await later.ended;
    }),
  );
}

test(
  'poller:orphans.4 a batch is full of events although orphans and paused registrations are ready among them',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 4 });
    const readers: number[] = [];
    for (let count = 0; count < 5; count++) {
      readers.push(live(scope, poller));
      orphan(scope, poller, count % 2 === 0 ? 0 : EDGE);
      const [reader, writer] = readyPipe(scope);
      poller.add(reader, 0);
      scope.close(writer);
    }
    for (let round = 0; round < 10; round++) {
      const batch = poller.wait(0);
      const fds = [...batch].map(({ fd }) => fd);
      assert.is(fds.length, 4);
      assert.is(new Set(fds).size, 4);
      assert.ok(
        fds.every((fd) => readers.includes(fd)),
        String(fds),
      );
    }
  }),
);

test(
  'poller:orphans.5 fewer ready events than a batch holds are each reported once, with orphans among them',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 3 });
    const [first, second] = [live(scope, poller), live(scope, poller)];
    for (const mode of [0, EDGE, 0]) orphan(scope, poller, mode);
    for (let round = 0; round < 10; round++) {
      expectBatch(poller.wait(0), [first, READABLE, 'live'], [second, READABLE, 'live']);
    }
  }),
);

test(
  'poller:orphans.6 edge and oneshot events behind orphans are delivered once',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 3 });
    const expected: number[] = [];
    for (let count = 0; count < 8; count++) {
      orphan(scope, poller, count % 3 === 0 ? EDGE : 0);
      expected.push(live(scope, poller, count % 2 === 0 ? EDGE : ONESHOT));
    }
    const seen: number[] = [];
    for (let round = 0; round < 8; round++) {
      for (const { fd, readiness } of poller.wait(0)) {
        assert.is(bitNames(readiness), 'READABLE');
        seen.push(fd);
      }
    }
    assert.equal(
      seen.sort((a, b) => a - b),
      expected.sort((a, b) => a - b),
    );
  }),
);

// epoll reports the waker in turn with the other records, so that its wake may come several waits later.
for (const capacity of BACKEND === 'epoll' ? [1, 2, 5] : []) {
  test(
    `poller:orphans.7 capacity ${capacity}: a wake before a wait is reported by that wait, beside a full batch, and by no other wait`,
    scoped((scope) => {
      const poller = scope.poller({ capacity });
      for (let count = 0; count < capacity; count++) live(scope, poller);
      for (let round = 0; round < 20; round++) {
        poller.wake();
        const batch = poller.wait(round % 2 === 0 ? 0 : 1000);
        assert.equal([batch.length, batch.woken], [capacity, true]);
        for (let quiet = 0; quiet < round % 5; quiet++) {
          const next = poller.wait(0);
          assert.equal([next.length, next.woken], [capacity, false]);
        }
      }
      for (let count = 0; count < 3; count++) orphan(scope, poller, count === 0 ? EDGE : 0);
      for (let round = 0; round < 20; round++) {
        poller.wake();
        const batch = poller.wait(0);
        assert.equal([batch.length, batch.woken], [capacity, true]);
        assert.equal([...batch].length, capacity);
      }
    }),
  );
}

onBothWaiters(
  test,
  'poller:orphans.8 a reactor whose batches orphans fill delivers events and leaves the host its timers',
  async (scope, open) => {
    const reactor = open({ capacity: 1 });
    for (const mode of [EDGE, 0, 0]) orphan(scope, reactor.poller, mode);
    const [reader] = readyPipe(scope);
    const log = new Log();
    const timer = new Promise<void>((resolve) => {
      setTimeout(resolve, 20);
    });
    const event = new Promise<void>((resolve) => {
      reactor.watch(reader, READABLE, (_, watch) => {
        log.add('event');
        watch.close();
        resolve();
      });
    });
    await Promise.all([timer, event]);
    log.expect('event');
  },
);

for (const [name, pause] of BACKEND === 'epoll'
  ? ([
      ['', false],
      [' that is paused', true],
    ] as const)
  : []) {
  test(
    `poller:orphans.9 modify() of an exclusive registration${name} to a mode that it excludes throws the error of a closed descriptor, and drops the registration`,
    scoped((scope) => {
      const poller = scope.poller();
      const gone: ReadonlyArray<readonly [code: string, happen: (fd: number) => void]> = [
        ['EBADF', (fd) => scope.close(fd)],
        ['ENOENT', (fd) => void descriptors.dup2(readyPipe(scope)[0], fd)],
        [OWN_NUMBER, (fd) => void descriptors.dup2(poller.fd, fd)],
      ];
      for (const interest of [READABLE | ONESHOT, READABLE | PRIORITY, READ_CLOSED]) {
        for (const [code, happen] of gone) {
          const [reader] = readyPipe(scope);
          poller.add(reader, READABLE | EXCLUSIVE);
          if (pause) poller.modify(reader, 0);
          expectSystemError(() => poller.modify(reader, interest), 'EINVAL', reader);
          assert.equal([poller.size, poller.has(reader)], [1, true]);
          happen(reader);
          expectSystemError(() => poller.modify(reader, interest), code, reader);
          assert.equal([poller.size, poller.has(reader)], [0, false]);
          expectNone(poller);
        }
      }
      const [reader] = readyPipe(scope);
      poller.add(reader, READABLE | WRITABLE | EXCLUSIVE, 'new');
      expectBatch(poller.wait(0), [reader, READABLE, 'new']);
    }),
  );
}
