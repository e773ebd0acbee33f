import { checkFunction, checkOptions, type NamesOf } from '../arguments.js';
import { invalidValue, notSupported } from '../errors.js';
import type { Poller, PollerOptions } from '../poller.js';
import { OBJECTION_TO_LIBUV } from '../runtime.js';
import type { Watch } from './watch.js';

/** How the host's event loop learns that a poller is ready; see `ReactorOptions.waiter`. */
export type WaiterName = 'uv' | 'thread';

export interface ReactorOptions extends PollerOptions {
  /**
   * A poller to use, made by `createPoller()` or `attachPoller()`; it stays open when the reactor closes. The
   * reactor takes every event that it waits for: those of other registrations, of its owner or another thread, are
   * dropped. So a poller that several threads wait on is for `poller.wait()`; closing it closes the reactor.
   */
  poller?: Poller | undefined;
  /**
   * How the host's event loop learns of events. `'uv'`: libuv watches `poller.fd`; only in Node.
   * `'thread'`: a thread waits on the poller; everywhere. `'auto'`, the default: what the environment variable
   * POLLUX_WAITER says, or else libuv where that works. Files whose event the first poll takes away (triggers of
   * /proc/pressure, /proc/self/mounts, what /proc/sys can be polled for) lose it with `'uv'`, which polls the poller
   * before the reactor does: watch them with `'thread'`.
   */
  waiter?: 'auto' | WaiterName | undefined;
  /**
   * Gets what a handler, `onWake` or `onIdle` throws, what the promise of an async one is rejected with, and failures of a
   * deferred change, in the async context of the watch. Without it they are uncaught exceptions and unhandled rejections.
   */
  onError?: ((error: unknown, watch: Watch | undefined) => void) | undefined;
  /**
   * Called for a `poller.wake()`, which may come from another thread. A reactor without active watches hears it too, but does
   * not keep the process alive for it.
   */
  onWake?: (() => void) | undefined;
}

const NAMES: NamesOf<ReactorOptions> = {
  backend: true,
  capacity: true,
  poller: true,
  waiter: true,
  onError: true,
  onWake: true,
};

/** Throws unless `options` are a reactor's; those of the poller are its own business. Returns the waiter to use. */
export function checkReactorOptions(options: ReactorOptions): 'auto' | WaiterName {
  checkOptions(options, NAMES);
  const { waiter = 'auto', onError, onWake } = options;
  if (waiter !== 'auto' && waiter !== 'uv' && waiter !== 'thread') {
    throw invalidValue('options.waiter', "must be 'auto', 'uv' or 'thread'", waiter);
  }
  if (onError !== undefined) checkFunction(onError, 'options.onError');
  if (onWake !== undefined) checkFunction(onWake, 'options.onWake');
  return chooseWaiter(waiter);
}

/**
 * The waiter that `option`, the environment variable POLLUX_WAITER and the runtime together call for. The option takes
 * precedence over the variable.
 *
 * @throws Error `ERR_NOT_SUPPORTED`: `'uv'` is asked for, and the host's event loop is not libuv's. TypeError
 *   `ERR_INVALID_ARG_VALUE`: the environment variable names no waiter.
 */
function chooseWaiter(option: 'auto' | WaiterName): 'auto' | WaiterName {
  const wished = process.env['POLLUX_WAITER'] || 'auto';
  if (wished !== 'auto' && wished !== 'uv' && wished !== 'thread')
    throw invalidValue('POLLUX_WAITER', "must be 'auto', 'uv' or 'thread'", wished);
  const waiter = option === 'auto' ? wished : option;
  if (OBJECTION_TO_LIBUV === undefined) return waiter;
  if (waiter === 'uv') throw notSupported(`The waiter "uv" is not supported here: ${OBJECTION_TO_LIBUV}`);
  return 'thread';
}
