import { performance } from 'node:perf_hooks';

/**
 * Milliseconds of a clock that never goes back. A fake clock hides `now()` of the prototype, which is the host's,
 * behind its own.
 */
export const nowMs: () => number = (
  (Object.getPrototypeOf(performance) as Partial<typeof performance>).now ?? performance.now
).bind(performance);
