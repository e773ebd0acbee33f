import { checkInteger } from '../arguments.js';
import { binding, bindingFile } from '../addon/binding.js';
import { MOST_CAPACITY } from './create-poller.js';
import { invalidType, invalidValue, pollerClosed } from '../errors.js';
import { NativePoller } from './native-poller.js';
import type { Poller } from '../poller.js';

/** Names a poller to another thread of this process. Plain data: post it, or pass it as workerData. */
export interface PollerHandle {
  readonly type: 'pollux.poller';
  /** The copy of the addon that the poller lives in. */
  readonly instance: string;
  readonly id: number;
  readonly capacity: number;
}

/**
 * A handle of `poller` for `attachPoller()` in a worker. It does not keep the poller open: keep a
 * view open until the other thread has attached.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: not a poller that `createPoller()` or `attachPoller()` made.
 * @throws Error `ERR_POLLER_CLOSED`.
 */
export function share(poller: Poller): PollerHandle {
  if (!(poller instanceof NativePoller)) throw invalidType('poller', 'a poller made by createPoller()', poller);
  return { type: 'pollux.poller', instance: binding().instance, id: poller.shareId(), capacity: poller.capacity };
}

/**
 * A view, in this thread, of the poller that `handle` names: the same kernel object. Registrations,
 * EEXIST and ENOENT, and the protection against stale events are common to all views; `data` stays
 * in the thread that gave it. Close each view.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: not a handle. `ERR_INVALID_ARG_VALUE`: a handle of another process,
 *   or of another copy of this package.
 * @throws Error `ERR_POLLER_CLOSED`: no view of it is open any more.
 */
export function attachPoller<Data = unknown>(handle: PollerHandle): Poller<Data> {
  if (typeof handle !== 'object' || handle === null || handle.type !== 'pollux.poller') {
    throw invalidType('handle', 'a handle made by share()', handle);
  }
  const { instance, id, capacity } = handle;
  checkInteger(id, 'handle.id', 1, Number.MAX_SAFE_INTEGER);
  checkInteger(capacity, 'handle.capacity', 1, MOST_CAPACITY);
  if (instance !== binding().instance) throw ofAnother(instance);
  return new NativePoller<Data>(capacity, (native, memory) => {
    const view = native.attach(id, capacity, memory);
    if (view < 0) throw pollerClosed();
    return view;
  });
}

/** The addon names its copies by process, place and time. */
function ofAnother(instance: unknown): TypeError {
  const whose =
    typeof instance !== 'string'
      ? 'it does not say which copy made it'
      : instance.startsWith(`${process.pid}-`)
        ? `another copy of pollux in this process made it, with an addon of its own; this copy uses ${bindingFile()}. Install pollux once, or pass the handle to the copy that made it`
        : 'another process made it, and a poller cannot leave its process';
  return invalidValue('handle', `must come from share() of this copy of pollux: ${whose}`, instance);
}
