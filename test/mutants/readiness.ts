import { EDGE, ERROR, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { Mutation } from './mutant.js';
import { type Row, withBits } from './rows.js';

/** A mutation that changes the bits of each event. */
function bits(wrong: string, change: (readiness: number, interest: number, row: Row) => number): Mutation {
  return {
    wrong,
    rows(rows) {
      return rows.flatMap((row) => withBits(row, change(row.readiness, this.interestOf(row.fd), row)));
    },
  };
}

function has(readiness: number, bit: number): boolean {
  return (readiness & bit) !== 0;
}

const DIRECTIONS = READABLE | WRITABLE;

function unread(fd: number): number {
  try {
    return sys.bytesReadable(fd);
  } catch {
    return 0;
  }
}

/** Faults of the bits of an event. */
export const READINESS: Readonly<Record<string, Mutation>> = {
  'hup-without-readable': bits('a hangup is not READABLE', (now) => (has(now, HANGUP) ? now & ~READABLE : now)),
  'hup-without-writable': bits('a hangup is not WRITABLE', (now) => (has(now, HANGUP) ? now & ~WRITABLE : now)),
  'hup-dropped': bits('HANGUP is never reported', (now) => now & ~HANGUP),
  'hup-with-data': bits('HANGUP comes with every READABLE', (now) => (has(now, READABLE) ? now | HANGUP : now)),
  'hup-with-own-shutdown': bits(
    'a writable registration for both directions without data reports a hangup',
    (now, interest) => (now === WRITABLE && has(interest, READABLE) ? now | HANGUP : now),
  ),
  'half-close-is-hangup': bits('READ_CLOSED is a hangup', (now) => (has(now, READ_CLOSED) ? now | HANGUP : now)),
  'read-closed-dropped': bits('READ_CLOSED is reported only if it is in the interest', (now, interest) =>
    has(interest, READ_CLOSED) ? now : now & ~READ_CLOSED,
  ),
  'read-closed-without-readable': bits('a half-close is not READABLE', (now) =>
    has(now, READ_CLOSED) ? now & ~READABLE : now,
  ),
  'read-closed-with-readable': bits('READ_CLOSED comes with READABLE even if it is not in the interest', (now) =>
    has(now, READ_CLOSED) ? now | READABLE : now,
  ),
  'read-closed-to-writers': bits(
    'a registration for WRITABLE alone reports READ_CLOSED with a hangup',
    (now, interest) => (has(now, HANGUP) && !has(interest, READABLE) ? now | READ_CLOSED : now),
  ),
  'read-closed-means-empty': bits('READ_CLOSED is not reported while data is unread', (now, _interest, { fd }) =>
    has(now, READ_CLOSED) && unread(fd) > 0 ? now & ~(READ_CLOSED | HANGUP) : now,
  ),
  'hup-eats-data': {
    wrong: 'a hangup discards the unread data',
    rows(rows) {
      for (const { fd, readiness } of rows)
        if (has(readiness, HANGUP) && unread(fd) > 0) sys.read(fd, Buffer.alloc(64));
      return rows;
    },
  },
  'hup-once': {
    wrong: 'a level registration reports a hangup once',
    rows(rows) {
      return rows.filter(({ fd, readiness }) => !has(readiness, HANGUP) || this.count(fd) === 0);
    },
  },
  'hup-for-ever': {
    wrong: 'a hangup that was reported is reported for ever',
    rows(rows) {
      for (const { fd, readiness } of rows) if (has(readiness, HANGUP)) this.memory.set(fd, true);
      return rows.map((row) => (this.memory.has(row.fd) ? { ...row, readiness: row.readiness | HANGUP } : row));
    },
  },
  'deaf-before-listen': {
    wrong: 'a socket that was added before listen() reports no connection',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      this.memory.set(fd, sys.classify(fd).kind === 'socket' && sys.getOption(fd, 'acceptConnections') === false);
    },
    rows(rows) {
      return rows.filter(({ fd }) => this.memory.get(fd) !== true || sys.getOption(fd, 'acceptConnections') === false);
    },
  },
  'half-close-once': {
    wrong: 'a level registration reports a half-close once',
    rows(rows) {
      return rows.filter(({ fd, readiness }) => readiness !== (READABLE | READ_CLOSED) || this.count(fd) === 0);
    },
  },
  'error-once': {
    wrong: 'a level registration reports an error without a hangup once',
    rows(rows) {
      return rows.filter(({ fd, readiness }) => readiness !== ERROR || this.count(fd) === 0);
    },
  },
  'error-dropped': bits('ERROR is never reported', (now) => now & ~ERROR),
  'error-without-writable': bits('an error is not WRITABLE', (now) => (has(now, ERROR) ? now & ~WRITABLE : now)),
  'error-without-readable': bits('an error is not READABLE', (now) => (has(now, ERROR) ? now & ~READABLE : now)),
  'error-sticks': {
    wrong: 'an error is still reported after it was taken',
    rows(rows) {
      for (const { fd, readiness } of rows) if (has(readiness, ERROR)) this.memory.set(fd, true);
      return rows.map((row) => (this.memory.has(row.fd) ? { ...row, readiness: row.readiness | ERROR } : row));
    },
  },
  'error-taken': {
    wrong: 'the poller takes the error that it reports',
    rows(rows) {
      for (const { fd, readiness } of rows) {
        if (has(readiness, ERROR) && sys.classify(fd).kind === 'socket') sys.takeError(fd);
      }
      return rows;
    },
  },
  'hup-for-directions-only': bits(
    'HANGUP is reported only to registrations for READABLE or WRITABLE',
    (now, interest) => (has(interest, DIRECTIONS) ? now : now & ~HANGUP),
  ),
  'error-for-directions-only': bits(
    'ERROR is reported only to registrations for READABLE or WRITABLE',
    (now, interest) => (has(interest, DIRECTIONS) ? now : now & ~ERROR),
  ),
  'broken-pipe-silent': bits('the write end of a pipe does not report that its readers are gone', (now) =>
    has(now, WRITABLE) && has(now, ERROR | HANGUP) ? 0 : now,
  ),
  'error-everywhere': bits('ERROR comes with every event', (now) => now | ERROR),
  'both-when-one': bits('READABLE comes with the other bits of the interest', (now, interest) =>
    has(now, READABLE) ? now | (interest & WRITABLE) : now,
  ),
  'unasked-writable': bits('READABLE comes with WRITABLE even if WRITABLE is not in the interest', (now) =>
    has(now, READABLE) ? now | WRITABLE : now,
  ),
  'one-of-both': bits('only one of two ready directions is reported', (now) =>
    has(now, READABLE) && has(now, WRITABLE) ? now & ~WRITABLE : now,
  ),
  'writable-hides-readable': bits('WRITABLE hides READABLE', (now) => (has(now, WRITABLE) ? now & ~READABLE : now)),
  'writable-once': {
    wrong: 'a registration reports WRITABLE once',
    rows(rows) {
      return rows.filter(({ fd, readiness }) => readiness !== WRITABLE || this.count(fd) === 0);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      this.memory.delete(fd);
    },
  },
  'priority-dropped': bits('PRIORITY is never reported', (now) => now & ~PRIORITY),
  'priority-is-readable': bits('urgent data is READABLE', (now) => (has(now, PRIORITY) ? now | READABLE : now)),
  'priority-with-data': {
    wrong: 'PRIORITY is reported for normal data',
    add(fd, interest, data) {
      this.inner.add(fd, has(interest, PRIORITY) ? interest | READABLE : interest, data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, has(interest, PRIORITY) ? interest | READABLE : interest, data);
    },
    rows(rows) {
      return rows.map((row) => (has(this.interestOf(row.fd), PRIORITY) ? { ...row, readiness: PRIORITY } : row));
    },
  },
  'priority-unasked': {
    wrong: 'PRIORITY is reported to a registration for READABLE',
    add(fd, interest, data) {
      this.inner.add(fd, has(interest, READABLE) ? interest | PRIORITY : interest, data);
    },
  },
  'priority-sticks': {
    wrong: 'PRIORITY is still reported after the urgent data was received',
    rows(rows) {
      for (const row of rows) if (has(row.readiness, PRIORITY)) this.memory.set(row.fd, row);
      if (rows.length > 0 || this.memory.size === 0) return rows;
      return [...this.memory.values()] as Row[];
    },
  },
  'read-closed-alone-hears-data': {
    wrong: 'a registration for READ_CLOSED alone reports data',
    add(fd, interest, data) {
      this.inner.add(fd, has(interest, READ_CLOSED) ? interest | READABLE : interest, data);
    },
    rows(rows) {
      return rows.map((row) =>
        has(this.interestOf(row.fd), READABLE) ? row : { ...row, readiness: row.readiness & ~READABLE || READ_CLOSED },
      );
    },
  },
  'read-closed-alone-deaf': {
    wrong: 'a registration for READ_CLOSED alone reports nothing',
    rows(rows) {
      return rows.filter(({ fd }) => (this.interestOf(fd) & ~(EDGE | ONESHOT)) !== READ_CLOSED);
    },
  },
  'oneshot-hup-leaks': {
    wrong: 'a disarmed registration reports hangups, ends and errors',
    rows(rows) {
      for (const { fd } of rows) {
        const interest = this.interestOf(fd);
        if (has(interest, ONESHOT) && this.inner.has(fd)) {
          this.inner.modify(fd, READ_CLOSED | ONESHOT);
        }
      }
      return rows;
    },
  },
  'flags-swapped': {
    wrong: 'the flags of an event do not agree with its readiness',
    batch(batch) {
      return {
        length: batch.length,
        woken: batch.woken,
        fdAt: (index) => batch.fdAt(index),
        readinessAt: (index) => batch.readinessAt(index),
        dataAt: (index) => batch.dataAt(index),
        *[Symbol.iterator]() {
          for (const event of batch) yield { ...event, readable: event.writable, writable: event.readable };
        },
      };
    },
  },
};
