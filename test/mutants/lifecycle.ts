import { closeSync, openSync } from 'node:fs';
import { EDGE, ONESHOT, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { coded } from './errors.js';
import type { Mutant, Mutation } from './mutant.js';

let pendingAtClose = 0;
let openedFirst: number | undefined;
const registeredAnywhere = new Set<number>();

function isReal(capacity: unknown): capacity is number {
  return typeof capacity === 'number';
}

/** Descriptors that a mutant has beside those of its inner poller. */
function extras(mutant: Mutant): number[] {
  const list = (mutant.memory.get('extras') as number[] | undefined) ?? [];
  mutant.memory.set('extras', list);
  return list;
}

function closeExtras(mutant: Mutant): void {
  for (const fd of extras(mutant).splice(0)) sys.close(fd);
}

/** Faults of opening, closing and limits, and of other pollers and threads. */
export const LIFECYCLE: Readonly<Record<string, Mutation>> = {
  crashes: {
    wrong: 'add() ends the process',
    add() {
      process.kill(process.pid, 'SIGKILL');
    },
  },
  'throws-no-error': {
    wrong: 'add() throws something that is no Error',
    add() {
      throw 'out of order';
    },
  },
  'never-closed': { wrong: 'closed stays false', closed: () => false },
  'silent-after-close': {
    wrong: 'the methods of a closed poller do nothing and do not throw',
    add(fd, interest, data) {
      if (!this.inner.closed) this.inner.add(fd, interest, data);
    },
    modify(fd, interest, data) {
      if (!this.inner.closed) this.inner.modify(fd, interest, data);
    },
    remove(fd) {
      if (!this.inner.closed) this.inner.remove(fd);
    },
    wait(timeoutMs) {
      return this.inner.closed ? { rows: [], woken: false } : this.look(timeoutMs);
    },
  },
  'close-twice-throws': {
    wrong: 'a second close() throws',
    close() {
      if (this.inner.closed && this.count('closes') < 3) throw coded('ERR_POLLER_CLOSED');
      this.inner.close();
    },
  },
  'no-dispose': {
    wrong: 'there is no Symbol.dispose',
    open() {
      Object.defineProperty(this, Symbol.dispose, { value: undefined });
    },
  },
  'close-drains': {
    wrong: 'close() drains the registered descriptors',
    close() {
      for (const fd of this.interests.keys()) {
        try {
          if (this.inner.has(fd) && sys.classify(fd).kind === 'pipe') sys.read(fd, Buffer.alloc(64));
        } catch {
          // The poller or the descriptor is already closed.
        }
      }
      this.interests.clear();
      this.inner.close();
    },
  },
  'close-leaks': {
    wrong: 'close() leaves a descriptor open',
    open() {
      sys.dup(this.inner.fd);
    },
  },
  'wake-survives-close': {
    wrong: 'the pending wake of a closed poller wakes the next poller',
    close() {
      if (!this.inner.closed && this.inner.wait(0).woken) pendingAtClose++;
      this.inner.close();
    },
    woken(woken) {
      if (pendingAtClose > 0) {
        pendingAtClose--;
        return true;
      }
      return woken;
    },
  },
  'registry-for-all': {
    wrong: 'all pollers share one table of registrations',
    add(fd, interest, data) {
      this.inner.add(fd, interest, data);
      registeredAnywhere.add(fd);
    },
    has(fd) {
      return this.inner.has(fd) || registeredAnywhere.has(fd);
    },
    remove(fd) {
      this.inner.remove(fd);
      registeredAnywhere.delete(fd);
    },
  },
  'wakes-all-pollers': {
    wrong: 'a wake of one poller wakes all pollers',
    wake() {
      this.inner.wake();
      pendingAtClose = 2;
    },
    woken(woken) {
      if (woken || pendingAtClose === 0) return woken;
      pendingAtClose--;
      return true;
    },
  },
  'capacity-clamped': {
    wrong: 'an invalid capacity is replaced by a valid one',
    options: ({ capacity, ...rest }) => ({
      ...rest,
      ...(isReal(capacity) && capacity >= 1 && capacity <= 65536 ? { capacity } : {}),
    }),
  },
  'capacity-most-by-default': {
    wrong: 'a poller without a capacity has the greatest capacity',
    options: (options) => ({ capacity: 65536, ...options }),
  },
  'capacity-one-refused': {
    wrong: 'a capacity of 1 is refused',
    options: (options) => (options.capacity === 1 ? { ...options, capacity: 0 } : options),
  },
  'failed-open-leaks': {
    wrong: 'createPoller() that fails leaves a descriptor open',
    options(options) {
      try {
        openedFirst = openSync('/dev/null', 'r');
      } catch {
        openedFirst = undefined;
      }
      return options;
    },
    open() {
      if (openedFirst !== undefined) closeSync(openedFirst);
    },
  },
  'needs-a-descriptor': {
    wrong: 'add() opens a descriptor for a moment',
    add(fd, interest, data) {
      sys.close(sys.dup(0));
      this.inner.add(fd, interest, data);
    },
  },
  'deaf-descriptor': {
    wrong: 'the descriptor of the poller is never readable',
    open() {
      extras(this).push(...sys.pipe());
    },
    fd() {
      return this.inner.closed ? -1 : extras(this)[0]!;
    },
    close() {
      closeExtras(this);
      this.inner.close();
    },
  },
  'always-readable-descriptor': {
    wrong: 'the descriptor of the poller is always readable',
    open() {
      const [reader, writer] = sys.pipe();
      sys.write(writer, Buffer.from('x'));
      extras(this).push(reader, writer);
    },
    fd() {
      return this.inner.closed ? -1 : extras(this)[0]!;
    },
    close() {
      closeExtras(this);
      this.inner.close();
    },
  },
  'writable-descriptor': {
    wrong: 'a poller is WRITABLE to another poller',
    open() {
      const [a, b] = sys.socketPair();
      extras(this).push(a, b);
    },
    fd() {
      return this.inner.closed ? -1 : extras(this)[0]!;
    },
    close() {
      closeExtras(this);
      this.inner.close();
    },
  },
  'circles-taken': {
    wrong: 'add() accepts pollers that watch each other in a circle',
    add(fd, interest, data) {
      try {
        this.inner.add(fd, interest, data);
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'ELOOP') throw error;
      }
    },
  },
  'readable-hides-later-writable': {
    wrong: 'a duplicate follows the mode of the descriptor that was registered first',
    add(fd, interest, data) {
      this.inner.add(fd, this.interests.size > 0 ? interest & ~EDGE : interest, data);
    },
  },
  'attached-registers-late': {
    wrong: 'a registration of an attached thread takes effect when that thread waits',
    add(fd, interest, data) {
      if (!this.isAttached) this.inner.add(fd, interest, data);
    },
    modify(fd, interest, data) {
      if (!this.isAttached) this.inner.modify(fd, interest, data);
    },
  },
  'attached-cannot-remove': {
    wrong: 'remove() in an attached thread does nothing',
    remove(fd) {
      if (!this.isAttached) this.inner.remove(fd);
    },
  },
  'attached-deaf': {
    wrong: 'an attached thread gets no event',
    rows(rows) {
      return this.isAttached ? [] : rows;
    },
  },
  'attached-sees-twice': {
    wrong: 'an event that an attached thread gets is delivered once more',
    rows(rows) {
      if (this.isAttached) for (const { fd } of rows) this.inner.modify(fd, READABLE | ONESHOT);
      return rows;
    },
  },
  'attached-ends-early': {
    wrong: 'a wait of an attached thread lasts no longer than a millisecond',
    wait(timeoutMs) {
      return this.look(this.isAttached && timeoutMs !== undefined && timeoutMs > 1 ? 1 : timeoutMs);
    },
  },
  'attached-close-ends-all': {
    wrong: 'close() of an attached view ends the registrations of all',
    close() {
      if (this.isAttached && !this.inner.closed) {
        for (let fd = 0; fd < 256; fd++) if (this.inner.has(fd)) this.inner.remove(fd);
      }
      this.inner.close();
    },
  },
  'attached-wake-lost': {
    wrong: 'a wake from an attached thread is lost',
    wake() {
      if (!this.isAttached) this.inner.wake();
    },
  },
  'attached-never-woken': {
    wrong: 'a wait of an attached thread never has woken set',
    woken(woken) {
      return woken && !this.isAttached;
    },
  },
  'attached-data-made-up': {
    wrong: 'an attached thread gets data that it did not give',
    rows(rows) {
      return this.isAttached ? rows.map((row) => ({ ...row, data: () => row.data() ?? 'made up' })) : rows;
    },
  },
  'data-made-up': {
    wrong: 'a registration of another thread has data in this thread',
    rows: (rows) => rows.map((row) => ({ ...row, data: () => row.data() ?? 'made up' })),
  },
  'writers-forgotten-in-modes': {
    wrong: 'a registration for WRITABLE is always level',
    add(fd, interest, data) {
      this.inner.add(fd, (interest & WRITABLE) !== 0 ? interest & ~(EDGE | ONESHOT) : interest, data);
    },
  },
};
