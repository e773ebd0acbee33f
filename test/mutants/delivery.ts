import { EDGE, ERROR, EXCLUSIVE, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { Mutant, Mutation } from './mutant.js';
import { type Row, invented } from './rows.js';

const ASKABLE = READABLE | WRITABLE | PRIORITY | READ_CLOSED;
const MODES = EDGE | ONESHOT;

/** A mutation that changes the interest before the inner poller gets it. */
function interests(wrong: string, change: (interest: number) => number): Mutation {
  return {
    wrong,
    add(fd, interest, data) {
      this.inner.add(fd, change(interest), data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, change(interest), data);
    },
  };
}

function isMode(interest: number, mode: number): boolean {
  return (interest & MODES) === mode;
}

/** The registrations for READABLE that `rows` does not report. */
function silentOnes(mutant: Mutant, rows: readonly Row[]): number[] {
  return [...mutant.interests]
    .filter(
      ([fd, interest]) => (interest & READABLE) !== 0 && !rows.some((row) => row.fd === fd) && mutant.inner.has(fd),
    )
    .map(([fd]) => fd);
}

/** Faults of when, how often and in which batch an event comes. */
export const DELIVERY: Readonly<Record<string, Mutation>> = {
  'level-is-edge': interests('level is delivered as edge', (interest) =>
    isMode(interest, 0) ? interest | EDGE : interest,
  ),
  'edge-is-level': interests('edge is delivered as level', (interest) =>
    isMode(interest, EDGE) ? interest & ~EDGE : interest,
  ),
  'oneshot-is-level': interests('oneshot is delivered as level', (interest) =>
    isMode(interest, ONESHOT) ? interest & ~ONESHOT : interest,
  ),
  'edge-oneshot-is-edge': interests('edge-oneshot is delivered as edge', (interest) =>
    isMode(interest, MODES) ? interest & ~ONESHOT : interest,
  ),
  'edge-oneshot-is-level': interests('edge-oneshot is delivered as level', (interest) =>
    isMode(interest, MODES) ? interest & ~MODES : interest,
  ),
  'reports-idle': {
    wrong: 'a registration that is not ready is reported as READABLE',
    rows(rows) {
      return [...rows, ...silentOnes(this, rows).map((fd) => invented(fd, READABLE))];
    },
  },
  'reports-drained': {
    wrong: 'a descriptor is reported once more after it was drained',
    rows(rows) {
      const last = (this.memory.get('last') as Row[] | undefined) ?? [];
      this.memory.set('last', rows);
      return rows.length > 0 ? rows : last.filter(({ fd }) => this.inner.has(fd));
    },
  },
  'reports-full': {
    wrong: 'a full descriptor is WRITABLE',
    rows(rows) {
      const full = [...this.interests].filter(
        ([fd, interest]) => (interest & WRITABLE) !== 0 && !rows.some((row) => row.fd === fd),
      );
      return [...rows, ...full.map(([fd]) => invented(fd, WRITABLE))];
    },
  },
  duplicates: {
    wrong: 'every event is in its batch twice',
    rows: (rows) => rows.flatMap((row) => [row, row]),
  },
  'directions-split': {
    wrong: 'two ready directions of a descriptor are two events',
    rows: (rows) =>
      rows.flatMap((row) =>
        (row.readiness & WRITABLE) !== 0 && (row.readiness & READABLE) !== 0
          ? [
              { ...row, readiness: row.readiness & ~WRITABLE },
              { ...row, readiness: WRITABLE },
            ]
          : [row],
      ),
  },
  'directions-in-turn': {
    wrong: 'with a capacity of 1 each event has one direction',
    rows(rows) {
      if (this.capacity > 1) return rows;
      return rows.map((row) =>
        (row.readiness & (READABLE | WRITABLE)) === (READABLE | WRITABLE)
          ? { ...row, readiness: row.readiness & ~(this.count(row.fd) % 2 === 0 ? READABLE : WRITABLE) }
          : row,
      );
    },
  },
  'loses-the-tenth': {
    wrong: 'every tenth event is lost',
    rows(rows) {
      return rows.filter(() => this.count('events') % 10 !== 9);
    },
  },
  'edge-once': {
    wrong: 'an edge registration reports one event in all',
    rows(rows) {
      return rows.filter(({ fd }) => !isMode(this.interestOf(fd), EDGE) || this.count(fd) === 0);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      this.memory.delete(fd);
    },
    remove(fd) {
      this.inner.remove(fd);
      this.memory.delete(fd);
    },
  },
  'edge-needs-drained': {
    wrong: 'new data is not reported as an edge while older data is unread',
    rows(rows) {
      const unread = (fd: number): number => {
        try {
          return sys.bytesReadable(fd);
        } catch {
          return 0;
        }
      };
      return rows.filter(({ fd, readiness }) => {
        if ((this.interestOf(fd) & EDGE) === 0 || readiness !== READABLE) return true;
        const before = (this.memory.get(fd) as number | undefined) ?? 0;
        this.memory.set(fd, unread(fd));
        return unread(fd) > before && before === 0;
      });
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      this.memory.delete(fd);
    },
  },
  'edge-silent-at-add': {
    wrong: 'a descriptor that is ready at add() is not reported as an edge',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      if ((interest & EDGE) !== 0) this.inner.wait(0);
    },
  },
  'edge-not-rearmed': {
    wrong: 'modify() of an edge registration does not report a ready descriptor',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      if (isMode(interest, EDGE)) this.inner.wait(0);
    },
  },
  'edge-repeats-after-read': {
    wrong: 'an edge is reported again by each wait',
    rows(rows) {
      for (const [fd, interest] of this.interests) {
        if (isMode(interest, EDGE) && this.inner.has(fd)) this.inner.modify(fd, interest & ~EXCLUSIVE);
      }
      return rows;
    },
  },
  'oneshot-per-direction': {
    wrong: 'a oneshot event disarms only the direction that it reports',
    rows(rows) {
      for (const { fd, readiness } of rows) {
        const rest = this.interestOf(fd) & ~(readiness & ASKABLE);
        if ((this.interestOf(fd) & ONESHOT) !== 0 && (rest & ASKABLE) !== 0) this.inner.modify(fd, rest);
      }
      return rows;
    },
  },
  'oneshot-unregisters': {
    wrong: 'a oneshot registration is removed when it fires',
    rows(rows) {
      const kept = rows.map((row) => ({
        ...row,
        data: (
          (data) => () =>
            data
        )(row.data()),
        isLive: () => true,
      }));
      for (const { fd } of rows) {
        if ((this.interestOf(fd) & ONESHOT) !== 0 && this.inner.has(fd)) this.inner.remove(fd);
      }
      return kept;
    },
    modify(fd, interest, data) {
      if ((this.interestOf(fd) & ONESHOT) !== 0 && !this.inner.has(fd)) this.inner.add(fd, interest, data);
      else this.inner.modify(fd, interest, data);
    },
  },
  'oneshot-fires-twice': {
    wrong: 'a oneshot registration fires twice',
    rows(rows) {
      for (const { fd } of rows) {
        const interest = this.interestOf(fd);
        if ((interest & ONESHOT) !== 0 && this.count(fd) % 2 === 0 && this.inner.has(fd))
          this.inner.modify(fd, interest);
      }
      return rows;
    },
  },
  'oneshot-disarms-all': {
    wrong: 'one event disarms all oneshot registrations',
    rows(rows) {
      if (rows.length > 0) {
        for (const [fd, interest] of this.interests) {
          if ((interest & ONESHOT) !== 0 && !rows.some((row) => row.fd === fd)) this.inner.modify(fd, 0);
        }
      }
      return rows;
    },
  },
  'rearm-needs-news': {
    wrong: 'a re-armed registration does not report data that came before modify()',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      if ((interest & ONESHOT) !== 0) {
        const { rows } = this.look(0);
        if (rows.some((row) => row.fd === fd)) this.inner.modify(fd, EDGE | interest);
        this.inner.wait(0);
        this.inner.modify(fd, interest & ~ASKABLE);
      }
    },
  },
  'rearm-in-batch-lost': {
    wrong: 'modify() during an iteration has no effect',
    rows(rows) {
      this.memory.set('pending', rows.length);
      return rows;
    },
    modify(fd, interest, data) {
      const pending = (this.memory.get('pending') as number | undefined) ?? 0;
      this.memory.set('pending', pending - 1);
      if (pending > 1 && (interest & ONESHOT) !== 0) return;
      this.inner.modify(fd, interest, data);
    },
  },
  'pause-ignored': interests('interest 0 is taken as READABLE', (interest) =>
    (interest & ASKABLE) === 0 ? interest | READABLE : interest,
  ),
  'pause-hears-hangup': {
    wrong: 'a paused registration reports hangups',
    add(fd, interest, data) {
      this.inner.add(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    rows(rows) {
      return rows.flatMap((row) =>
        (this.interestOf(row.fd) & ASKABLE) !== 0
          ? [row]
          : (row.readiness & HANGUP) !== 0
            ? [{ ...row, readiness: row.readiness & (HANGUP | ERROR) }]
            : [],
      );
    },
  },
  'pause-hears-errors': {
    wrong: 'a paused registration reports errors',
    add(fd, interest, data) {
      this.inner.add(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    rows(rows) {
      return rows.flatMap((row) =>
        (this.interestOf(row.fd) & ASKABLE) !== 0
          ? [row]
          : (row.readiness & ERROR) !== 0
            ? [{ ...row, readiness: ERROR }]
            : [],
      );
    },
  },
  'pause-hears-the-end': {
    wrong: 'a paused registration reports that the peer has finished sending',
    add(fd, interest, data) {
      this.inner.add(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, (interest & ASKABLE) === 0 ? interest | READ_CLOSED : interest, data);
    },
    rows(rows) {
      return rows.filter(({ fd, readiness }) => (this.interestOf(fd) & ASKABLE) !== 0 || readiness === READ_CLOSED);
    },
  },
  'pause-spins': {
    wrong: 'a wait uses processor time while a registration is paused',
    wait(timeoutMs) {
      if (
        timeoutMs === undefined ||
        timeoutMs <= 0 ||
        ![...this.interests.values()].some((interest) => (interest & ASKABLE) === 0)
      ) {
        return this.look(timeoutMs);
      }
      const deadline = performance.now() + timeoutMs;
      let delivery = this.look(0);
      while (performance.now() < deadline && delivery.rows.length === 0 && !delivery.woken) delivery = this.look(0);
      return delivery;
    },
  },
  'half-close-spins': {
    wrong: 'a wait for READ_CLOSED alone uses processor time while data is unread',
    wait(timeoutMs) {
      if (timeoutMs === undefined || timeoutMs <= 0 || ![...this.interests.values()].includes(READ_CLOSED))
        return this.look(timeoutMs);
      const deadline = performance.now() + timeoutMs;
      let delivery = this.look(0);
      while (performance.now() < deadline && delivery.rows.length === 0 && !delivery.woken) delivery = this.look(0);
      return delivery;
    },
  },
  'pause-unregisters': {
    wrong: 'interest 0 ends the registration',
    modify(fd, interest, data) {
      if ((interest & ASKABLE) === 0) this.inner.remove(fd);
      else if (this.inner.has(fd)) this.inner.modify(fd, interest, data);
      else this.inner.add(fd, interest, data);
    },
    add(fd, interest, data) {
      if ((interest & ASKABLE) !== 0) this.inner.add(fd, interest, data);
    },
  },
  'pause-starves': {
    wrong: 'paused registrations take places in the batch',
    rows(rows) {
      const paused = [...this.interests.values()].filter((interest) => (interest & ASKABLE) === 0).length;
      return rows.slice(0, Math.max(0, this.capacity - paused));
    },
  },
  'resume-needs-news': {
    wrong: 'an edge that comes during a pause is not reported after the pause',
    modify(fd, interest, data) {
      const wasPaused = (this.interestOf(fd) & ASKABLE) === 0;
      this.inner.modify(fd, interest, data);
      if (wasPaused && (interest & EDGE) !== 0) this.inner.wait(0);
    },
  },
  'pause-too-late': {
    wrong: 'a pause takes effect after the next wait',
    modify(fd, interest, data) {
      if ((interest & ASKABLE) !== 0 || (interest & MODES) !== 0) this.inner.modify(fd, interest, data);
      else this.memory.set(fd, true);
    },
    wait(timeoutMs) {
      const delivery = this.look(timeoutMs);
      for (const fd of this.memory.keys()) if (this.inner.has(fd as number)) this.inner.modify(fd as number, 0);
      this.memory.clear();
      return delivery;
    },
  },
};
