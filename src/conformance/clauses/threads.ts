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
    title: 'all threads share the registrations of a poller',
    promise: 'size, has(), EEXIST and ENOENT depend on the registrations of the poller, whichever thread made them.',
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
    title: 'add() of a ready descriptor ends a blocked wait of another thread',
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
    title: 'modify() of a ready descriptor ends a blocked wait of another thread',
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
    title: 'an event carries data in the thread that gave it',
    promise:
      'An event carries the data of its registration in the thread that gave the data, and undefined in other threads.',
    needs: [...NEEDS, 'oneshot', 'javascript'],
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
    title: 'a registration of another thread is reported without data',
    promise:
      'A wait of any thread reports what another thread has registered, even after that thread has closed its view.',
    needs: [...NEEDS, 'javascript'],
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
    title: 'exactly one of several waiting threads gets a oneshot event',
    promise: 'When several threads wait on a poller, exactly one of them gets the event of a oneshot registration.',
    needs: [...NEEDS, 'oneshot', 'wake'],
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
    title: 'exactly one of several waiting threads gets an edge',
    promise: 'When several threads wait on a poller, exactly one of them gets an edge.',
    needs: [...NEEDS, 'edge', 'wake'],
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
    title: 'at least one of several waiting threads gets a level event',
    promise:
      'When several threads wait on a poller, at least one of them gets a level event. The next wait of any thread gets it too while the descriptor is ready.',
    needs: [...NEEDS, 'wake'],
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
    title: 'threads that re-arm a oneshot registration take each message once',
    promise:
      'When several threads take one message for each oneshot event and re-arm with modify(), every message is taken exactly once.',
    needs: [...NEEDS, 'oneshot', 'wake'],
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
    needs: [...NEEDS, 'javascript'],
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
    title: 'a registration that another thread replaces has no data left',
    promise:
      'When another thread removes and adds a number, the thread that gave data to the old registration sees the new one without data.',
    needs: [...NEEDS, 'javascript'],
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
    title: 'close() in one thread leaves the poller open in the others',
    promise: 'When a thread closes its view, the poller and all registrations stay for the other threads.',
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
    title: 'a wake ends the wait of at least one of several threads',
    promise:
      'When several threads wait, each wake ends the wait of at least one of them, and repeated wakes end all waits.',
    needs: [...NEEDS, 'wake'],
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
    title: 'registrations that several threads make at once are all counted',
    promise: 'When threads add and remove while others wait, no registration is lost and none is left over.',
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
    title: 'an event of a number that another thread reuses has the readiness of the new file',
    promise:
      'When another thread removes a number and adds it for another file, an event of that number has the readiness of the new file.',
    needs: [...NEEDS, 'javascript'],
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
    title: 'two edges are delivered once each to two waiting threads',
    promise: 'When two edges come together, the waiting threads get each of them once, in one batch or in two.',
    needs: [...NEEDS, 'edge', 'capacity'],
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
    title: 'a wait of an attached thread lasts its full time',
    promise: 'A wait with a timeout does not return early in a thread that has attached to the poller.',
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
