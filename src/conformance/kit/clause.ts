import type { Context } from './context.js';
import type { Need } from './needs.js';

/** One promise of the Poller interface, with a program that checks whether a poller keeps the promise. */
export interface Clause {
  /** Group and number: `hangup.2`. An id never changes. */
  readonly id: string;
  /** What a caller sees, in a few words. */
  readonly title: string;
  /** What a caller may rely on. */
  readonly promise: string;
  /** What the clause requires of the poller and the system. A clause whose needs are not met is gated. */
  readonly needs: readonly Need[];
  /** Throws where the promise is broken. The runner closes what the clause has opened. */
  run(context: Context): void | Promise<void>;
}

/** The group of a clause: `hangup` of `hangup.2`. */
export function groupOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}
