/// <reference lib="esnext.disposable" preserve="true" />

import type { AuditOptions, PollerInspection } from './audit-types.js';

/** The kernel facility behind a poller. */
export type BackendName = 'epoll' | 'kqueue';

/** What a poller supports on this kernel. */
export interface Capabilities {
  /** The mode EDGE. */
  readonly edge: boolean;
  /** The mode ONESHOT. */
  readonly oneshot: boolean;
  /** PRIORITY is reported. */
  readonly priority: boolean;
  /** EXCLUSIVE: at least one of several pollers is woken, not necessarily all. */
  readonly exclusive: boolean;
  /** READ_CLOSED is reported. */
  readonly readClosed: boolean;
  /** `poller.fd` can be added to another poller. */
  readonly nested: boolean;
  /** Several threads may wait on one poller at once. */
  readonly threads: boolean;
  /** Timeouts are rounded up to a multiple of this: 1 with epoll_pwait2(2), 1 000 000 without. */
  readonly timeoutResolutionNs: number;
}

export interface PollerOptions {
  /** The backend; `'auto'`, the default, is the best one that this build has. */
  backend?: 'auto' | BackendName | undefined;
  /**
   * The largest number of events in one batch: 1 … 65536, default 1024. Further events are reported by the next wait.
   */
  capacity?: number | undefined;
  /**
   * How long a wait that may block looks for events, again and again, before it sleeps: microseconds, an integer
   * 0 … 2³¹−1, default 0. An event that comes meanwhile is returned earlier, because no thread has to be woken; the
   * price is a processor that does nothing else. An event, a `wake()`, the timeout of the wait and, in a worker,
   * `terminate()` end the spin. `wait()` and `reactor.run()` spin; `wait(0)` and deliveries in the host's event loop do
   * not block, and so they do not spin. A poller of `attachPoller()` spins as long as the one that was shared.
   */
  spinUs?: number | undefined;
  /**
   * Watches how the poller is used, and reports faults: an edge that nobody drains, a oneshot that nobody re-arms, an
   * end that nobody notices, … (`AuditCode`). `true`, or an object of thresholds. By default what the environment
   * variable POLLUX_AUDIT says: `warn`, `throw` or `json`; `false`: no audit, whatever it says.
   */
  audit?: boolean | AuditOptions | undefined;
}

/**
 * One epoll or kqueue instance.
 *
 * Descriptors are registered once, with an interest (`READABLE`, `WRITABLE`, `PRIORITY`, `READ_CLOSED`, in any
 * combination) and a mode (`LEVEL`, `EDGE`, `ONESHOT`, `EDGE | ONESHOT`); each `wait()` then costs what is ready, not
 * what is registered.
 *
 * Guaranteed on every backend:
 * - one event per descriptor and batch, read and write merged;
 * - `READABLE` and `WRITABLE` mean that the call will not return EAGAIN: end of file, hangup and errors count as
 *   readable and writable. One exception: on Linux, write(2) returns EAGAIN for a pseudoterminal with `HANGUP` whose
 *   buffer is full; give up a write that is refused after `HANGUP`;
 * - after `remove(fd)` no event of that registration is delivered, not even from the current batch; a number that is
 *   closed and used again is a new registration;
 * - interest 0 pauses: nothing is delivered, not even `HANGUP`, and nothing spins;
 * - where more is ready than a batch holds, each registration is reported before another is reported twice;
 * - a failed call changes nothing; EINTR never surfaces.
 *
 * Not guaranteed: the order of events in a batch; that an EDGE registration has no more events than changes (extra
 * events may follow a change of the file, and none is lost); anything about a descriptor that was closed without
 * `remove()` while a duplicate of it is open.
 *
 * Every method but `close()` and `inspect()` throws `ERR_POLLER_CLOSED` after `close()`.
 */
export interface Poller<Data = unknown> {
  /** `'epoll'` or `'kqueue'`. */
  readonly backend: string;
  readonly capabilities: Capabilities;
  /**
   * The descriptor of the kernel object. It is readable while an event or a wake is pending, so that another poller or
   * event loop can watch this poller. Do not close it. −1 after `close()`.
   */
  readonly fd: number;
  /** How many descriptors are registered, in all threads; 0 after `close()`. */
  readonly size: number;
  readonly closed: boolean;

