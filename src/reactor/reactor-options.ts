import { checkFunction, checkOptions, type NamesOf } from '../arguments.js';
import { invalidValue, notSupported } from '../errors.js';
import type { Poller, PollerOptions } from '../poller.js';
import { OBJECTION_TO_LIBUV } from '../runtime.js';
import type { Watch } from './watch.js';

/** How the host's event loop learns that a poller is ready; see `ReactorOptions.waiter`. */
export type WaiterName = 'uv' | 'thread';

export interface ReactorOptions extends PollerOptions {
  /**
   * The poller to use, made by `createPoller()` or `attachPoller()`; by default the reactor makes its own. A given
   * poller stays open when the reactor closes; closing the poller closes the reactor. The reactor takes every event of
   * the poller and drops those of registrations that it did not make. Do not give it a poller that other threads wait
   * on.
   */
  poller?: Poller | undefined;
  /**
   * How the host's event loop learns of events. `'uv'`: libuv watches `poller.fd`; in Node only. `'thread'`: a thread
   * waits on the poller; in every runtime. `'auto'`, the default: what the environment variable POLLUX_WAITER says, or
   * else `'uv'` where it works. Use `'thread'` for files whose event is gone after the first poll (triggers of
   * /proc/pressure, /proc/self/mounts, pollable files of /proc/sys): with `'uv'` libuv polls them before the reactor
   * does.
   */
  waiter?: 'auto' | WaiterName | undefined;
  /**
   * Called, in the async context of the watch, with what a handler, `onWake` or `onIdle` throws, with what the promise
   * that one of them returns is rejected with, and with the error of a deferred change of interest. Without it these
   * are uncaught exceptions and unhandled rejections.
   */
  onError?: ((error: unknown, watch: Watch | undefined) => void) | undefined;
  /**
   * Called after `poller.wake()`, which any thread may call. It is called also where the reactor has no active watch,
   * but it does not keep the process alive.
   */
  onWake?: (() => void) | undefined;
}

const NAMES: NamesOf<ReactorOptions> = {
  backend: true,
  capacity: true,
  spinUs: true,
  audit: true,
  poller: true,
  waiter: true,
  onError: true,
  onWake: true,
};

/**
 * Throws unless `options` are valid; the options of the poller are checked by `createPoller()`. Returns the waiter to
 * use.
 */
export function checkReactorOptions(options: ReactorOptions): 'auto' | WaiterName {
  checkOptions(options, NAMES);
  const { waiter = 'auto', onError, onWake, poller, audit } = options;
  if (waiter !== 'auto' && waiter !== 'uv' && waiter !== 'thread') {
    throw invalidValue('options.waiter', "must be 'auto', 'uv' or 'thread'", waiter);
  }
  if (poller !== undefined && audit !== undefined && audit !== false)
    throw invalidValue('options.audit', 'must be given to createPoller() where a poller is given', audit);
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
