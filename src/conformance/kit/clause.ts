import type { Context } from './context.js';
import type { Need } from './needs.js';

/** One promise of the Poller interface, and the program that finds out whether a poller keeps it. */
export interface Clause {
  /** Group and number: `hangup.2`. Stays what it is when clauses are added. */
  readonly id: string;
  /** What is seen, in a few words. */
  readonly title: string;
  /** One sentence: what a caller may rely on. */
  readonly promise: string;
  /** What has to be there for the clause to mean anything; without it the clause is gated. */
  readonly needs: readonly Need[];
  /** Throws where the promise is broken. Whatever it opened is closed for it. */
  run(context: Context): void | Promise<void>;
}

/** The group of a clause: `hangup` of `hangup.2`. */
export function groupOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}
