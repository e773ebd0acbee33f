/// <reference lib="esnext.disposable" preserve="true" />

/** The kernel facility behind a poller. */
export type BackendName = 'epoll' | 'kqueue';

/** What the kernel behind a poller can do. */
export interface Capabilities {
  /** EDGE is honoured. */
  readonly edge: boolean;
  /** ONESHOT is honoured. */
  readonly oneshot: boolean;
  /** PRIORITY is reported. */
  readonly priority: boolean;
  /** EXCLUSIVE wakes one of several pollers. */
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
  /** Which backend; `'auto'`, the default, is the best that this build can open. */
  backend?: 'auto' | BackendName | undefined;
  /** The most events in one batch: 1 … 65536, default 1024. More stay for the next wait. */
  capacity?: number | undefined;
}

/**
 * One epoll or kqueue instance.
 *
 * Descriptors are registered once, with an interest (`READABLE`, `WRITABLE`, `PRIORITY`,
 * `READ_CLOSED`, in any combination) and a mode (`LEVEL`, `EDGE`, `ONESHOT`, `EDGE | ONESHOT`);
 * each `wait()` then costs what is ready, not what is registered.
 *
 * Guaranteed on every backend:
 * - one event per descriptor and batch, read and write merged;
 * - `READABLE` and `WRITABLE` mean that the call will not return EAGAIN: end of file, hangup and
 *   errors count as readable and writable. One exception: a pseudoterminal with `HANGUP` whose buffer is
 *   full takes no write any more, and Linux says EAGAIN; a write that is refused after `HANGUP` is to be given up;
 * - after `remove(fd)` nothing of that registration is delivered, not from the current batch
 *   either; a number that is closed and used again is a new registration;
 * - interest 0 pauses: nothing is delivered, not even `HANGUP`, and nothing spins;
 * - where more is ready than a batch holds, each registration has its turn before another has a second one;
 * - a failed call changes nothing; EINTR never surfaces.
 *
 * Not guaranteed: the order of events in a batch; silence of an EDGE registration to whose file
 * something happened (extra edges are allowed, lost ones are not); anything about a descriptor
 * that was closed without `remove()` while a duplicate of it is open.
 *
 * Every method throws `ERR_POLLER_CLOSED` after `close()`.
 */
export interface Poller<Data = unknown> {
  /** `'epoll'` or `'kqueue'`. */
  readonly backend: string;
  readonly capabilities: Capabilities;
  /**
   * The kernel object's own descriptor, readable when an event or a wake is pending, so that a
   * poller can be watched by another poller or event loop. Do not close it. −1 after `close()`.
   */
  readonly fd: number;
  /** How many descriptors are registered, in all threads; 0 after `close()`. */
  readonly size: number;
  readonly closed: boolean;

  /**
   * Registers `fd`. What is ready already is reported by the next wait, in every mode.
   *
   * The poller does not own `fd`: `remove()` it before you close it.
   *
   * @param data comes back with each event, in the thread that gave it.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `fd` or `interest` is no number.
   * @throws RangeError `ERR_OUT_OF_RANGE`: `fd` is not an integer 0 … 2³¹−1; `interest` has unknown
   *   bits, HANGUP, ERROR, or EXCLUSIVE together with ONESHOT, PRIORITY or READ_CLOSED.
   * @throws Error `ERR_NOT_SUPPORTED`: `interest` asks for EDGE, ONESHOT, PRIORITY, EXCLUSIVE or READ_CLOSED, and `capabilities`
   *   denies it. The message names the capability.
   * @throws SystemError `EEXIST`: registered already; the registration stays as it is. `EBADF`: not
   *   open. `EPERM`: cannot be polled (regular file, directory, /dev/null). `EINVAL`: the poller
   *   itself. `ELOOP`: pollers nested in a circle or too deep. `ENOSPC`: the user's limit of
   *   watches is reached (/proc/sys/fs/epoll/max_user_watches). `ENOMEM`.
   */
  add(fd: number, interest: number, data?: Data): void;

  /**
   * Replaces interest and mode, and always re-arms: what is ready is reported again, also to a
   * oneshot registration that has fired and to an edge that was seen.
   *
   * @param data replaces the registration's data; omitted or undefined, the data is kept.
   * @throws as `add()`, and SystemError `ENOENT` if `fd` is not registered. EXCLUSIVE is for `add()`
   *   only (`ERR_OUT_OF_RANGE`); a registration that was added with it keeps it, and refuses
   *   ONESHOT, PRIORITY and READ_CLOSED with `EINVAL`.
   */
  modify(fd: number, interest: number, data?: Data): void;

  /**
   * Ends the registration of `fd`. Its events are dropped wherever they are, from the current
   * batch too.
   *
   * @throws SystemError `ENOENT`: not registered. `EBADF`: not open; a registration left over from
   *   before it was closed is dropped.
   */
  remove(fd: number): void;

  /** Whether `fd` is registered. A descriptor closed without `remove()` counts until then. */
  has(fd: number): boolean;

  /**
   * Blocks this thread until there is an event, a `wake()`, or the timeout has passed; the batch is
   * then empty. Never returns early: a timeout is rounded up to what the kernel can measure.
   *
   * The poller has one batch: what the last call returned shows the new events from here on.
   * A worker may be terminated while it waits; that takes up to 50 ms.
   *
   * @param timeoutMs milliseconds, fractions count; 0 looks without blocking; undefined, Infinity
   *   and negative numbers wait until there is an event.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: no number.
   * @throws RangeError `ERR_OUT_OF_RANGE`: NaN.
   * @throws Error `ERR_REACTOR_BUSY`: a reactor is delivering the batch; called from one of its handlers.
   */
  wait(timeoutMs?: number): Batch<Data>;

  /**
   * Makes one wait return with `woken` set: a blocked one, in any thread, or else the next. Never
   * lost; wakes that no wait has answered yet are one.
   */
  wake(): void;

  /**
   * Ends this thread's view; the kernel object goes with the last view. Waits of other threads go on:
   * `wake()` ends those. The descriptors that were registered stay open. Idempotent.
   */
  close(): void;
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * The events of one wait, valid until the next wait of the same poller.
 *
 * The accessors are the fast path and allocate nothing. They throw RangeError `ERR_OUT_OF_RANGE`
 * for an index that is not an integer 0 … `length`−1. Iteration is the comfortable path: it skips
 * stale records and yields plain objects that may be kept, in the order of the indexes.
 */
export interface Batch<Data = unknown> extends Iterable<PollEvent<Data>> {
  /** How many events there are, stale ones included. */
  readonly length: number;
  /** Whether a `wake()` ended, or preceded, this wait. */
  readonly woken: boolean;
  fdAt(index: number): number;
  /** The readiness bits; 0 once the registration has been removed: stale. */
  readinessAt(index: number): number;
  /** The data of the registration, if this thread gave any and the event is not stale. */
  dataAt(index: number): Data | undefined;
}

/** One ready descriptor: a plain object, valid for ever. */
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
