import { EDGE, EXCLUSIVE, ONESHOT, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { Mutant, Mutation } from './mutant.js';

function unread(mutant: Mutant, fd: number): number {
  try {
    return mutant.inner.has(fd) ? sys.bytesReadable(fd) : 0;
  } catch {
    return 0;
  }
}

/** Pollers that differ from the one behind them in what no promise forbids. No clause may catch one. */
export const ALLOWED: Readonly<Record<string, Mutation>> = {
  'edge-after-partial-read': {
    wrong: 'what a partial read leaves is one more edge',
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
