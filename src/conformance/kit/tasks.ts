/** One step of a task. A thread performs the steps of its task in order. */
export type Step =
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'write' | 'drain' | 'addToEvent'; readonly fd: number }
  | { readonly do: 'add' | 'modify'; readonly fd: number; readonly interest: number; readonly data?: unknown }
  | { readonly do: 'remove' | 'has'; readonly fd: number }
  | { readonly do: 'size' | 'closeView' }
  /** Sets the flag `ANNOUNCED`. */
  | { readonly do: 'announce' }
  | { readonly do: 'wake'; readonly times?: number }
  /** The result says what the batch held, and how long the wait took. */
  | { readonly do: 'wait'; readonly timeoutMs?: number }
  /** Reads messages of one byte and re-arms, until a wake. The result says how many messages it read, by descriptor. */
  | { readonly do: 'serve'; readonly interest: number }
  /** Calls add() and remove() of `fd`, `times` times. */
  | { readonly do: 'churn'; readonly fd: number; readonly interest: number; readonly times: number }
  /**
   * Sends a signal to the process `pid` every `everyMs`, until `STOP`; the first one sets `ANNOUNCED`. The result is
   * their number.
   */
  | { readonly do: 'signal'; readonly pid: number; readonly signal: NodeJS.Signals; readonly everyMs: number };

/** The result of a step `wait`. */
export interface Seen {
  /** How long the wait took. */
  readonly ms: number;
  readonly woken: boolean;
  readonly events: ReadonlyArray<{ readonly fd: number; readonly readiness: number; readonly data: unknown }>;
}

/** What a thread is asked to do. */
export interface Task {
  readonly steps: readonly Step[];
  /** Memory that both threads see: `BEGUN`, `STOP`, `ANNOUNCED`. */
  readonly flags: Int32Array;
  /** What `share()` returned, where the steps need the poller. */
  readonly handle?: unknown;
}

/** Set when the task has begun. */
export const BEGUN = 0;
/** Set to end the task. */
export const STOP = 1;
/** Set by the steps `announce` and `signal`. */
export const ANNOUNCED = 2;
const FLAGS = 3;

/** How a task ended: with the result of each step, or with an error. */
export type Outcome = { readonly results: readonly unknown[] } | { readonly error: string };

/** Memory for the flags of one task. */
export function newFlags(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * FLAGS));
}
