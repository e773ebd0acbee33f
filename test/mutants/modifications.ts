import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import { codeOf, recoded, withoutDetails } from './errors.js';
import type { Mutation } from './mutant.js';
import { invented } from './rows.js';

const MODES = EDGE | ONESHOT;
const ASKABLE = READABLE | WRITABLE | PRIORITY | READ_CLOSED;

/** Faults of modify(). */
export const MODIFICATIONS: Readonly<Record<string, Mutation>> = {
  'modify-clears-data': {
    wrong: 'modify() without data drops the data',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data ?? null);
    },
    rows: (rows) => rows.map((row) => ({ ...row, data: () => row.data() ?? undefined })),
  },
  'modify-keeps-data': {
    wrong: 'modify() with data keeps the old data',
    modify(fd, interest) {
      this.inner.modify(fd, interest);
    },
  },
  'modify-registers': {
    wrong: 'modify() of a descriptor that is not registered adds it',
    modify(fd, interest, data) {
      if (this.inner.has(fd)) this.inner.modify(fd, interest, data);
      else this.inner.add(fd, interest, data);
    },
  },
  'ebadf-is-enoent': {
    wrong: 'modify() and remove() of a number that is not open throw ENOENT',
    modify(fd, interest, data) {
      try {
        this.inner.modify(fd, interest, data);
      } catch (error) {
        throw recoded(error, 'EBADF', 'ENOENT');
      }
    },
    remove(fd) {
      try {
        this.inner.remove(fd);
      } catch (error) {
        throw recoded(error, 'EBADF', 'ENOENT');
      }
    },
  },
  'modify-widens-only': {
    wrong: 'modify() adds bits to the interest and removes none',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest | (this.interestOf(fd) & ASKABLE), data);
    },
  },
  'modify-narrows-only': {
    wrong: 'modify() removes bits from the interest and adds none',
    modify(fd, interest, data) {
      const kept = this.interestOf(fd) & ASKABLE;
      this.inner.modify(fd, (interest & ~ASKABLE) | (kept === 0 ? interest & ASKABLE : interest & kept), data);
    },
  },
  'modify-no-rearm': {
    wrong: 'modify() with an unchanged interest does nothing',
    modify(fd, interest, data) {
      if (interest !== this.interests.get(fd) || data !== undefined) this.inner.modify(fd, interest, data);
    },
  },
  'mode-sticks': {
    wrong: 'modify() does not change the mode',
    modify(fd, interest, data) {
      this.inner.modify(fd, (interest & ~MODES) | ((this.memory.get(fd) as number) & MODES), data);
    },
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      this.memory.set(fd, interest);
    },
  },
  'mode-sticks-while-ready': {
    wrong: 'modify() to level leaves an edge registration edge',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest | (this.interestOf(fd) & EDGE), data);
    },
  },
  'failed-modify-applies': {
    wrong: 'a failed modify() changes data and interest',
    modify(fd, interest, data) {
      if (this.inner.has(fd)) this.inner.modify(fd, interest & (ASKABLE | MODES) & ~READABLE, data);
      this.inner.modify(fd, interest, data);
    },
  },
  'refused-modify-rearms': {
    wrong: 'a failed modify() re-arms the registration',
    modify(fd, interest, data) {
      try {
        this.inner.modify(fd, interest, data);
      } catch (error) {
        if (String(codeOf(error)).startsWith('ERR_') && this.interests.has(fd))
          this.inner.modify(fd, this.interestOf(fd));
        throw error;
      }
    },
  },
  'modify-errors-without-details': {
    wrong: 'errors of modify() and remove() have a code, and no errno, syscall or fd',
    modify(fd, interest, data) {
      withoutDetails(() => this.inner.modify(fd, interest, data));
    },
    remove(fd) {
      withoutDetails(() => this.inner.remove(fd));
    },
  },
  'modify-stales': {
    wrong: 'modify() makes the event in the current batch stale',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      this.count(fd);
    },
    rows(rows) {
      const before = new Map(rows.map(({ fd }) => [fd, this.memory.get(fd)]));
      return rows.map((row) => ({
        ...row,
        isLive: () => row.isLive() && this.memory.get(row.fd) === before.get(row.fd),
      }));
    },
  },
  'modify-rearms-all': {
    wrong: 'modify() of one registration re-arms all registrations',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      for (const [other, asked] of this.interests) {
        if (other !== fd && this.inner.has(other)) this.inner.modify(other, asked & ~EXCLUSIVE);
      }
    },
  },
  'modify-invents': {
    wrong: 'modify() causes an event even if the descriptor is not ready',
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data);
      if ((interest & READABLE) !== 0) this.memory.set('modified', fd);
    },
    rows(rows) {
      const fd = this.memory.get('modified') as number | undefined;
      this.memory.delete('modified');
      return fd === undefined || rows.length > 0 ? rows : [invented(fd, READABLE)];
    },
  },
  'modify-needs-open-file': {
    wrong: 'a failed modify() or remove() of a closed number leaves it registered',
    modify(fd, interest, data) {
      this.memory.set(fd, true);
      this.inner.modify(fd, interest, data);
      this.memory.delete(fd);
    },
    remove(fd) {
      this.memory.set(fd, true);
      this.inner.remove(fd);
      this.memory.delete(fd);
    },
    has(fd) {
      return this.memory.has(fd) || this.inner.has(fd);
    },
  },
};
