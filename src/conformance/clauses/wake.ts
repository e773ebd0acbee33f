import { EDGE, ONESHOT, READABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import type { Expectations } from '../kit/expectations.js';
import type { Poller } from '../../poller.js';
import { modesOf, product } from '../kit/modes.js';
import { receive, send } from '../kit/transfer.js';

/** The descriptor of the waker is likely to be below this number. */
const NUMBERS = 128;

/** Expects that one of the next waits sees the pending wake, and only one, while events are ready. */
function answeredOnce(expect: Expectations, poller: Poller, waits: number): void {
  let wakes = 0;
  for (let wait = 0; wait < waits; wait++) wakes += Number(poller.wait(0).woken);
  expect.equal(wakes, 1, 'waits that were woken');
}

export const wakeClauses: readonly Clause[] = [
  {
    id: 'wake.1',
    title: 'a wake before the wait ends the wait at once',
    promise: 'A wake() that precedes a wait makes the wait return at once, with woken set and without events.',
    needs: ['wake'],
    run({ open, expect }) {
      const poller = open.poller();
      expect.none(poller);
      poller.wake();
      expect.wake(poller);
      expect.none(poller);
    },
  },
  {
    id: 'wake.2',
    title: 'a wait with any timeout sees a pending wake',
    promise: 'A pending wake ends a wait with any timeout: 0, a fraction of a millisecond, or none.',
    needs: ['wake'],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([0, 0.1, 1, 60_000, Infinity, -1], (timeoutMs) => {
        poller.wake();
        const batch = poller.wait(timeoutMs);
        expect.equal([batch.length, batch.woken], [0, true], 'length, woken');
        expect.none(poller);
      });
    },
  },
  {
    id: 'wake.3',
    title: 'several wakes before a wait count as one',
    promise: 'Wakes coalesce: one wait is woken by all wakes that precede it, and the next wait is not.',
    needs: ['wake'],
    run({ open, expect }) {
      const poller = open.poller();
      for (let count = 0; count < 1000; count++) poller.wake();
      expect.wake(poller);
      for (let round = 0; round < 3; round++) expect.none(poller);
    },
  },
  {
    id: 'wake.4',
    title: 'each wake after a wait ends the next wait',
    promise: 'No wake is lost: a wake that comes after a wait is seen by the next wait.',
    needs: ['wake'],
    run({ open, expect }) {
      const poller = open.poller();
      for (let round = 0; round < 500; round++) {
        poller.wake();
        expect.wake(poller);
      }
      expect.none(poller);
    },
  },
  {
    id: 'wake.5',
    title: 'a wake does not hide events',
    promise:
      'When a wake and events are pending together, the next waits deliver both, and each event has all its bits.',
    needs: ['oneshot', 'wake'],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, ONESHOT | READABLE, 'data');
      poller.wake();
      const first = poller.wait(0);
      const events = [...first];
      let { woken } = first;
      const second = poller.wait(0);
      events.push(...second);
      woken ||= second.woken;
      expect.equal(
        [events.map(({ fd, readiness, data }) => [fd, readiness, data]), woken],
        [[[reader, READABLE, 'data']], true],
        'events, woken',
      );
      expect.none(poller);
    },
  },
  {
    id: 'wake.6',
    title: 'a wake and an event both arrive with a capacity of 1',
    promise: 'When a batch is full, the wake and the events are delivered within a few waits.',
    needs: ['capacity', 'wake'],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller({ capacity: 1 });
        const readers = open.readyPipes(3);
        for (const fd of readers) poller.add(fd, mode | READABLE);
        poller.wake();
        const seen = new Set<number>();
        let wakes = 0;
        for (let wait = 0; wait < 4; wait++) {
          const batch = poller.wait(0);
          for (const { fd } of batch) seen.add(fd);
          wakes += Number(batch.woken);
        }
        expect.equal([wakes, seen.size], [1, 3], 'wakes and descriptors seen in 4 waits');
      });
    },
  },
  {
    id: 'wake.7',
    title: 'a busy poller sees each wake once',
    promise: 'A poller that always has more ready descriptors than a batch holds sees each wake once.',
    needs: ['capacity', 'wake'],
    run({ open, expect }) {
      const poller = open.poller({ capacity: 1 });
      for (const fd of open.readyPipes(2)) poller.add(fd, READABLE);
      for (let round = 0; round < 50; round++) {
        poller.wake();
        answeredOnce(expect, poller, 3);
      }
    },
  },
  {
    id: 'wake.8',
    title: 'a wake does not appear as a registration or an event',
    promise: 'A wake does not count in size or has(), and a batch holds no event for it.',
    needs: ['wake'],
    run({ open, expect }) {
      const poller = open.poller();
      poller.wake();
      expect.equal(poller.size, 0, 'size');
      for (let fd = 0; fd < NUMBERS; fd++) expect.equal(poller.has(fd), false, `has(${fd})`);
      const batch = poller.wait(0);
      expect.equal([batch.length, [...batch]], [0, []], 'length, events');
    },
  },
  {
    id: 'wake.9',
    title: "modify() and remove() of the waker's own number do not disable wake()",
    promise:
      "modify() and remove() of numbers that are not registered fail and wake() still works, even if one of the numbers is the waker's own.",
    needs: ['inProcess', 'wake'],
    run({ open, expect }) {
      const poller = open.poller();
      for (let fd = 0; fd < NUMBERS; fd++) {
        expect.fails(() => poller.remove(fd), 'EBADF', 'ENOENT', 'EPERM', 'EINVAL');
        expect.fails(() => poller.modify(fd, READABLE), 'EBADF', 'ENOENT', 'EPERM', 'EINVAL');
      }
      poller.wake();
      expect.wake(poller);
      expect.none(poller);
    },
  },
  {
    id: 'wake.10',
    title: 'add() and remove() of any number do not disable wake()',
    promise: 'wake() still works after any numbers were added and removed.',
    needs: ['ownProcess', 'inProcess', 'wake'],
    run({ open, expect }) {
      const poller = open.poller();
      const added: number[] = [];
      for (let fd = 0; fd < NUMBERS; fd++) {
        try {
          poller.add(fd, 0);
          added.push(fd);
        } catch {
          expect.equal(poller.has(fd), false, `has(${fd})`);
        }
      }
      poller.wake();
      expect.wake(poller);
      for (const fd of added) poller.remove(fd);
      poller.wake();
      expect.wake(poller);
      expect.none(poller);
    },
  },
  {
    id: 'wake.11',
    title: 'alternating wakes and events are all seen',
    promise: 'Each wake and each event is seen by the next wait, in whatever order they alternate.',
    needs: ['edge', 'wake'],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, EDGE | READABLE);
      for (let round = 0; round < 100; round++) {
        poller.wake();
        expect.wake(poller);
        send(writer);
        expect.events(poller, [reader, READABLE]);
        receive(reader);
        expect.none(poller);
      }
    },
  },
  {
    id: 'wake.12',
    title: 'a pending wake makes the descriptor of the poller readable',
    promise:
      'A poller that is watched by another poller is READABLE there while a wake is pending, and not after a wait has seen the wake.',
    needs: ['nested', 'wake'],
    run({ open, expect }) {
      const [inner, outer] = [open.poller(), open.poller()];
      outer.add(inner.fd, READABLE);
      for (let round = 0; round < 3; round++) {
        expect.none(outer);
        inner.wake();
        expect.events(outer, [inner.fd, READABLE]);
        expect.wake(inner);
      }
      expect.none(outer);
    },
  },
  {
    id: 'wake.13',
    title: 'a wake from another thread ends a blocked wait',
    promise: 'wake() from any thread ends a wait without a timeout, with woken set and without events.',
    needs: ['threads', 'sharing', 'workers', 'wake'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      poller.add(reader, READABLE);
      for (let round = 0; round < 3; round++) {
        const waking = threads.startOn(poller, { do: 'sleep', ms: 3 }, { do: 'wake' });
        const batch = poller.wait();
        expect.equal([batch.length, batch.woken], [0, true], 'length, woken');
        await waking.done();
        expect.none(poller);
      }
    },
  },
  {
    id: 'wake.14',
    title: 'the last of many wakes from other threads is not lost',
    promise: 'A wait that begins before a wake of another thread returns, however wakes and waits overlap.',
    needs: ['threads', 'sharing', 'workers', 'wake'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const steps = [{ do: 'wake', times: 300 }, { do: 'announce' }, { do: 'wake' }] as const;
      const waking = [1, 2].map(() => threads.startOn(poller, ...steps));
      while (!waking.every((errand) => errand.hasAnnounced())) {
        const { woken, length } = poller.wait();
        expect.equal([woken, length], [true, 0], 'woken, length');
      }
      await Promise.all(waking.map((errand) => errand.done()));
      for (let wait = 0; poller.wait(0).woken; wait++) expect.ok(wait < 2, 'the wakes do not end');
      expect.none(poller);
    },
  },
  {
    id: 'wake.15',
    title: 'a wake beside several events is seen once',
    promise:
      'A wake that is pending together with several events is seen once by the next waits, whether the events fill a batch or not.',
    needs: ['capacity', 'wake'],
    run({ open, expect, each, environment }) {
      const capacities = [
        { name: 'a full batch', capacity: 3 },
        { name: 'room left', capacity: 64 },
      ];
      each(product(capacities, modesOf(environment.capabilities)), ([{ capacity }, { mode }]) => {
        const poller = open.poller({ capacity });
        const readers = open.readyPipes(3);
        for (const fd of readers) poller.add(fd, mode | READABLE);
        poller.wake();
        const seen = new Set<number>();
        let wakes = 0;
        for (let wait = 0; wait < 3; wait++) {
          const batch = poller.wait(0);
          for (const { fd } of batch) seen.add(fd);
          wakes += Number(batch.woken);
        }
        expect.equal([wakes, seen.size], [1, 3], 'wakes and descriptors seen in 3 waits');
      });
    },
  },
];
