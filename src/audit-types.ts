/** What an audit can find; docs/guides/debugging.md has each with its cure. */
export type AuditCode =
  | 'POLLUX_EDGE_NOT_DRAINED'
  | 'POLLUX_ONESHOT_NOT_REARMED'
  | 'POLLUX_END_IGNORED'
  | 'POLLUX_HALF_CLOSE_MISSED'
  | 'POLLUX_WRITABLE_SPIN'
  | 'POLLUX_BATCH_OVERWRITTEN'
  | 'POLLUX_GHOST'
  | 'POLLUX_CLOSED_WHILE_REGISTERED'
  | 'POLLUX_BLOCKING_DESCRIPTOR'
  | 'POLLUX_NO_INTEREST'
  | 'POLLUX_SLOW_HANDLER'
  | 'POLLUX_NEVER_REMOVED';

/** How an audit reports, and from when on it does. */
export interface AuditOptions {
  /**
   * `'warn'`: a process warning for each finding, and a table on stderr when the process exits. `'json'`: one JSON
   * object a line, on stderr. `'throw'`: the call that shows the fault throws an Error with the code of the finding;
   * where no call of the program is under way it is an uncaught exception, and at the exit of the process the exit
   * status becomes 1. By default what the environment variable POLLUX_AUDIT says, or else `'warn'`.
   */
  mode?: 'warn' | 'throw' | 'json' | undefined;
  /**
   * Milliseconds, more than 0, 100 by default: how long nobody uses a descriptor, while the program waits for events,
   * until an undrained edge, a oneshot that nobody re-armed, or an end in edge mode counts as forgotten. When the
   * poller is closed or the process exits, half of that is enough.
   */
  quietMs?: number | undefined;
  /** 2 or more, 20 by default: how many reports in a row, without a reaction, count as "over and over". */
  repeats?: number | undefined;
  /** Milliseconds, more than 0, 200 by default: how long a handler may take while other descriptors are ready. */
  slowHandlerMs?: number | undefined;
  /** The findings to report; all by default. */
  only?: readonly AuditCode[] | undefined;
}

/** What is published on the channel `pollux:audit` of `node:diagnostics_channel`, and printed by the mode `'json'`. */
export interface AuditFinding {
  readonly code: AuditCode;
  readonly fd: number;
  /** What the descriptor is, as in `RegistrationInspection`. */
  readonly kind: string;
  /** The names of the bits that were asked for: `READABLE|EDGE`. */
  readonly interest: string;
  /** What was seen, in a sentence. */
  readonly seen: string;
  /** What to do, in a sentence. */
  readonly cure: string;
  /** The stack of the call that registered the descriptor, without the frames of this package, a line each. */
  readonly registeredAt: readonly string[];
}

/** One registration, as `poller.inspect()` shows it. */
export interface RegistrationInspection {
  readonly fd: number;
  /** What the descriptor is, in words: `TCP 127.0.0.1:80 → 127.0.0.1:1234`, `pipe`, `pty /dev/pts/3`, `closed`. */
  readonly kind: string;
  /** The names of the bits that are asked for: `READABLE|WRITABLE`; `0`: paused. */
  readonly interest: string;
  /** `level`, `edge`, `oneshot` or `edge|oneshot`; with `|exclusive` where it is. */
  readonly mode: string;
  /**
   * Whether an event can come now: not after the event of a oneshot registration, nor while it is paused. undefined:
   * the kernel does not tell (a oneshot registration of an epoll whose /proc/self/fdinfo cannot be read).
   */
  readonly armed: boolean | undefined;
  /** The data that this thread passed. */
  readonly data: unknown;
  /** Under audit: how long the registration has been there, in milliseconds. Without audit nobody counts. */
  readonly ageMs?: number;
  /** Under audit: how many events were delivered in this thread. */
  readonly events?: number;
  /** Under audit: the readiness of the last event, and how long ago that was; undefined where there was none. */
  readonly lastEvent?: { readonly readiness: string; readonly agoMs: number } | undefined;
  /** Under audit: the stack of the registration, without the frames of this package, a line each. */
  readonly registeredAt?: readonly string[];
}

/** One entry of the kernel's own list (Linux: a `tfd` line of /proc/self/fdinfo). */
export interface KernelRegistration {
  readonly fd: number;
  /** The bits that the kernel watches, by their names here: `READABLE|READ_CLOSED|EDGE`; `0`: disarmed or paused. */
  readonly watched: string;
  /** The inode of the file that the entry belongs to. It stays the same when the number is closed and used again. */
  readonly inode: number;
}

/** What `poller.inspect()` returns: a snapshot of plain data. */
export interface PollerInspection {
  readonly backend: string;
  /** −1: closed. */
  readonly fd: number;
  readonly closed: boolean;
  /** How many descriptors are registered, in all threads. */
  readonly size: number;
  /** The most events in one batch. */
  readonly capacity: number;
  /** Whether the poller is under audit, so that events and ages are counted. */
  readonly audited: boolean;
  /** By descriptor, ascending. */
  readonly registrations: readonly RegistrationInspection[];
  /** The kernel's list by descriptor, without the poller's waker; undefined where the kernel shows none (kqueue). */
  readonly kernel: readonly KernelRegistration[] | undefined;
  /** Where the two lists differ, a sentence each; empty where they agree. */
  readonly differences: readonly string[];
}
