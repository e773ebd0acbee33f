import { EDGE, HANGUP, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { Mutation } from './mutant.js';
import { invented } from './rows.js';

/** Loses an edge that adds only `bit` to what was reported before. */
function losing(bit: number, wrong: string): Mutation {
  return {
    wrong,
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      this.memory.delete(fd);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      this.memory.delete(fd);
    },
    rows(rows) {
      return rows.filter(({ fd, readiness }) => {
        const before = (this.memory.get(fd) as number | undefined) ?? 0;
        this.memory.set(fd, readiness);
        return (
          (this.interestOf(fd) & EDGE) === 0 || before === 0 || readiness !== (before | bit) || (before & bit) !== 0
        );
      });
    },
  };
}

/** Faults of the edges of a descriptor that is already ready. */
export const EDGES: Readonly<Record<string, Mutation>> = {
  'edge-room-needs-drained': {
    wrong: 'room to write is not reported as an edge while data is unread',
    rows(rows) {
      return rows.filter(({ fd, readiness }) => {
        const isBoth = (this.interestOf(fd) & (EDGE | READABLE | WRITABLE)) === (EDGE | READABLE | WRITABLE);
        return (
          !isBoth || (readiness & WRITABLE) === 0 || (readiness & READ_CLOSED) !== 0 || sys.bytesReadable(fd) === 0
        );
      });
    },
  },
  'edges-come-together': {
    wrong: 'an event of one descriptor repeats the edges of all descriptors with unread data',
    rows(rows, { woken }) {
      if (rows.length === 0 && !woken) return rows;
      const others = [...this.interests.keys()].filter(
        (fd) =>
          (this.interestOf(fd) & (EDGE | READABLE)) === (EDGE | READABLE) &&
          !rows.some((row) => row.fd === fd) &&
          sys.bytesReadable(fd) > 0,
      );
      return [...rows, ...others.map((fd) => invented(fd, READABLE))];
    },
  },
  'edge-hangup-after-end-lost': losing(HANGUP, 'a hangup is no edge after the end of one direction was reported'),
  'edge-urgent-after-data-lost': losing(PRIORITY, 'urgent data is no edge after unread data was reported'),
};
