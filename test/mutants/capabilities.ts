import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READ_CLOSED, type Capabilities } from 'pollux';
import { coded } from './errors.js';
import type { Mutation } from './mutant.js';

/** A poller that says that it lacks the capability `flag`, and still accepts `bit`. */
function understated(flag: keyof Capabilities, bit: number): Mutation {
  return {
    wrong: `the capability "${flag}" is missing, and add() accepts it without effect`,
    capabilities: (capabilities) => ({ ...capabilities, [flag]: false }),
    add(fd, interest, data) {
      this.inner.add(fd, interest & ~bit, data);
    },
  };
}

/** Faults of capabilities and of EXCLUSIVE. */
export const CAPABILITIES: Readonly<Record<string, Mutation>> = {
  'lacks-edge-unsaid': understated('edge', EDGE),
  'lacks-oneshot-unsaid': understated('oneshot', ONESHOT),
  'lacks-priority-unsaid': understated('priority', PRIORITY),
  'lacks-exclusive-unsaid': understated('exclusive', EXCLUSIVE),
  'lacks-read-closed-unsaid': understated('readClosed', READ_CLOSED),
  'exclusive-refused': {
    wrong: 'EXCLUSIVE is refused though the capability is there',
    add(fd, interest, data) {
      if ((interest & EXCLUSIVE) !== 0) throw coded('ERR_NOT_SUPPORTED');
      this.inner.add(fd, interest, data);
    },
  },
  'exclusive-deaf': {
    wrong: 'an exclusive registration delivers nothing',
    rows(rows) {
      return rows.filter(({ fd }) => (this.interestOf(fd) & EXCLUSIVE) === 0);
    },
  },
  'exclusive-cannot-change': {
    wrong: 'modify() of an exclusive registration does nothing',
    modify(fd, interest, data) {
      if (this.memory.has(fd) && (interest & EXCLUSIVE) === 0) return;
      this.inner.modify(fd, interest, data);
    },
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      if ((interest & EXCLUSIVE) !== 0) this.memory.set(fd, true);
    },
    remove(fd) {
      this.inner.remove(fd);
    },
  },
  'exclusive-with-all': {
    wrong: 'EXCLUSIVE is ignored beside ONESHOT, PRIORITY or READ_CLOSED',
    add(fd, interest, data) {
      this.inner.add(
        fd,
        (interest & (ONESHOT | READ_CLOSED | PRIORITY)) !== 0 ? interest & ~EXCLUSIVE : interest,
        data,
      );
    },
  },
};
