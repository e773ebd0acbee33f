import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { Mutant, Mutation } from './mutant.js';
import { codeOf, forgiving, withoutDetails } from './errors.js';

const MODES = EDGE | ONESHOT;
const ASKABLE = READABLE | WRITABLE | PRIORITY | READ_CLOSED;
const MOST_INT = 0x7fffffff;
const everyMutant = new Set<Mutant>();

/** Faults of add(), remove() and data. */
export const REGISTRATIONS: Readonly<Record<string, Mutation>> = {
  'eexist-missing': {
    wrong: 'a second add() replaces the registration',
    add(fd, interest, data) {
      if (this.inner.has(fd)) this.inner.modify(fd, interest, data);
      else this.inner.add(fd, interest, data);
    },
  },
  'failed-add-modifies': {
    wrong: 'a second add() throws EEXIST and still changes the registration',
    add(fd, interest, data) {
      try {
        this.inner.add(fd, interest, data);
      } catch (error) {
        if (codeOf(error) === 'EEXIST') this.inner.modify(fd, interest, data);
        throw error;
      }
    },
  },
  'failed-add-counts': {
    wrong: 'a descriptor whose add() failed counts as registered',
    add(fd, interest, data) {
      this.memory.set(fd, true);
      this.inner.add(fd, interest, data);
    },
    has(fd) {
      return this.inner.has(fd) || this.memory.has(fd);
    },
  },
  'failed-add-clears': {
    wrong: 'a failed add() ends another registration',
    add(fd, interest, data) {
      try {
        this.inner.add(fd, interest, data);
      } catch (error) {
        for (const other of this.interests.keys()) forgiving(() => this.inner.remove(other), 'ENOENT', 'EBADF');
        throw error;
      }
    },
  },
  'failures-hidden': {
    wrong: 'add() of what cannot be registered does not throw',
    add(fd, interest, data) {
      forgiving(() => this.inner.add(fd, interest, data), 'EPERM', 'EBADF', 'ELOOP', 'EINVAL');
    },
  },
  'errors-without-details': {
    wrong: 'errors have a code, and no errno, syscall or fd',
    add(fd, interest, data) {
      withoutDetails(() => this.inner.add(fd, interest, data));
    },
  },
  'errno-is-minus-one': {
    wrong: 'the errno of an error is -1',
    add(fd, interest, data) {
      try {
        this.inner.add(fd, interest, data);
      } catch (error) {
        if (typeof (error as { errno?: unknown }).errno === 'number') Object.assign(error as Error, { errno: -1 });
        throw error;
      }
    },
  },
  'numbers-coerced': {
    wrong: 'arguments are converted to numbers',
    add(fd, interest, data) {
      this.inner.add(Number(fd) & MOST_INT, Number(interest) | 0, data);
    },
    modify(fd, interest, data) {
      this.inner.modify(Number(fd) & MOST_INT, Number(interest) & (ASKABLE | MODES), data);
    },
    remove(fd) {
      this.inner.remove(Number(fd) & MOST_INT);
    },
  },
  'bits-masked': {
    wrong: 'invalid bits of an interest are ignored',
    add(fd, interest, data) {
      this.inner.add(fd, interest & (ASKABLE | MODES | EXCLUSIVE), data);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest & (ASKABLE | MODES), data);
    },
  },
  'sets-non-blocking': {
    wrong: 'add() makes the descriptor non-blocking, and remove() makes it blocking',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      sys.setNonBlocking(fd, true);
    },
    remove(fd) {
      this.inner.remove(fd);
      sys.setNonBlocking(fd, false);
    },
  },
  'falsy-data-lost': {
    wrong: 'falsy data becomes undefined',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data || undefined);
    },
    modify(fd, interest, data) {
      this.inner.modify(fd, interest, data || undefined);
    },
  },
  'data-cloned': {
    wrong: 'data is copied',
    add(fd, interest, data) {
      this.inner.add(fd, interest, typeof data === 'object' && data !== null ? structuredClone(data) : data);
    },
  },
  'data-swapped': {
    wrong: 'each event has the data of the next one',
    rows: (rows) => rows.map((row, index) => ({ ...row, data: rows[(index + 1) % rows.length]!.data })),
  },
  'data-null': {
    wrong: 'an event without data has data null',
    rows: (rows) => rows.map((row) => ({ ...row, data: () => row.data() ?? null })),
  },
  'pollers-entangled': {
    wrong: 'registering in one poller re-arms the others',
    open() {
      everyMutant.add(this);
    },
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      for (const other of everyMutant) {
        if (other !== this && other.interests.has(fd)) other.inner.modify(fd, other.interestOf(fd));
      }
    },
    close() {
      everyMutant.delete(this);
      this.inner.close();
    },
  },
  'first-poller-only': {
    wrong: 'only the first of the pollers that watch a descriptor delivers',
    open() {
      everyMutant.add(this);
    },
    rows(rows) {
      const isFirst = (fd: number): boolean => [...everyMutant].find(({ interests }) => interests.has(fd)) === this;
      return rows.filter(({ fd }) => isFirst(fd));
    },
    close() {
      everyMutant.delete(this);
      this.inner.close();
    },
  },
  'close-closes-all': {
    wrong: 'close() closes every poller of the process',
    open() {
      everyMutant.add(this);
    },
    close() {
      for (const other of everyMutant) other.inner.close();
      everyMutant.clear();
    },
  },
  'remove-too-late': {
    wrong: 'remove() takes effect at the wait after the next',
    remove(fd) {
      if (!this.inner.has(fd)) return this.inner.remove(fd);
      this.memory.set(fd, 1);
    },
    add(fd, interest, data) {
      if (this.memory.delete(fd)) this.inner.remove(fd);
      this.inner.add(fd, interest, data);
    },
    has(fd) {
      return !this.memory.has(fd) && this.inner.has(fd);
    },
    size() {
      return this.inner.size - this.memory.size;
    },
    wait(timeoutMs) {
      const delivery = this.look(timeoutMs);
      for (const fd of this.memory.keys()) forgiving(() => this.inner.remove(fd as number), 'EBADF', 'ENOENT');
      this.memory.clear();
      return delivery;
    },
  },
  'remove-unknown-ok': {
    wrong: 'remove() of a descriptor that is not registered does nothing',
    remove(fd) {
      forgiving(() => this.inner.remove(fd), 'ENOENT', 'EBADF');
    },
  },
  'remove-clears-all': {
    wrong: 'remove() ends every registration',
    remove(fd) {
      this.inner.remove(fd);
      for (const other of this.interests.keys()) if (this.inner.has(other)) this.inner.remove(other);
    },
  },
  'remove-closes': {
    wrong: 'remove() drains the descriptor',
    remove(fd) {
      this.inner.remove(fd);
      sys.read(fd, Buffer.alloc(64));
    },
  },
  'remove-of-disarmed-fails': {
    wrong: 'remove() of a paused registration throws ENOENT',
    remove(fd) {
      if ((this.interests.get(fd) ?? READABLE) === 0)
        throw Object.assign(new Error('ENOENT: paused'), { code: 'ENOENT' });
      this.inner.remove(fd);
    },
  },
  'data-inherited': {
    wrong: 'the next registration of a number inherits its data',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data ?? this.memory.get(fd));
      if (data !== undefined) this.memory.set(fd, data);
    },
  },
  'readd-is-silent': {
    wrong: 'a descriptor that was reported before remove() is not reported after add()',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      if (this.memory.has(fd)) this.inner.wait(0);
    },
    remove(fd) {
      this.inner.remove(fd);
      this.memory.set(fd, true);
    },
  },
  'size-only-grows': {
    wrong: 'size ignores remove()',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      this.count('added');
    },
    size() {
      return (this.memory.get('added') as number | undefined) ?? 0;
    },
  },
  'has-everything': {
    wrong: 'has() returns true for every number up to 9999',
    has(fd) {
      return this.inner.has(fd) || fd < 10_000;
    },
  },
  'numbers-above-1023-refused': {
    wrong: 'add() of a number above 1023 throws EINVAL, as with select(2)',
    add(fd, interest, data) {
      if (fd > 1023 && sys.classify(fd).readiness === 'pollable')
        throw Object.assign(new Error('EINVAL: too big'), { code: 'EINVAL' });
      this.inner.add(fd, interest, data);
    },
  },
  'registrations-used-up': {
    wrong: 'the poller is full after 2000 calls of add()',
    add(fd, interest, data) {
      if (this.count('added') >= 2000) throw Object.assign(new Error('ENOSPC: used up'), { code: 'ENOSPC' });
      this.inner.add(fd, interest, data);
    },
  },
  'registers-a-duplicate': {
    wrong: 'add() registers a duplicate of the descriptor, which stays open longer',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      const duplicate = sys.dup(fd);
      (
        (this.memory.get('duplicates') as number[] | undefined) ??
        (this.memory.set('duplicates', []).get('duplicates') as number[])
      ).push(duplicate);
    },
    close() {
      for (const fd of (this.memory.get('duplicates') as number[] | undefined) ?? []) sys.close(fd);
      this.memory.clear();
      this.inner.close();
    },
  },
};
