import { EDGE, ONESHOT, READABLE, WRITABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import type { Need } from '../kit/needs.js';
import type { Seen } from '../kit/tasks.js';
import { receive, send } from '../kit/transfer.js';

const NEEDS: readonly Need[] = ['threads', 'sharing', 'workers'];
const WAITERS = 3;

export const threadsClauses: readonly Clause[] = [
  {
    id: 'threads.1',
    title: 'registrations are common to all threads',
    promise: 'size, has(), EEXIST and ENOENT are about the poller, whichever thread registered.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [a, b] = [open.pipe()[0], open.pipe()[0]];
      poller.add(a, READABLE);
      const adding = threads.startOn(
        poller,
        { do: 'has', fd: a },
        { do: 'add', fd: b, interest: READABLE },
        { do: 'size' },
      );
      expect.equal(await adding.done(), [true, undefined, 2], 'has(), add(), size of the other thread');
      expect.equal([poller.size, poller.has(b)], [2, true], 'size, has()');
      expect.fails(() => poller.add(b, READABLE), 'EEXIST');
      const removing = threads.startOn(poller, { do: 'remove', fd: a }, { do: 'has', fd: a }, { do: 'size' });
      expect.equal(await removing.done(), [undefined, false, 1], 'remove(), has(), size of the other thread');
      expect.fails(() => poller.remove(a), 'ENOENT');
    },
  },
  {
    id: 'threads.2',
    title: 'the add() of a ready descriptor ends a wait of another thread',
    promise: 'A wait that blocks returns when another thread adds a descriptor that is ready.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      const adding = threads.startOn(poller, { do: 'sleep', ms: 3 }, { do: 'add', fd: reader, interest: READABLE });
      expect.batch(poller.wait(), [[reader, READABLE]]);
      await adding.done();
    },
  },
  {
    id: 'threads.3',
    title: 'the modify() of a ready descriptor ends a wait of another thread',
    promise:
      'A wait that blocks returns when another thread resumes or re-arms a registration whose descriptor is ready.',
    needs: [...NEEDS, 'oneshot'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [paused, fired] = [open.readyPipe(), open.readyPipe()];
      poller.add(paused, 0, 'paused');
      poller.add(fired, ONESHOT | READABLE, 'fired');
      expect.events(poller, [fired, READABLE, 'fired']);
      for (const [fd, data] of [
        [paused, 'paused'],
        [fired, 'fired'],
      ] as const) {
        const step = { do: 'modify', fd, interest: ONESHOT | READABLE } as const;
        const modifying = threads.startOn(poller, { do: 'sleep', ms: 3 }, step);
        expect.batch(poller.wait(), [[fd, READABLE, data]]);
        await modifying.done();
        expect.none(poller);
      }
    },
  },
  {
    id: 'threads.4',
    title: 'data belongs to the thread that gave it',
    promise: 'An event has the data of a registration in the thread that gave it, and undefined in the others.',
    needs: [...NEEDS, 'oneshot'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, ONESHOT | READABLE, 'mine');
      const waiting = threads.startOn(poller, { do: 'wait', timeoutMs: 1000 });
      expect.equal(
        (await waiting.seen()).events,
        [{ fd: reader, readiness: READABLE, data: undefined }],
        'events of the other thread',
      );
      poller.modify(reader, ONESHOT | READABLE);
      expect.events(poller, [reader, READABLE, 'mine']);
    },
  },
  {
    id: 'threads.5',
    title: 'a registration of another thread is reported here, without data',
    promise:
      'What another thread registered is reported by a wait of any thread, and outlasts the view of the thread that did it.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      const adding = threads.startOn(poller, { do: 'add', fd: reader, interest: READABLE, data: 'theirs' });
      await adding.done();
      expect.events(poller, [reader, READABLE, undefined]);
    },
  },
  {
    id: 'threads.6',
    title: 'a oneshot event reaches exactly one of several waiting threads',
    promise: 'Of several threads that wait on a poller, exactly one gets the event of a oneshot registration.',
    needs: [...NEEDS, 'oneshot'],
    async run({ open, expect, threads, environment }) {
      for (const { mode } of modesOf(environment.capabilities).filter((each) => (each.mode & ONESHOT) !== 0)) {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        poller.add(reader, mode | READABLE);
        const waiting = Array.from({ length: WAITERS }, () => threads.startOn(poller, { do: 'wait' }));
        for (const errand of waiting) errand.begun();
        send(writer);
        await threads.wakeUntilEnded(poller, waiting);
        const seen = await Promise.all(waiting.map((errand) => errand.seen()));
        const events = seen.flatMap((batch) => [...batch.events]);
        expect.equal(
          events.map(({ fd, readiness }) => [fd, readiness]),
          [[reader, READABLE]],
          'events of all threads',
        );
        expect.none(poller);
      }
    },
  },
  {
    id: 'threads.7',
    title: 'an edge reaches exactly one of several waiting threads',
    promise: 'Of several threads that wait on a poller, exactly one gets an edge.',
    needs: [...NEEDS, 'edge'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.stream();
      poller.add(reader, EDGE | READABLE);
      const waiting = Array.from({ length: WAITERS }, () => threads.startOn(poller, { do: 'wait' }));
      for (const errand of waiting) errand.begun();
      send(writer);
      await threads.wakeUntilEnded(poller, waiting);
      const seen = await Promise.all(waiting.map((errand) => errand.seen()));
      expect.equal(
        seen.flatMap(({ events }) => events.map(({ fd }) => fd)),
        [reader],
        'events of all threads',
      );
      expect.none(poller);
    },
  },
  {
    id: 'threads.8',
    title: 'a level event reaches at least one of several waiting threads',
    promise:
      'Of several threads that wait on a poller, at least one gets a level event, and the next wait of any of them does while it holds.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      const waiting = Array.from({ length: WAITERS }, () => threads.startOn(poller, { do: 'wait' }));
      for (const errand of waiting) errand.begun();
      send(writer);
      await threads.wakeUntilEnded(poller, waiting);
      const seen = await Promise.all(waiting.map((errand) => errand.seen()));
      const events = seen.flatMap((batch) => [...batch.events]);
      expect.ok(
        events.length >= 1 && events.every(({ fd, readiness }) => fd === reader && readiness === READABLE),
        'no thread got the event',
      );
      expect.events(poller, [reader, READABLE]);
    },
  },
  {
    id: 'threads.9',
    title: 'with ONESHOT and modify(), each message has one owner',
    promise: 'Threads that take a message for each oneshot event and re-arm take every message exactly once.',
    needs: [...NEEDS, 'oneshot'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const pairs = Array.from({ length: 3 }, () => open.pair('unix datagram'));
      for (const [reader] of pairs) poller.add(reader, ONESHOT | READABLE);
      const serving = Array.from({ length: WAITERS }, () =>
        threads.startOn(poller, { do: 'serve', interest: ONESHOT | READABLE }),
      );
      const rounds = 60;
      let sent = 0;
      for (let round = 0; round < rounds; round++) {
        for (const [, writer] of pairs) {
          if (trySend(writer)) sent++;
        }
        if (round % 10 === 0) await new Promise(setImmediate);
      }
      await threads.wakeUntilEnded(poller, serving);
      const results = await Promise.all(serving.map((errand) => errand.done()));
      const taken = (results.flat() as Array<Array<[number, number]>>)
        .flat()
        .reduce((sum, [, count]) => sum + count, 0);
      const left = pairs.reduce((sum, [reader]) => sum + countMessages(reader), 0);
      expect.equal(taken + left, sent, 'messages taken and left');
      expect.ok(taken > 0, 'no message was taken');
    },
  },
  {
    id: 'threads.10',
    title: 'remove() in another thread makes an event of the current batch stale',
    promise: 'An event in the batch of one thread is stale once another thread has removed its registration.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [a, b] = [open.readyPipe(), open.readyPipe()];
      poller.add(a, READABLE, 'a');
      poller.add(b, READABLE, 'b');
      const batch = poller.wait(0);
      const [indexOfA, indexOfB] = batch.fdAt(0) === a ? [0, 1] : [1, 0];
      await threads.startOn(poller, { do: 'remove', fd: a }).done();
      expect.equal(
        [batch.readinessAt(indexOfA), batch.dataAt(indexOfA)],
        [0, undefined],
        'readiness and data of what was removed',
      );
      expect.equal(
        [batch.readinessAt(indexOfB), batch.dataAt(indexOfB)],
        [READABLE, 'b'],
        'readiness and data of the other',
      );
      expect.equal(
        [...batch].map(({ fd }) => fd),
        [b],
        'iteration',
      );
      expect.events(poller, [b, READABLE, 'b']);
    },
  },
  {
    id: 'threads.11',
    title: 'remove() and add() in another thread leave no data behind',
    promise:
      'A registration that another thread replaced has no data in the thread that had given some to the old one.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'old');
      const batch = poller.wait(0);
      await threads.startOn(poller, { do: 'remove', fd: reader }, { do: 'add', fd: reader, interest: READABLE }).done();
      expect.equal([batch.readinessAt(0), batch.dataAt(0)], [0, undefined], 'readiness and data of the old event');
      expect.events(poller, [reader, READABLE, undefined]);
      poller.modify(reader, READABLE, 'new');
      expect.events(poller, [reader, READABLE, 'new']);
    },
  },
  {
    id: 'threads.12',
    title: 'close() ends one view, and the others go on',
    promise: 'A view that another thread closes leaves the poller and all registrations to the others.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE, 'data');
      await threads.startOn(poller, { do: 'size' }, { do: 'closeView' }).done();
      expect.equal([poller.closed, poller.size], [false, 1], 'closed, size');
      expect.none(poller);
      send(writer);
      expect.events(poller, [reader, READABLE, 'data']);
    },
  },
  {
    id: 'threads.13',
    title: 'a wake ends a wait of at least one of several threads',
    promise: 'Where several threads wait, a wake ends the wait of at least one, and as many wakes in turn end all.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const waiting = Array.from({ length: WAITERS }, () => threads.startOn(poller, { do: 'wait' }));
      for (const errand of waiting) errand.begun();
      await threads.wakeUntilEnded(poller, waiting);
      const seen = await Promise.all(waiting.map((errand) => errand.seen()));
      expect.equal(
        seen.map(({ woken, events }) => [woken, events.length]),
        seen.map(() => [true, 0]),
        'woken, events',
      );
    },
  },
  {
    id: 'threads.14',
    title: 'registrations of several threads at once are all counted',
    promise:
      'Threads may add and remove at the same time as others wait; no registration is lost, and none is made of it.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [steady, writer] = open.pipe();
      poller.add(steady, READABLE, 'steady');
      const churning = [open.readyPipe(), open.pipe()[0], open.stream()[0]].map((fd) =>
        threads.startOn(
          poller,
          { do: 'churn', fd, interest: READABLE | WRITABLE, times: 200 },
          { do: 'add', fd, interest: 0 },
        ),
      );
      for (let round = 0; round < 100; round++) {
        for (const { fd, data } of poller.wait(0)) {
          if (fd === steady) throw new Error('the steady one is not ready');
          expect.equal(data, undefined, 'data');
        }
      }
      await Promise.all(churning.map((errand) => errand.done()));
      expect.equal(poller.size, 4, 'size');
      send(writer);
      expect.events(poller, [steady, READABLE, 'steady']);
      receive(steady);
      expect.none(poller);
    },
  },
  {
    id: 'threads.15',
    title: 'a descriptor that one thread closes and reuses is never confused in another',
    promise:
      'An event of a number that was removed and added for another file by another thread has the readiness of the new file.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      const [idle] = open.pipe();
      poller.add(reader, READABLE, 'old');
      const batch = poller.wait(0);
      await threads.startOn(poller, { do: 'remove', fd: reader }).done();
      open.reuse(reader, idle);
      await threads.startOn(poller, { do: 'add', fd: reader, interest: READABLE }).done();
      expect.equal([...batch], [], 'iteration');
      expect.none(poller);
    },
  },
  {
    id: 'threads.16',
    title: 'each of two waiting threads gets one of two edges',
    promise: 'Two edges that come together are delivered to the waiting threads once each, in whatever batches.',
    needs: [...NEEDS, 'edge'],
    async run({ open, expect, threads }) {
      const poller = open.poller({ capacity: 1 });
      const pipes = [open.pipe(), open.pipe()];
      for (const [reader] of pipes) poller.add(reader, EDGE | READABLE);
      const waiting = pipes.map(() => threads.startOn(poller, { do: 'wait', timeoutMs: 1000 }));
      for (const errand of waiting) errand.begun();
      for (const [, writer] of pipes) send(writer);
      const seen: Seen[] = await Promise.all(waiting.map((errand) => errand.seen()));
      const fds = seen.flatMap(({ events }) => events.map(({ fd }) => fd)).sort((a, b) => a - b);
      expect.equal(
        fds,
        pipes.map(([reader]) => reader).sort((a, b) => a - b),
        'events of all threads',
      );
      expect.none(poller);
    },
  },
  {
    id: 'threads.17',
    title: 'a wait of another thread lasts its time',
    promise: 'A wait with a timeout does not return early in a thread that attached to the poller either.',
    needs: NEEDS,
    async run({ open, expect, threads }) {
      const poller = open.poller();
      poller.add(open.pipe()[0], READABLE);
      const timeoutsMs = [0.3, 3, 40, 40];
      const waiting = threads.startOn(poller, ...timeoutsMs.map((timeoutMs) => ({ do: 'wait', timeoutMs }) as const));
      const seen = (await waiting.done()) as readonly Seen[];
      for (const [index, timeoutMs] of timeoutsMs.entries()) {
        const { ms, events, woken } = seen[index]!;
        expect.equal([events, woken], [[], false], 'events, woken');
        expect.ok(ms >= timeoutMs, `${timeoutMs} ms ended after ${ms} ms`);
      }
    },
  },
];

function trySend(fd: number): boolean {
  try {
    send(fd);
    return true;
  } catch {
    return false;
  }
}

function countMessages(fd: number): number {
  let count = 0;
  while (receive(fd) > 0) count++;
  return count;
}
