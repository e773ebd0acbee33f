/** What another thread is told to do, one step after the other. */
export type Step =
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'write' | 'drain'; readonly fd: number }
  | { readonly do: 'add' | 'modify'; readonly fd: number; readonly interest: number; readonly data?: unknown }
  | { readonly do: 'remove' | 'has'; readonly fd: number }
  | { readonly do: 'size' | 'closeView' }
  /** Sets the flag `ANNOUNCED`. */
  | { readonly do: 'announce' }
  | { readonly do: 'wake'; readonly times?: number }
  /** Result: what the batch held, and how long it took. */
  | { readonly do: 'wait'; readonly timeoutMs?: number }
  /** Takes messages of one byte and re-arms, until it is woken. Result: how many it took, by descriptor. */
  | { readonly do: 'serve'; readonly interest: number }
  /** add() and remove() of `fd`, `times` times. */
  | { readonly do: 'churn'; readonly fd: number; readonly interest: number; readonly times: number }
  /** A signal to this process every `everyMs`, until `STOP`; the first sets `ANNOUNCED`. Result: how many. */
  | { readonly do: 'signal'; readonly signal: NodeJS.Signals; readonly everyMs: number };

/** The result of a step `wait`. */
export interface Seen {
  /** How long the wait took. */
  readonly ms: number;
  readonly woken: boolean;
  readonly events: ReadonlyArray<{ readonly fd: number; readonly readiness: number; readonly data: unknown }>;
}

export interface Task {
  readonly steps: readonly Step[];
  /** What both sides see: `BEGUN`, `STOP`, `ANNOUNCED`. */
  readonly flags: Int32Array;
  /** What `share()` returned, where the steps need the poller. */
  readonly handle?: unknown;
  /** The module that exports `attachPoller()`. */
  readonly module: string | undefined;
}

/** The task has begun. */
export const BEGUN = 0;
/** The task is to end. */
export const STOP = 1;
/** The task is where a step says so. */
export const ANNOUNCED = 2;
export const FLAGS = 3;

export type Outcome = { readonly results: readonly unknown[] } | { readonly error: string };
