import { EDGE, ONESHOT, READABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf } from '../kit/modes.js';
import { monotonicMs, untilClock } from '../kit/waiting.js';

const FAR_MS = 1e9;

/**
 * Sets a timer that expires once, and returns when its time has come. Whoever looks earlier may find a timer of a
 * kqueue reported that readTimer() does not count yet.
 */
function expire(fd: number): void {
  sys.setTimer(fd, { afterMs: 1 });
  untilClock(monotonicMs() + 1);
}

/** Timers as descriptors. */
export const timerSourcesClauses: readonly Clause[] = [
  {
    id: 'sources.10',
    title: 'every wait reports a timer from its expiry until it is read',
    promise:
      'A timer is READABLE from the time at which it expires until its expirations are read, and is not reported before that time.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.timer();
      poller.add(fd, READABLE, 'timer');
      expect.none(poller);
      for (let round = 0; round < 3; round++) {
        sys.setTimer(fd, { afterMs: FAR_MS });
        for (let wait = 0; wait < 2; wait++) expect.none(poller);
        expire(fd);
        for (let wait = 0; wait < 3; wait++) expect.events(poller, [fd, READABLE, 'timer']);
        expect.equal(sys.readTimer(fd), 1, 'expirations');
        expect.equal(sys.readTimer(fd), sys.WOULD_BLOCK, 'expirations');
        expect.none(poller);
      }
    },
  },
  {
    id: 'sources.11',
    title: 'a blocked wait returns when a timer expires, and no expiration is read before its time',
    promise:
      'A wait that blocks returns when a registered timer expires, in every mode. No expiration can be read before the time that was set.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const fd = open.timer();
        poller.add(fd, mode | READABLE, 'timer');
        const start = monotonicMs();
        sys.setTimer(fd, { afterMs: 20.5 });
        let count: number = sys.WOULD_BLOCK;
        while (count === sys.WOULD_BLOCK) {
          expect.batch(poller.wait(), [[fd, READABLE, 'timer']]);
          count = sys.readTimer(fd);
          if ((mode & ONESHOT) !== 0) poller.modify(fd, mode | READABLE);
        }
        const elapsedMs = monotonicMs() - start;
        expect.equal(count, 1, 'expirations');
        expect.ok(elapsedMs >= 20.5, `a timer of 20.5 ms expired after ${elapsedMs} ms`);
        expect.none(poller);
      });
    },
  },
  {
    id: 'sources.12',
    title: 'a periodic timer that is read is reported again when the next period expires',
    promise:
      'A periodic timer becomes READABLE again after each read, when its next period expires, in every mode; readTimer() counts every period that has expired, and none that has not.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const fd = open.timer();
        poller.add(fd, mode | READABLE);
        expect.none(poller);
        const start = monotonicMs();
        sys.setTimer(fd, { everyMs: 3 });
        for (let total = 0, reads = 0; reads < 5; ) {
          expect.batch(poller.wait(), [[fd, READABLE]]);
          const count = sys.readTimer(fd);
          if ((mode & ONESHOT) !== 0) poller.modify(fd, mode | READABLE);
          if (count === sys.WOULD_BLOCK) continue;
          total += count;
          reads++;
          const most = Math.floor((monotonicMs() - start) / 3);
          expect.ok(total <= most, `${total} periods were counted after ${most}`);
        }
        sys.setTimer(fd, {});
        expect.extraEdges(poller, fd, READABLE);
      });
    },
  },
  {
    id: 'sources.13',
    title: 'a new setting of a timer takes back an expiry that was not read',
    promise:
      'setTimer() ends the readiness of a timer that has expired. The timer is reported when the new time comes.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(modesOf(environment.capabilities), ({ mode }) => {
        const poller = open.poller();
        const fd = open.timer();
        poller.add(fd, mode | READABLE);
        for (const setting of [{ afterMs: FAR_MS }, { everyMs: FAR_MS }, {}]) {
          expire(fd);
          expect.held(poller, mode, [fd, READABLE]);
          sys.setTimer(fd, setting);
          if ((mode & ONESHOT) !== 0) poller.modify(fd, mode | READABLE);
          expect.none(poller);
          expect.equal(sys.readTimer(fd), sys.WOULD_BLOCK, 'expirations');
        }
        expire(fd);
        expect.held(poller, mode, [fd, READABLE]);
        expect.equal(sys.readTimer(fd), 1, 'expirations');
      });
    },
  },
  {
    id: 'sources.14',
    title: 'an edge registration reports each expiry of a timer that is read or set again',
    promise:
      'An edge registration of a timer reports an expiry once. It reports the next one after the timer was read, and after it was set again unread.',
    needs: ['edge'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.timer();
      poller.add(fd, EDGE | READABLE);
      for (let round = 0; round < 4; round++) {
        expire(fd);
        expect.events(poller, [fd, READABLE]);
        expect.none(poller);
        if (round % 2 === 0) expect.equal(sys.readTimer(fd), 1, 'expirations');
        expect.none(poller);
      }
      poller.modify(fd, EDGE | READABLE);
      expect.events(poller, [fd, READABLE]);
      expect.none(poller);
    },
  },
  {
    id: 'sources.15',
    title: 'a oneshot registration of a timer reports one expiry until modify()',
    promise:
      'A oneshot registration of a timer is reported once, whatever expires. modify() re-arms it, and reports an expiry that was not read.',
    needs: ['oneshot'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.timer();
      poller.add(fd, ONESHOT | READABLE);
      for (let round = 0; round < 3; round++) {
        expire(fd);
        expect.events(poller, [fd, READABLE]);
        expire(fd);
        expect.none(poller);
        poller.modify(fd, ONESHOT | READABLE);
        expect.events(poller, [fd, READABLE]);
        expect.none(poller);
        expect.equal(sys.readTimer(fd), 1, 'expirations');
        poller.modify(fd, ONESHOT | READABLE);
        expect.none(poller);
      }
    },
  },
];
