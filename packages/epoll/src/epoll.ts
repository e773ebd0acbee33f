import { AsyncResource } from 'node:async_hooks';
import { Reactor, type Watch } from 'pollux';
import { badDescriptor, inOriginalWords } from './errors.js';
import { BITS, eventsOf, interestOf } from './events.js';

/**
 * Is called for each event.
 *
 * @param error null. pollux raises a wait that fails, and hands it to no callback.
 * @param fd the descriptor that is ready.
 * @param events what it is ready for: bits of `Epoll.EPOLLIN`, `Epoll.EPOLLOUT`, …
 */
export type EpollCallback = (error: Error | null, fd: number, events: number) => void;

interface Registration {
  readonly owner: Epoll;
  readonly watch: Watch;
  events: number;
}

/** The reactor of this thread: all instances of Epoll share one kernel object, and a descriptor is in it once. */
let shared: Reactor | undefined;
const registrations = new Map<number, Registration>();

/** The class Epoll of the npm package epoll. */
export class Epoll {
  static readonly EPOLLIN = BITS.EPOLLIN;
  static readonly EPOLLOUT = BITS.EPOLLOUT;
  static readonly EPOLLRDHUP = BITS.EPOLLRDHUP;
  static readonly EPOLLPRI = BITS.EPOLLPRI;
  static readonly EPOLLERR = BITS.EPOLLERR;
  static readonly EPOLLHUP = BITS.EPOLLHUP;
  static readonly EPOLLET = BITS.EPOLLET;
  static readonly EPOLLONESHOT = BITS.EPOLLONESHOT;

  readonly #callback: EpollCallback;
  readonly #context = new AsyncResource('Epoll:DispatchEvent');
  #closed = false;

  /**
   * @param callback is called in the async context of this constructor.
   * @throws Error: `callback` is not a function.
   */
  constructor(callback: EpollCallback) {
    // The messages of this class are those of the original, to the letter.
    if (typeof callback !== 'function') throw new Error('First argument to construtor must be a callback');
    this.#callback = callback;
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Registers `fd` for `events`. A registered descriptor keeps the process alive.
   *
   * @throws Error with the words of strerror(3) as its message, and `errno`, `code`, `syscall` and `fd`. `EEXIST`: the
   *   descriptor is registered, with whichever instance. `EPERM`: a regular file or a directory. `EBADF`: not open.
   */
  add(fd: number, events: number): this {
    this.#check('add', fd, events);
    const watch = ask(fd, (reactor) => reactor.watch(fd, interestOf(events), (readiness) => deliver(fd, readiness)));
    registrations.set(fd, { owner: this, watch, events });
    return this;
  }

  /**
   * Registers `fd` for `events` instead, and arms a registration with EPOLLONESHOT again. The callback stays that of
   * the instance which added the descriptor.
   *
   * @throws Error as `add()`; `ENOENT`: the descriptor is not registered.
   */
  modify(fd: number, events: number): this {
    this.#check('modify', fd, events);
    const interest = interestOf(events);
    // The watch tells the poller later. This call says at once what the kernel says.
    ask(fd, ({ poller }) => poller.modify(fd, interest));
    const registration = registrations.get(fd)!;
    registration.events = events;
    registration.watch.interest = interest;
    return this;
  }

  /**
   * Ends the registration of `fd`. No event of it is delivered any more.
   *
   * @throws Error `ENOENT`: the descriptor is not registered. `EBADF`: not open.
   */
  remove(fd: number): this {
    this.#check('remove', fd);
    end(fd);
    return this;
  }

  /**
   * Ends all registrations of this instance. The descriptors stay open.
   *
   * @throws Error: `close()` was called before. `EBADF`, `ENOENT`: a descriptor was closed while it was registered; all
   *   registrations have ended nevertheless.
   */
  close(): null {
    if (this.#closed) throw new Error("close can't be called more than once");
    this.#closed = true;
    let failure: unknown;
    for (const [fd, { owner }] of registrations) {
      if (owner !== this) continue;
      try {
        end(fd);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return null;
  }

  /** @internal Calls the callback of `owner`. */
  static dispatch(owner: Epoll, fd: number, events: number): void {
    owner.#context.runInAsyncScope(owner.#callback, undefined, null, fd, events);
  }

  #check(method: 'add' | 'modify' | 'remove', fd: unknown, events?: unknown): void {
    if (this.#closed) throw new Error(`${method} can't be called after calling close`);
    const isDescriptor = typeof fd === 'number' && (fd | 0) === fd;
    if (method === 'remove') {
      if (!isDescriptor) throw new Error('incorrect arguments passed to remove(int fd)');
    } else if (!isDescriptor || typeof events !== 'number') {
      throw new Error(`incorrect arguments passed to ${method}(int fd, int events)`);
    }
  }
}

/** What `act` returns. What pollux throws is thrown in the words of the original. */
function ask<T>(fd: number, act: (reactor: Reactor) => T): T {
  if (fd < 0) throw badDescriptor(fd);
  shared ??= new Reactor();
  try {
    return act(shared);
  } catch (error) {
    throw inOriginalWords(error);
  }
}

function deliver(fd: number, readiness: number): void {
  const { owner, events: asked } = registrations.get(fd)!;
  const events = eventsOf(fd, readiness, asked);
  if (events !== 0) Epoll.dispatch(owner, fd, events);
}

/** Ends a registration, also one whose descriptor was closed, of which the poller's error tells. */
function end(fd: number): void {
  try {
    ask(fd, ({ poller }) => poller.remove(fd));
  } finally {
    registrations.get(fd)?.watch.close();
    registrations.delete(fd);
  }
}