  /**
   * Registers `fd`. Readiness that exists already is reported by the next wait, in every mode.
   *
   * The poller does not own `fd`: `remove()` it before you close it.
   *
   * @param data is returned with each event, in the thread that passed it.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `fd` or `interest` is not a number.
   * @throws RangeError `ERR_OUT_OF_RANGE`: `fd` is not an integer 0 … 2³¹−1; `interest` has unknown bits, HANGUP,
   *   ERROR, or EXCLUSIVE together with ONESHOT, PRIORITY or READ_CLOSED.
   * @throws Error `ERR_NOT_SUPPORTED`: `interest` asks for EDGE, ONESHOT, PRIORITY, EXCLUSIVE or READ_CLOSED, and
   *   `capabilities` denies it. The message names the capability.
   * @throws SystemError `EEXIST`: registered already; the registration stays as it is. `EBADF`: not open. `EPERM`: a
   *   file that cannot be polled (regular file, directory, /dev/null). `EINVAL`: the poller's own descriptor. `ELOOP`:
   *   pollers nested in a circle or too deep. `ENOSPC`: the user's limit of watches is reached
   *   (/proc/sys/fs/epoll/max_user_watches). `ENOMEM`.
   */
  add(fd: number, interest: number, data?: Data): void;

  /**
   * Replaces interest and mode, and always re-arms: readiness that exists is reported again, also for a oneshot
   * registration that has fired, and for an edge that was reported.
   *
   * @param data replaces the data of the registration; where it is omitted or undefined, the data stays.
   * @throws as `add()`, and SystemError `ENOENT` if `fd` is not registered. EXCLUSIVE is for `add()` only
   *   (`ERR_OUT_OF_RANGE`); a registration that was added with it keeps it, and refuses ONESHOT, PRIORITY and
   *   READ_CLOSED with `EINVAL`.
   */
  modify(fd: number, interest: number, data?: Data): void;

  /**
   * Ends the registration of `fd`. Its events are dropped, those of the current batch included.
   *
   * @throws SystemError `ENOENT`: not registered. `EBADF`: not open; a registration that was made before `fd` was
   *   closed is dropped.
   */
  remove(fd: number): void;

  /** Whether `fd` is registered. A descriptor that was closed without `remove()` still counts as registered. */
  has(fd: number): boolean;

  /**
   * Blocks this thread until there is an event or a `wake()`, or until the timeout has passed: then the batch is empty.
   * It never returns early: a timeout is rounded up to `capabilities.timeoutResolutionNs`.
   *
   * The poller has one batch object: each call replaces the events that it shows. A worker may be terminated while it
   * waits; that takes up to 50 ms.
   *
   * @param timeoutMs milliseconds, fractions included; 0 returns at once; with undefined, Infinity or a negative number
   *   it waits until there is an event.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `timeoutMs` is not a number.
   * @throws RangeError `ERR_OUT_OF_RANGE`: `timeoutMs` is NaN.
   * @throws Error `ERR_REACTOR_BUSY`: called from a handler of the reactor that is delivering the batch.
   */
  wait(timeoutMs?: number): Batch<Data>;

  /**
   * Makes one wait return with `woken` set: a wait that is blocked, in any thread, or else the next one. A wake is
   * never lost; several wakes before a wait returns count as one.
   */
  wake(): void;

  /**
   * The registrations, the kernel's own list of them (Linux), and where the two differ: plain data, for people. It
   * makes several system calls for each registration. What has to be counted for each event (events delivered, the
   * last event, age) is there under audit only. A closed poller has no registrations.
   *
   * @throws nothing, also after `close()`.
   */
  inspect(): PollerInspection;

  /**
   * Ends this thread's view of the poller. The kernel object is closed with the last view. Waits of other threads go
   * on; `wake()` ends them. The registered descriptors stay open. Idempotent.
   */
  close(): void;
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * The events of one wait, valid until the next wait of the same poller.
 *
 * The accessors allocate nothing. They throw TypeError `ERR_INVALID_ARG_TYPE` for an index that is not a number, and
 * RangeError `ERR_OUT_OF_RANGE` for one that is not an integer 0 … `length`−1. Iteration skips stale events and yields
 * plain objects that may be kept, in the order of the indexes.
 */
export interface Batch<Data = unknown> extends Iterable<PollEvent<Data>> {
  /** The number of events, stale ones included. */
  readonly length: number;
  /** Whether a `wake()` ended or preceded this wait. */
  readonly woken: boolean;
  fdAt(index: number): number;
  /** The readiness bits; 0 once the registration has been removed: stale. */
  readinessAt(index: number): number;
  /**
   * The data that this thread passed for the registration; undefined where it passed none, or where the event is stale.
   */
  dataAt(index: number): Data | undefined;
}

/** One event: a plain object that stays valid. */
export interface PollEvent<Data = unknown> {
  readonly fd: number;
  readonly readiness: number;
  readonly data: Data | undefined;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly priority: boolean;
  readonly readClosed: boolean;
  readonly hangup: boolean;
  readonly error: boolean;
}
