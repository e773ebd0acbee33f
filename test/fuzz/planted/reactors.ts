import { AsyncResource } from 'node:async_hooks';
import { Reactor, type ReactorOptions, type Watch, type WatchOptions } from 'pollux';

type Handler = (readiness: number, watch: Watch) => void;

/** Reactors with one fault each: each changes a handler, or the watch. */
const FAULTS: Readonly<
  Record<
    string,
    {
      handler?: (handler: Handler) => Handler;
      watch?: (watch: Watch) => void;
      options?: (options: ReactorOptions) => ReactorOptions;
    }
  >
> = {
  'turns-shared': {
    handler: (handler) => (readiness, watch) => {
      handler(readiness, watch);
      if (!watch.closed && (watch.interest & 0x300) === 0) handler(readiness, watch);
    },
  },
  'calls-after-close': {
    handler: (handler) => (readiness, watch) => {
      handler(readiness, watch);
      if (watch.closed) setImmediate(handler, readiness, watch);
    },
  },
  'idle-early': {
    watch: (watch) => {
      const set = watch.setIdleTimeout.bind(watch) as (ms: number, onIdle: () => void) => void;
      watch.setIdleTimeout = (ms: number, onIdle?: (watch: Watch) => void) => set(ms / 4, () => onIdle!(watch));
    },
  },
  'context-lost': {
    options: (options) => {
      const resource = new AsyncResource('planted');
      const { onError } = options;
      return { ...options, onError: (error, watch) => resource.runInAsyncScope(onError!, undefined, error, watch) };
    },
  },
  'error-swallowed': { options: (options) => ({ ...options, onError: () => {} }) },
  'rearm-lost': { watch: (watch) => (watch.rearm = () => {}) },
};

class Planted extends Reactor {
  readonly #fault: (typeof FAULTS)[string];

  constructor(name: string, options: ReactorOptions) {
    const fault = FAULTS[name];
    if (fault === undefined) throw new Error(`no fault is called ${name}`);
    super(fault.options?.(options) ?? options);
    this.#fault = fault;
  }

  override watch(fd: number, interest: number, handler: Handler, options?: WatchOptions): Watch {
    const watch = super.watch(fd, interest, this.#fault.handler?.(handler) ?? handler, options);
    this.#fault.watch?.(watch);
    return watch;
  }
}

export const PLANTED_REACTORS = Object.keys(FAULTS);

export function plantedReactor(name: string, options: ReactorOptions): Reactor {
  return new Planted(name, options);
}
