import { createPoller, EDGE, ONESHOT, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { coded } from './errors.js';
import type { Mutation } from './mutant.js';

/** Events, timers and processes, as far as fstat(2) can tell. */
function isSource(fd: number): boolean {
  try {
    return sys.classify(fd).kind === 'kernel-object';
  } catch {
    return false;
  }
}

function isReady(fd: number): boolean {
  const poller = createPoller();
  try {
    poller.add(fd, READABLE);
    return poller.wait(0).length > 0;
  } finally {
    poller.close();
  }
}

/** Faults with descriptors that have neither a file nor a peer. */
export const SOURCES: Readonly<Record<string, Mutation>> = {
  'sources-refused': {
    wrong: 'add() refuses events, timers and processes',
    add(fd, interest, data) {
      if (isSource(fd)) throw coded('EPERM');
      this.inner.add(fd, interest, data);
    },
  },
  'sources-once': {
    wrong: 'a level registration of an event, timer or process is reported once while it is ready',
    rows(rows) {
      for (const fd of this.memory.keys()) if (!rows.some((row) => row.fd === fd)) this.memory.delete(fd);
      return rows.filter(
        ({ fd }) => (this.interestOf(fd) & (EDGE | ONESHOT)) !== 0 || !isSource(fd) || this.count(fd) === 0,
      );
    },
  },
  'source-edges-need-a-read': {
    wrong: 'an edge of an event or timer is lost unless it was read since the last one',
    wait(timeoutMs) {
      for (const fd of this.memory.keys()) if (!isReady(fd as number)) this.memory.delete(fd);
      return this.look(timeoutMs);
    },
    rows(rows) {
      return rows.filter(({ fd }) => {
        if ((this.interestOf(fd) & EDGE) === 0 || !isSource(fd)) return true;
        return this.count(fd) === 0;
      });
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
};
