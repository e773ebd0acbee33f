/** Called with the readiness bits of one event and the watch that it belongs to. */
export type WatchHandler = (readiness: number, watch: Watch) => void;

/**
 * One descriptor that a reactor watches.
 *
 * A watch is active while it is open and its interest asks for something; active watches keep the
 * process alive, as sockets do. Setting anything on a closed watch has no effect.
 */
export interface Watch {
  readonly fd: number;
  readonly closed: boolean;
  /**
   * What is watched: interest bits and mode; 0 pauses. Setting it re-arms, so that what is ready is
   * reported again. Changes of one turn are applied once, before the next wait and, after a batch, when the host's ticks and
   * microtasks have had their say; they cost no system call if they are undone (level mode: there the kernel reports again by
   * itself). From the moment it is set no
   * event comes that it does not ask for.
   *
   * EXCLUSIVE stays with a watch that began with it, and may be set only there.
   *
   * @throws TypeError, RangeError, Error `ERR_NOT_SUPPORTED`: as `poller.modify()`; where the watch is EXCLUSIVE as
   *   `poller.add()` with it, so that ONESHOT, PRIORITY and READ_CLOSED are RangeError `ERR_OUT_OF_RANGE`. Nothing changes.
   */
  interest: number;
  /**
   * What is called; set it to switch to another state of the protocol.
   *
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: no function.
   */
  handler: WatchHandler;
  /** Re-arms: what is ready is reported again. For EDGE, and for ONESHOT after its event. */
  rearm(): void;
  /**
   * Calls `onIdle` once when no event has come for `ms` milliseconds; after the next event it counts
   * anew. Never early, and up to 8 ms late, plus the host's own delay. It does not keep the process alive.
   *
   * @param ms more than 0; 0 takes the idle timeout away.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: negative, NaN or Infinity.
   */
  setIdleTimeout(ms: 0): void;
  setIdleTimeout(ms: number, onIdle: (watch: Watch) => void): void;
  /** The watch keeps the process alive while it is active: the default. */
  ref(): this;
  /** The watch does not keep the process alive. */
  unref(): this;
  /** Ends the watch; nothing more is delivered, not from the current batch either. Leaves `fd` open. Idempotent. */
  close(): void;
}
