/** What another thread is told to do, one step after the other. */
export type Step =
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'write' | 'drain'; readonly fd: number }
  | { readonly do: 'add' | 'modify'; readonly fd: number; readonly interest: number; readonly data?: unknown }
  | { readonly do: 'remove' | 'has'; readonly fd: number }
  | { readonly do: 'size' | 'closeView' }
  | { readonly do: 'wake'; readonly times?: number }
  /** Result: what the batch held. */
  | { readonly do: 'wait'; readonly timeoutMs?: number }
  /** Takes messages of one byte and re-arms, until it is woken. Result: how many it took, by descriptor. */
  | { readonly do: 'serve'; readonly interest: number }
  /** add() and remove() of `fd`, `times` times. */
  | { readonly do: 'churn'; readonly fd: number; readonly interest: number; readonly times: number }
  /** A signal to this process every `everyMs`, until the flag of the task is set. */
  | { readonly do: 'signal'; readonly signal: NodeJS.Signals; readonly everyMs: number };

/** The result of a step `wait`. */
export interface Seen {
  readonly woken: boolean;
  readonly events: ReadonlyArray<{ readonly fd: number; readonly readiness: number; readonly data: unknown }>;
}

export interface Task {
  readonly steps: readonly Step[];
  /** Two flags that both sides see: that the task has begun, and that it is to end. */
  readonly flags: Int32Array;
  /** What `share()` returned, where the steps need the poller. */
  readonly handle?: unknown;
  /** The module that exports `attachPoller()`. */
  readonly module: string | undefined;
}

export const BEGUN = 0;
export const STOP = 1;

export type Outcome = { readonly results: readonly unknown[] } | { readonly error: string };
