import { checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { binding } from '../addon/binding.js';
import { invalidType, invalidValue, notSupported } from '../errors.js';
import { NativePoller } from './native-poller.js';
import type { BackendName, Poller, PollerOptions } from '../poller.js';

const DEFAULT_CAPACITY = 1024;
export const MOST_CAPACITY = 65536;
const NAMES: NamesOf<PollerOptions> = { backend: true, capacity: true };

/**
 * The backends that this build can open, best first; empty where there is none (Windows, or no
 * addon for this platform: `createPoller()` then says why).
 */
export function backends(): readonly BackendName[] {
  try {
    return [binding().backend];
  } catch {
    return [];
  }
}

/**
 * Opens a poller.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is unknown or of the wrong type, or names no backend.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `capacity` is not an integer 1 … 65536.
 * @throws Error `ERR_NOT_SUPPORTED`: this build does not have the backend. `ERR_BINDING_NOT_FOUND`:
 *   there is no addon for this platform.
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `ENOMEM`.
 */
export function createPoller<Data = unknown>(options: PollerOptions = {}): Poller<Data> {
  checkOptions(options, NAMES);
  const { backend = 'auto', capacity = DEFAULT_CAPACITY } = options;
  if (typeof backend !== 'string') throw invalidType('options.backend', 'of type string', backend);
  if (backend !== 'auto' && backend !== 'epoll' && backend !== 'kqueue') {
    throw invalidValue('options.backend', "must be 'auto', 'epoll' or 'kqueue'", backend, ['auto', 'epoll', 'kqueue']);
  }
  checkInteger(capacity, 'options.capacity', 1, MOST_CAPACITY);
  const available = binding().backend;
  if (backend !== 'auto' && backend !== available) {
    throw notSupported(`This build has the backend "${available}", not "${backend}"`);
  }
  return new NativePoller<Data>(capacity, (native, memory) => native.open(capacity, memory));
}
