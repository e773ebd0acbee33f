import type { AsyncResource } from 'node:async_hooks';
import type { Domain } from 'node:domain';
import { binding } from '../addon/binding.js';
import { IS_NODE, LEAVES_SCOPES_TWICE, PRINTS_NULL_FOR_ERRORS } from '../runtime.js';
import type { ReactorWatch } from './reactor-watch.js';
import type { Watch } from './watch.js';

/** Where what the handlers of a reactor throw goes: to `onError`, or else it is an uncaught exception. */
export class HandlerErrors {
  readonly #onError: ((error: unknown, watch: Watch | undefined) => void) | undefined;
  /** The async context of errors that belong to no watch. */
  readonly #context: AsyncResource;

  constructor(onError: ((error: unknown, watch: Watch | undefined) => void) | undefined, context: AsyncResource) {
    this.#onError = onError;
    this.#context = context;
  }

  /**
   * Calls `act`, and reports what it throws, and what the promise that it returns is rejected with, in `context`: by
   * default that of the watch.
   */
  guard(act: () => unknown, watch: ReactorWatch | undefined, context?: AsyncResource): void {
    try {
      const returned = act();
      if (returned !== undefined) this.follow(returned, watch, context);
    } catch (error) {
      this.report(error, watch, context);
    }
  }

  /** Hands one event to the handler of `watch`, and reports as `guard()` does. Allocates nothing. */
  deliver(watch: ReactorWatch, readiness: number): void {
    try {
      const returned = watch.deliver(readiness);
      if (returned !== undefined) this.follow(returned, watch);
    } catch (error) {
      this.report(error, watch);
    }
  }

  /**
   * Reports what `returned`, if a handler returned a promise, is rejected with. Without `onError` a rejection stays an
   * unhandled rejection.
   */
  follow(returned: unknown, watch: ReactorWatch | undefined, context?: AsyncResource): void {
    if (this.#onError === undefined || typeof returned !== 'object' || returned === null) return;
    const { then } = returned as PromiseLike<unknown>;
    if (typeof then !== 'function') return;
    then.call(returned, undefined, (reason: unknown) => this.report(reason, watch, context));
  }

  /** Reports `error` in `context`, as if the handler had been called without a reactor. */
  report(error: unknown, watch: ReactorWatch | undefined, context: AsyncResource | undefined = watch): void {
    const domain =
      context !== undefined && LEAVES_SCOPES_TWICE
        ? (context as { readonly domain?: Domain | null }).domain
        : undefined;
    if (domain !== undefined && domain !== null) return domain.run(this.#tell, error, watch);
    (context ?? this.#context).runInAsyncScope(this.#tell, undefined, error, watch);
  }

  readonly #tell = (error: unknown, watch: ReactorWatch | undefined): void => {
    const onError = this.#onError;
    if (onError === undefined) return raise(error);
    try {
      onError(error, watch);
    } catch (second) {
      raise(second);
    }
  };
}

/**
 * Raises `error` as an uncaught exception, and returns. Where nobody listens to uncaught exceptions the process ends:
 * at once in Bun and Deno, whose loop would go on for a while after napi_fatal_exception().
 */
function raise(error: unknown): void {
  const isFatal = !IS_NODE && process.listenerCount('uncaughtException') === 0;
  if (isFatal && PRINTS_NULL_FOR_ERRORS) console.error('error: Uncaught', error);
  else binding().raise(error);
  if (isFatal) process.exit(1);
}
