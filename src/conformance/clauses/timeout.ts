import { READABLE } from '../../interest.js';
import type { Clause } from '../kit/clause.js';
import { withClock } from '../kit/fake-clock.js';
import { receive, send } from '../kit/transfer.js';

/** How often a call is repeated until one is quick: a busy machine delays some of them. */
const MOST_ROUNDS = 300;
const MILLISECOND = 1;
/** How often a wait is repeated: a busy machine ends some waits late, which hides that they would have been early. */
const LOOKS = 4;

/** Calls `act` until a call takes less than `ms`, a limited number of times. Returns the least time in milliseconds. */
function leastMs(ms: number, act: () => void): number {
  let least = Infinity;
  for (let round = 0; round < MOST_ROUNDS && least >= ms; round++) {
    const start = process.hrtime.bigint();
    act();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return least;
}

export const timeoutClauses: readonly Clause[] = [
  {
    id: 'timeout.1',
    title: 'a wait of an empty poller lasts its full time',
    promise: 'A wait of a poller without registrations does not return before its timeout.',
    needs: [],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([1, 5, 20, 40], (timeoutMs) => {
        for (let look = 0; look < LOOKS; look++)
          expect.lasts(timeoutMs, () => expect.batch(poller.wait(timeoutMs), []));
      });
    },
  },
  {
    id: 'timeout.2',
    title: 'a wait with an idle registration lasts its full time',
    promise: 'A wait does not return before its timeout while no registered descriptor is ready.',
    needs: [],
    run({ open, expect, each }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      poller.add(reader, READABLE);
      each([1, 3, 40], (timeoutMs) => {
        for (let look = 0; look < LOOKS; look++)
          expect.lasts(timeoutMs, () => expect.batch(poller.wait(timeoutMs), []));
      });
    },
  },
  {
    id: 'timeout.3',
    title: 'a timeout with a fraction of a millisecond is not cut down',
    promise: 'A timeout with a fraction counts in full: a wait of 0.3, 1.5 or 2.7 ms lasts at least that long.',
    needs: [],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([0.0001, 0.05, 0.3, 0.999, 1.5, 2.7], (timeoutMs) => {
        for (let round = 0; round < 5; round++) {
          expect.lasts(timeoutMs, () => expect.batch(poller.wait(timeoutMs), []));
        }
      });
    },
  },
  {
    id: 'timeout.4',
    title: 'a poller with finer timeouts does not round up to a millisecond',
    promise:
      'A poller whose timeoutResolutionNs is less than a millisecond waits for 0.1 ms without rounding up to a millisecond.',
    needs: ['subMillisecond'],
    run({ open, expect }) {
      const poller = open.poller();
      const least = leastMs(MILLISECOND, () => poller.wait(0.1));
      expect.ok(least >= 0.1 && least < MILLISECOND, `0.1 ms took ${least} ms at least`);
    },
  },
  {
    id: 'timeout.5',
    title: 'a wait with timeout 0 returns at once',
    promise: 'wait(0) does not block. It returns what is ready, or an empty batch.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      for (const timeoutMs of [0, -0]) {
        const least = leastMs(MILLISECOND, () => poller.wait(timeoutMs));
        expect.ok(least < MILLISECOND, `a wait of 0 took ${least} ms at least`);
        send(writer);
        expect.batch(poller.wait(timeoutMs), [[reader, READABLE]]);
        receive(reader);
        expect.batch(poller.wait(timeoutMs), []);
      }
    },
  },
  {
    id: 'timeout.6',
    title: 'a wait without a timeout blocks until an event',
    promise: 'wait() with undefined, Infinity or no argument blocks until there is an event.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      for (const args of [[], [undefined], [Infinity]]) {
        const writing = threads.writeAfter(25, writer);
        writing.begun();
        expect.batch(poller.wait(...args), [[reader, READABLE]]);
        await writing.done();
        receive(reader);
      }
    },
  },
  {
    id: 'timeout.7',
    title: 'a wait with a negative timeout blocks until an event',
    promise: 'wait() with a negative number blocks until there is an event.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      for (const timeoutMs of [-1, -0.5, -(2 ** 40), -Infinity]) {
        const writing = threads.writeAfter(10, writer);
        writing.begun();
        expect.batch(poller.wait(timeoutMs), [[reader, READABLE]]);
        await writing.done();
        receive(reader);
      }
    },
  },
  {
    id: 'timeout.8',
    title: 'a wait with a very long timeout does not end early',
    promise:
      'wait() accepts a timeout of any length: a wait of weeks or of millions of years blocks until there is an event.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      for (const timeoutMs of [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 9.3e12, 1e200]) {
        const writing = threads.writeAfter(12, writer);
        writing.begun();
        expect.batch(poller.wait(timeoutMs), [[reader, READABLE]]);
        await writing.done();
        receive(reader);
      }
    },
  },
  {
    id: 'timeout.9',
    title: 'each of two waits in a row lasts its full time',
    promise: 'Each wait has its own deadline, so that the second of two waits also lasts its full time.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      for (let look = 0; look < 2 * LOOKS; look++) expect.lasts(20, () => expect.batch(poller.wait(20), []));
    },
  },
  {
    id: 'timeout.10',
    title: 'a timeout of NaN throws a RangeError',
    promise: 'wait() throws ERR_OUT_OF_RANGE when the timeout is NaN.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      expect.refuses(() => poller.wait(NaN), RangeError, 'ERR_OUT_OF_RANGE');
      expect.none(poller);
    },
  },
  {
    id: 'timeout.11',
    title: 'a timeout that is no number throws a TypeError',
    promise: 'wait() throws ERR_INVALID_ARG_TYPE without waiting when the timeout is no number.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([null, '1', 1n, {}, true, new Date(0)], (timeoutMs) => {
        expect.refuses(() => poller.wait(timeoutMs as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      });
      expect.none(poller);
    },
  },
  {
    id: 'timeout.12',
    title: 'a ready descriptor ends a wait of any timeout at once',
    promise: 'A wait returns at once when a descriptor is ready, however short or long its timeout is.',
    needs: [],
    run({ open, expect, each }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE);
      each([0, -0, Number.MIN_VALUE, 0.5, 1, 60_000, 1e200, Infinity, -1, -Infinity], (timeoutMs) => {
        expect.batch(poller.wait(timeoutMs), [[reader, READABLE]]);
      });
    },
  },
  {
    id: 'timeout.13',
    title: 'an event ends a wait before its timeout',
    promise: 'A wait with a timeout returns as soon as there is an event.',
    needs: ['workers'],
    async run({ open, expect, threads }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      poller.add(reader, READABLE);
      const writing = threads.writeAfter(5, writer);
      expect.batch(poller.wait(60_000), [[reader, READABLE]]);
      await writing.done();
    },
  },
  {
    id: 'timeout.14',
    title: 'timeoutResolutionNs is a whole number of nanoseconds',
    promise: 'capabilities.timeoutResolutionNs is an integer of 1 or more.',
    needs: [],
    run({ open, expect }) {
      const { timeoutResolutionNs } = open.poller().capabilities;
      expect.ok(
        Number.isInteger(timeoutResolutionNs) && timeoutResolutionNs >= 1,
        `timeoutResolutionNs is ${timeoutResolutionNs}`,
      );
    },
  },
  {
    id: 'timeout.15',
    title: 'a fake clock in JavaScript does not change how long a wait lasts',
    promise:
      'A wait lasts its full time and delivers what is ready, even if the clocks and timers of JavaScript are replaced by ones that stand still or leap.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      let leaps = 0;
      const clocks = [
        { name: 'a clock that leaps', now: () => (leaps += 3_600_000) },
        { name: 'a clock that goes back', now: () => (leaps -= 3_600_000) },
        { name: 'a clock that stands still', now: () => 1e12 },
      ];
      each(clocks, ({ now }) => {
        const poller = open.poller();
        const [reader, writer] = open.pipe();
        poller.add(reader, READABLE, 'data');
        for (const timeoutMs of [0.5, 20]) {
          expect.lasts(timeoutMs, () => withClock(now, () => expect.batch(poller.wait(timeoutMs), [])));
        }
        send(writer);
        withClock(now, () => {
          for (const timeoutMs of [0, 60_000, Infinity])
            expect.batch(poller.wait(timeoutMs), [[reader, READABLE, 'data']]);
          poller.remove(reader);
          poller.wake();
          expect.wake(poller);
        });
      });
    },
  },
];
