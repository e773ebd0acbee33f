/** Called with the readiness bits of one event and the watch that it belongs to. */
export type WatchHandler = (readiness: number, watch: Watch) => void;

/**
 * One descriptor that a reactor watches.
 *
 * A watch is active while it is open and its interest asks for readiness. Active watches keep the process alive, as
 * sockets do. Setting a property of a closed watch has no effect.
 */
export interface Watch {
  readonly fd: number;
  readonly closed: boolean;
  /**
   * The interest bits and the mode; 0 pauses. Setting it re-arms: readiness that exists is reported again. The changes
   * of one turn are applied together, before the next wait; after a batch, they are applied when the host's ticks and
   * microtasks have run. In level mode a change that is undone in the same turn costs no system call. As soon as it is
   * set, no event is delivered that it does not ask for.
   *
   * A watch that was made with EXCLUSIVE keeps it; no other watch may set it.
   *
   * @throws TypeError, RangeError, Error `ERR_NOT_SUPPORTED`: as `poller.modify()` throws; for a watch with EXCLUSIVE
   *   as `poller.add()` throws, so that ONESHOT, PRIORITY and READ_CLOSED are RangeError `ERR_OUT_OF_RANGE`. A failed
   *   assignment changes nothing.
   */
  interest: number;
  /**
   * The function that is called for each event. Setting it takes effect with the next event.
   *
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: not a function.
   */
  handler: WatchHandler;
  /** Re-arms: readiness that exists is reported again. Useful for EDGE, and for ONESHOT after its event. */
  rearm(): void;
  /**
   * Calls `onIdle` once when there was no event for `ms` milliseconds; after the next event the time starts again. The
   * call is never early, and up to 8 ms late, plus the host's own delay. The timeout does not keep the process alive.
   *
   * @param ms more than 0; 0 removes the idle timeout.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `ms` is not a number, or `onIdle` not a function. RangeError
   *   `ERR_OUT_OF_RANGE`: `ms` is negative, NaN or Infinity.
   */
  setIdleTimeout(ms: 0): void;
  setIdleTimeout(ms: number, onIdle: (watch: Watch) => void): void;
  /** The watch keeps the process alive while it is active: the default. */
  ref(): this;
  /** The watch does not keep the process alive. */
  unref(): this;
  /**
   * Closes `fd` when this thread ends without having closed it: a worker that is terminated, or that throws. Closing
   * the descriptor or this watch revokes that. Without this call `fd` stays open then.
   */
  closeWithThread(): void;
  /** Ends the watch. No further event is delivered, not even from the current batch. `fd` stays open. Idempotent. */
  close(): void;
}
