import { addonFile, binding } from '../addon/binding.js';
import { checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, notSupported, pollerClosed } from '../errors.js';
import type { BackendName, Poller, PollerOptions } from '../poller.js';
import { NativeBatch } from './batch.js';
import { type Auditing, NativePoller, type OpenView } from './native-poller.js';

const DEFAULT_CAPACITY = 1024;
const MOST_CAPACITY = 65536;
const MOST_SPIN_US = 2 ** 31 - 1;
const NAMES: NamesOf<PollerOptions> = { backend: true, capacity: true, spinUs: true, audit: true };

/**
 * The backends that this build has, best first. Empty where there is none: on Windows, or without an addon for this
 * platform; the error of `createPoller()` then says why.
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
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is unknown or of the wrong type, or
 *   `backend` names no backend.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `capacity` is not an integer 1 … 65536, or `spinUs` not one of 0 … 2³¹−1.
 * @throws Error `ERR_NOT_SUPPORTED`: this build does not have the backend. `ERR_BINDING_NOT_FOUND`: there is no addon
 *   for this platform.
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `ENOMEM`.
 */
export function createPoller<Data = unknown>(options: PollerOptions = {}): Poller<Data> {
  checkOptions(options, NAMES);
  const { backend = 'auto', capacity = DEFAULT_CAPACITY, spinUs = 0 } = options;
  if (typeof backend !== 'string') throw invalidType('options.backend', 'of type string', backend);
  if (backend !== 'auto' && backend !== 'epoll' && backend !== 'kqueue') {
    throw invalidValue('options.backend', "must be 'auto', 'epoll' or 'kqueue'", backend, ['auto', 'epoll', 'kqueue']);
  }
  checkInteger(capacity, 'options.capacity', 1, MOST_CAPACITY);
  checkInteger(spinUs, 'options.spinUs', 0, MOST_SPIN_US);
  const available = binding().backend;
  if (backend !== 'auto' && backend !== available) {
    throw notSupported(`This build has the backend "${available}", not "${backend}"`);
  }
  const open: OpenView = (binding, memory) => binding.open(capacity, memory);
  return new NativePoller<Data>({ capacity, spinUs }, open, auditFor(options.audit));
}

/** The name of a poller for another thread of this process. It is plain data: post it, or pass it as workerData. */
export interface PollerHandle {
  readonly type: 'pollux.poller';
  /** The copy of the addon that has the poller. */
  readonly instance: string;
  readonly id: number;
  readonly capacity: number;
  /** As in `PollerOptions`. */
  readonly spinUs?: number;
}

/**
 * Returns a handle of `poller` for `attachPoller()` in another thread. The handle does not keep the poller open: keep
 * `poller` open until the other thread has attached.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `poller` was not made by `createPoller()` or `attachPoller()`.
 * @throws Error `ERR_POLLER_CLOSED`.
 */
export function share(poller: Poller): PollerHandle {
  if (!(poller instanceof NativePoller)) throw invalidType('poller', 'a poller made by createPoller()', poller);
  const { capacity, spinUs } = poller;
  const handle: PollerHandle = { type: 'pollux.poller', instance: binding().instance, id: poller.shareId(), capacity };
  return spinUs === 0 ? handle : { ...handle, spinUs };
}

/**
 * Opens a view, in this thread, of the poller that `handle` names. All views share the kernel object and its
 * registrations: EEXIST, ENOENT and the protection against stale events apply across threads. `data` stays in the
 * thread that passed it. Close each view.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `handle` is not a handle. `ERR_INVALID_ARG_VALUE`: it comes from another
 *   process, or from another copy of this package.
 * @throws Error `ERR_POLLER_CLOSED`: no view of the poller is open.
 */
export function attachPoller<Data = unknown>(handle: PollerHandle): Poller<Data> {
  if (typeof handle !== 'object' || handle === null || handle.type !== 'pollux.poller') {
    throw invalidType('handle', 'a handle made by share()', handle);
  }
  const { instance, id, capacity, spinUs = 0 } = handle;
  checkInteger(id, 'handle.id', 1, Number.MAX_SAFE_INTEGER);
  checkInteger(capacity, 'handle.capacity', 1, MOST_CAPACITY);
  checkInteger(spinUs, 'handle.spinUs', 0, MOST_SPIN_US);
  if (instance !== binding().instance) throw ofAnother(instance);
  return new NativePoller<Data>(
    { capacity, spinUs },
    (binding, memory) => {
      const view = binding.attach(id, capacity, memory);
      if (view < 0) throw pollerClosed();
      return view;
    },
    auditFor(undefined),
  );
}

/** What watches a poller with this option; undefined: nothing does, and no module of src/audit is loaded. */
function auditFor(option: PollerOptions['audit']): Auditing | undefined {
  if (option === false || (option === undefined && !process.env['POLLUX_AUDIT'])) return undefined;
  if (option !== undefined && typeof option !== 'boolean' && typeof option !== 'object')
    throw invalidType('options.audit', 'of type boolean or an object', option);
  const { PollerAudit } = require('../audit/poller-audit.js') as typeof import('../audit/poller-audit.js');
  const audit = new PollerAudit(option);
  return Object.assign(audit, { Batch: audit.batchOf(NativeBatch) });
}

/** `instance` is made of the process, the place of the addon and the time. */
function ofAnother(instance: unknown): TypeError {
  const whose =
    typeof instance !== 'string'
      ? 'it does not say which copy made it'
      : instance.startsWith(`${process.pid}-`)
        ? `another copy of pollux in this process made it, with an addon of its own; this copy uses ${addonFile()}. Install pollux once, or pass the handle to the copy that made it`
        : 'another process made it, and a poller cannot leave its process';
  return invalidValue('handle', `must come from share() of this copy of pollux: ${whose}`, instance);
}
