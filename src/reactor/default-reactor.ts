import { invalidType } from '../errors.js';
import { Reactor } from './reactor.js';
import type { EventsOptions } from './events.js';
import type { OnceOptions } from './once.js';
import type { Watch, WatchHandler } from './watch.js';
import type { WatchOptions } from './watch-options.js';

let ofThisThread: Reactor | undefined;

/** The reactor of this thread that `watch()`, `once()` and `events()` use; made on first use, never closed. */
export function defaultReactor(): Reactor {
  return (ofThisThread ??= new Reactor());
}

/** Throws unless `reactor` is a Reactor of this copy of the package. */
export function checkReactor(reactor: unknown, name: string): asserts reactor is Reactor {
  if (!(reactor instanceof Reactor)) throw invalidType(name, 'an instance of Reactor', reactor);
}

/** `Reactor.watch()` on this thread's default reactor. */
export function watch(fd: number, interest: number, handler: WatchHandler, options?: WatchOptions): Watch {
  return defaultReactor().watch(fd, interest, handler, options);
}

/** `Reactor.once()` on this thread's default reactor. */
export async function once(fd: number, interest: number, options?: OnceOptions): Promise<number> {
  return defaultReactor().once(fd, interest, options);
}

/** `Reactor.events()` on this thread's default reactor. */
export function events(fd: number, interest: number, options?: EventsOptions): AsyncIterableIterator<number> {
  return defaultReactor().events(fd, interest, options);
}
