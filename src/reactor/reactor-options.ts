import { checkFunction, checkOptions, type NamesOf } from '../arguments.js';
import { invalidValue } from '../errors.js';
import type { Poller, PollerOptions } from '../poller.js';
import { chooseWaiter, type WaiterName } from './host-loop.js';
import type { Watch } from './watch.js';

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
