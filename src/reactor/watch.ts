import type { SystemError } from '../errors.js';

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
  /**
   * What the read before this call of the handler said, for a watch with the option `receive`: the number of bytes; 0
   * at the end, or for an empty message; `WOULD_BLOCK`; or `FAILED`, and `receiveError` says why. `WOULD_BLOCK` also
   * for an event without READABLE, and outside the handler (in an async function: after its first `await`).
   *
   * Where `received` is what `receive` asks for, there may be more: in level mode the next batch reports it; in edge
   * mode read on until `WOULD_BLOCK`, or call `rearm()`. Edge mode needs that also for messages, and for an event with
   * READ_CLOSED, HANGUP or ERROR whose read returned bytes: the end is behind them.
   *
   * All reads of a group of up to 256 events are made before the first of their handlers. A watch that a handler then
   * pauses has its bytes kept, and gets them in an event of its own, before any others, once its interest has READABLE
   * again. `close()` drops them.
   */
  readonly received: number;
  /** The error where `received` is `FAILED`: ECONNRESET, … The kernel tells it once. */
  readonly receiveError: SystemError | undefined;
  /**
   * The `received` bytes. They are in memory of the reactor, which is used again as soon as the handlers of the batch
   * have returned: copy what you need later. Empty outside the handler.
   */
  readonly buffer: Uint8Array;
  /**
   * Writes bytes of `buffer` to the descriptor. What all watches send in a batch, or else in one turn, goes out in one
   * crossing from JavaScript to the system, in the order of the calls: when the handlers have returned, in a microtask
   * where no handler runs, or earlier where there is a lot. What the kernel does not take is copied and sent when there
   * is room, whatever the interest is; WRITABLE is not reported while bytes wait. No SIGPIPE is raised. For a
   * descriptor of messages one call is one message.
   *
   * `buffer` may be used again when this returns. `watch.buffer`, also that of another watch, is not copied: do not
   * change it until the handler has returned.
   *
   * Where a write fails, the handler is called with ERROR, even if the interest is 0, and finds the error in
   * `sendError`. A stream of bytes has then lost what was to be sent; of messages only the one is lost.
   *
   * Writes to the descriptor past this method go out before what waits. Call `flush()` first, also before
   * `shutdown()` of pollux/sys. A closed watch sends nothing.
   *
   * @param offset where in `buffer` to begin, in bytes; 0 by default.
   * @param length how many bytes; by default the rest of `buffer`.
   * @throws TypeError, RangeError as `write()` of pollux/sys.
   */
  send(buffer: ArrayBufferView, offset?: number, length?: number): void;
  /** Offers to the kernel now what `send()` was given. What the kernel does not take goes on waiting. */
  flush(): void;
  /**
   * How many bytes the kernel did not take when they were offered, and that wait until there is room. More than 0:
   * pause what the bytes come from until `onDrain`.
   */
  readonly sendQueued: number;
  /** Why a send has failed; for the handler that is called with ERROR, otherwise undefined. */
  readonly sendError: SystemError | undefined;
  /**
   * Called, like the handler, when the last byte that was waiting has been sent. It is not called for bytes that the
   * kernel takes at once, nor after an error that has dropped them.
   *
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: neither a function nor undefined.
   */
  onDrain: ((watch: Watch) => void) | undefined;
  /**
   * Ends the watch. No further event is delivered, not even from the current batch. What was sent in this turn is
   * offered to the kernel once; what it does not take, and what was waiting before, is dropped. `fd` stays open.
   * Idempotent.
   */
  close(): void;
}
