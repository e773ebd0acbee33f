import type { Delivery, Mutant, Mutation } from './mutant.js';
import { invented } from './rows.js';

const NOTHING: Delivery = { rows: [], woken: false };

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A mutation that changes the timeout before the inner poller gets it. */
function timeouts(wrong: string, change: (timeoutMs: number | undefined) => unknown): Mutation {
  return {
    wrong,
    wait(timeoutMs) {
      return this.look(change(timeoutMs) as number | undefined);
    },
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && !Number.isNaN(value);
}

/** Whether a wake was remembered; it is then forgotten. */
function wakeSeen(mutant: Mutant): boolean {
  return mutant.memory.delete('wake');
}

/** Faults of timeouts and wakes. */
export const WAITS: Readonly<Record<string, Mutation>> = {
  early: timeouts('a wait ends after three quarters of its time', (ms) =>
    isNumber(ms) && ms > 0 && ms < 1000 ? ms * 0.75 : ms,
  ),
  'ends-after-1ms': timeouts('no wait lasts longer than a millisecond', (ms) =>
    isNumber(ms) && ms > 1 && ms < 1000 ? 1 : ms,
  ),
  'fractions-cut': timeouts('fractions of a millisecond are cut off', (ms) =>
    isNumber(ms) && Math.abs(ms) < 1e9 ? Math.trunc(ms) : ms,
  ),
  'fractions-to-ms': timeouts('timeouts are rounded up to whole milliseconds', (ms) =>
    isNumber(ms) && Math.abs(ms) < 1e9 ? Math.ceil(ms) : ms,
  ),
  'zero-blocks': timeouts('a timeout of 0 is taken as a millisecond', (ms) => (ms === 0 ? 1 : ms)),
  'zero-does-not-look': {
    wrong: 'wait(0) returns an empty batch without asking the kernel',
    wait(timeoutMs) {
      return timeoutMs === 0 ? NOTHING : this.look(timeoutMs);
    },
  },
  'forever-is-5ms': timeouts('a wait without a timeout returns after 5 ms', (ms) =>
    ms === undefined || ms === Infinity ? 5 : ms,
  ),
  'negative-polls': timeouts('a negative timeout is taken as 0', (ms) => (isNumber(ms) && ms < 0 ? 0 : ms)),
  'long-wraps': timeouts('a timeout above 2³¹ wraps around', (ms) =>
    isNumber(ms) && ms > 2 ** 31 - 2 && ms !== Infinity ? 1 : ms,
  ),
  'long-is-clamped-to-none': timeouts('a timeout above a minute is taken as no timeout', (ms) =>
    isNumber(ms) && ms > 30_000 && ms !== Infinity ? 0 : ms,
  ),
  'nan-is-zero': timeouts('a timeout of NaN is taken as 0', (ms) => (Number.isNaN(ms) ? 0 : ms)),
  'timeout-coerced': timeouts('a timeout is converted to a number', (ms) => (ms === undefined ? ms : Number(ms))),
  'second-wait-shorter': {
    wrong: 'every second wait ends early',
    wait(timeoutMs) {
      const isCut = isNumber(timeoutMs) && timeoutMs > 2 && timeoutMs < 1000 && this.count('waits') % 2 === 1;
      return this.look(isCut ? timeoutMs / 2 : timeoutMs);
    },
  },
  'deadline-too-late': {
    wrong: 'a wait of 10 ms blocks until an event',
    wait(timeoutMs) {
      if (timeoutMs === 10) sleep(60_000);
      return this.look(timeoutMs);
    },
  },
  'sits-it-out': {
    wrong: 'a wait with a timeout lasts its full time even if an event comes',
    wait(timeoutMs) {
      if (isNumber(timeoutMs) && timeoutMs > 0 && timeoutMs < 1e9) sleep(timeoutMs);
      return this.look(isNumber(timeoutMs) ? 0 : timeoutMs);
    },
  },
  'deaf-while-blocked': {
    wrong: 'an event does not end a blocked wait',
    wait(timeoutMs) {
      const delivery = this.look(typeof timeoutMs === 'number' || timeoutMs === undefined ? 0 : timeoutMs);
      const isPatient = timeoutMs === undefined || timeoutMs < 0 || timeoutMs > 1000;
      if (delivery.rows.length > 0 || delivery.woken || Number.isNaN(timeoutMs))
        return Number.isNaN(timeoutMs) ? this.look(timeoutMs) : delivery;
      if (isPatient) sleep(60_000);
      return this.look(timeoutMs);
    },
  },
  'deadline-by-date': {
    wrong: 'a wait takes its deadline from the clock of JavaScript, which may be fake',
    wait(timeoutMs) {
      if (!isNumber(timeoutMs) || timeoutMs <= 0 || timeoutMs > 1000) return this.look(timeoutMs);
      const end = Date.now() + timeoutMs + 1;
      for (;;) {
        const delivery = this.look(1);
        if (delivery.rows.length > 0 || delivery.woken || Date.now() >= end) return delivery;
      }
    },
  },
  'resolution-zero': {
    wrong: 'timeoutResolutionNs is 0',
    capabilities: (capabilities) => ({ ...capabilities, timeoutResolutionNs: 0 }),
  },
  'wake-does-nothing': { wrong: 'wake() does nothing', wake() {} },
  'wakes-counted': {
    wrong: 'wakes do not coalesce: each wakes one wait',
    wake() {
      this.count('wakes');
      this.inner.wake();
    },
    woken(woken) {
      const left = Math.max(0, ((this.memory.get('wakes') as number | undefined) ?? 0) - 1);
      this.memory.set('wakes', left);
      if (left > 0) this.inner.wake();
      return woken;
    },
  },
  'second-wake-lost': {
    wrong: 'every second wake() is lost',
    wake() {
      if (this.count('wakes') % 2 === 0) this.inner.wake();
    },
  },
  'wake-hides-events': {
    wrong: 'the events of a wait that is woken are dropped',
    rows: (rows, { woken }) => (woken ? [] : rows),
  },
  'wake-is-an-event': {
    wrong: 'a wake is delivered as an event',
    rows(rows, { woken }) {
      return woken ? [...rows, invented(this.fd, 1)] : rows;
    },
  },
  'wake-counts': {
    wrong: 'a pending wake counts as a registration',
    wake() {
      this.memory.set('wake', true);
      this.inner.wake();
    },
    size() {
      return this.inner.size + (this.memory.has('wake') ? 1 : 0);
    },
    woken(woken) {
      if (woken) wakeSeen(this);
      return woken;
    },
  },
  'woken-sticks': {
    wrong: 'woken stays true after a wake',
    woken(woken) {
      if (woken) this.memory.set('woken', true);
      return this.memory.has('woken');
    },
  },
  'woken-lost-in-a-crowd': {
    wrong: 'a wake beside two events or more is lost',
    woken: (woken, rows) => woken && rows.length < 2,
  },
  'wake-unseen-by-zero': {
    wrong: 'wait(0) does not see a wake',
    wait(timeoutMs) {
      const delivery = this.look(timeoutMs);
      if (timeoutMs !== 0 || !delivery.woken) return delivery;
      this.inner.wake();
      return { ...delivery, woken: false };
    },
  },
  'wake-waits-for-calm': {
    wrong: 'a wake is not seen while there are events',
    wait(timeoutMs) {
      const delivery = this.look(timeoutMs);
      if (!delivery.woken || this.interests.size === 0) return delivery;
      if (delivery.rows.length === 0 && this.capacity > 1) return delivery;
      this.inner.wake();
      return delivery.rows.length > 0 ? { ...delivery, woken: false } : this.look(0);
    },
  },
  'waker-can-be-removed': {
    wrong: "remove() of a number near the poller's own disables the waker",
    remove(fd) {
      if (fd === this.inner.fd + 1) this.memory.set('dead', true);
      this.inner.remove(fd);
    },
    wake() {
      if (!this.memory.has('dead')) this.inner.wake();
    },
  },
  'waker-can-be-taken-over': {
    wrong: "add() of a number near the poller's own disables the waker",
    add(fd, interest, data) {
      if (fd === this.inner.fd + 1 && interest === 0) this.memory.set('dead', true);
      this.inner.add(fd, interest, data);
    },
    wake() {
      if (!this.memory.has('dead')) this.inner.wake();
    },
  },
  'wake-in-javascript': {
    wrong: 'a wake is a flag in JavaScript that the kernel does not see',
    wake() {
      this.memory.set('wake', true);
      if (this.inner.closed) this.inner.wake();
    },
    wait(timeoutMs) {
      const isWoken = wakeSeen(this);
      const delivery = this.look(isWoken ? 0 : timeoutMs);
      return { rows: delivery.rows, woken: isWoken };
    },
  },
  'woken-twice': {
    wrong: 'one wake wakes two waits',
    woken(woken) {
      const again = this.memory.delete('again');
      if (woken && !again) this.memory.set('again', true);
      return woken || again;
    },
  },
};
