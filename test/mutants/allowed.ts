import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { coded } from './errors.js';
import type { Mutant, Mutation } from './mutant.js';
import { withBits } from './rows.js';

const ALL_BITS = READABLE | WRITABLE | PRIORITY | READ_CLOSED | EDGE | ONESHOT | EXCLUSIVE;
const NOT_EXCLUSIVE = ONESHOT | PRIORITY | READ_CLOSED;

function unread(mutant: Mutant, fd: number): number {
  try {
    return mutant.inner.has(fd) ? sys.bytesReadable(fd) : 0;
  } catch {
    return 0;
  }
}

type Lack = 'edge' | 'oneshot' | 'priority' | 'exclusive' | 'readClosed';

/** A poller that lacks the capability `flag`, says so, and refuses `bit`. */
function without(flag: Lack, bit: number): Mutation {
  const refuse = (interest: number, forModify: boolean): void => {
    const isValid =
      typeof interest === 'number' &&
      (interest & ~ALL_BITS) === 0 &&
      ((interest & EXCLUSIVE) === 0 || (!forModify && (interest & NOT_EXCLUSIVE) === 0));
    if (isValid && (interest & bit) !== 0) throw coded('ERR_NOT_SUPPORTED');
  };
  return {
    wrong: `the capability "${flag}" is missing, and add() and modify() refuse it`,
    capabilities: (capabilities) => ({ ...capabilities, [flag]: false }),
    add(fd, interest, data) {
      refuse(interest, false);
      this.inner.add(fd, interest, data);
    },
    modify(fd, interest, data) {
      refuse(interest, true);
      this.inner.modify(fd, interest, data);
    },
    rows: (rows) => (flag !== 'readClosed' ? rows : rows.flatMap((row) => withBits(row, row.readiness & ~READ_CLOSED))),
  };
}

/** Pollers that differ from their inner poller where no promise forbids it. No clause may catch one. */
export const ALLOWED: Readonly<Record<string, Mutation>> = {
  'without-edge': without('edge', EDGE),
  'without-oneshot': without('oneshot', ONESHOT),
  'without-priority': without('priority', PRIORITY),
  'without-exclusive': without('exclusive', EXCLUSIVE),
  'without-read-closed': without('readClosed', READ_CLOSED),
  'without-nesting': {
    wrong: 'the capability "nested" is missing, and the poller has no descriptor',
    capabilities: (capabilities) => ({ ...capabilities, nested: false }),
    fd: () => -1,
  },
  'without-threads': {
    wrong: 'the capability "threads" is missing',
    capabilities: (capabilities) => ({ ...capabilities, threads: false }),
  },
  'in-milliseconds': {
    wrong: 'timeouts are rounded up to milliseconds',
    capabilities: (capabilities) => ({ ...capabilities, timeoutResolutionNs: 1e6 }),
    wait(timeoutMs) {
      return this.look(
        typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs < 1e9 ? Math.ceil(timeoutMs) : timeoutMs,
      );
    },
  },
  'edge-after-partial-read': {
    wrong: 'the rest after a partial read is reported as one more edge',
    wait(timeoutMs) {
      for (const [fd, interest] of this.interests) {
        if ((interest & (EDGE | ONESHOT | READABLE)) !== (EDGE | READABLE)) continue;
        const [before, now] = [(this.memory.get(fd) as number | undefined) ?? 0, unread(this, fd)];
        if (now > 0 && now < before) this.inner.modify(fd, interest & ~EXCLUSIVE);
        this.memory.set(fd, now);
      }
      return this.look(timeoutMs);
    },
  },
};
