import { AsyncResource } from 'node:async_hooks';
import { Reactor, type Watch } from 'pollux';
import { badDescriptor, inOriginalWords } from './errors.js';
import { BITS, eventsOf, interestOf } from './events.js';
import { watchedFile } from './watched-file.js';

/**
 * Is called for each event.
 *
 * @param error null. pollux raises the error of a wait that fails, and hands it to no callback.
 * @param fd the descriptor that is ready.
 * @param events what it is ready for: bits of `Epoll.EPOLLIN`, `Epoll.EPOLLOUT`, …
 */
export type EpollCallback = (error: Error | null, fd: number, events: number) => void;

interface Registration {
  readonly owner: Epoll;
  readonly reactor: Reactor;
  readonly watch: Watch;
  events: number;
}

/** All instances of Epoll in a thread share these: a descriptor is registered once. */
const registrations = new Map<number, Registration>();
let loopReactor: Reactor | undefined;
let threadReactor: Reactor | undefined;

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
    registrations.set(
      fd,
      ask(fd, () => this.#context.runInAsyncScope(register, undefined, this, this.#callback, fd, events)),
    );
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
    const registration = registrations.get(fd);
    const { poller } = registration?.reactor ?? reactorOfLoop();
    const interest = interestOf(events, poller);
    // A watch tells the poller later. This call says at once what the kernel says, and arms what has the same interest.
    ask(fd, () => poller.modify(fd, interest));
    registration!.events = events;
    if (registration!.watch.interest !== interest) registration!.watch.interest = interest;
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

function reactorOfLoop(): Reactor {
  loopReactor ??= new Reactor();
  return loopReactor;
}

/** Node's event loop would poll before the reactor does: a file that forgets its event then needs a thread. */
function reactorOfThread(): Reactor {
  threadReactor ??= new Reactor({ waiter: 'thread' });
  return threadReactor;
}

/** Registers `fd`. The callback runs in the async context of this call. */
function register(owner: Epoll, callback: EpollCallback, fd: number, events: number): Registration {
  const file = watchedFile(fd);
  const reactor = file.forgetsEvents ? reactorOfThread() : reactorOfLoop();
  const watch = reactor.watch(fd, interestOf(events, reactor.poller), (readiness) => {
    const ready = eventsOf(fd, file, readiness, registration.events);
    if (ready !== 0) callback(null, fd, ready);
  });
  // The number of a file that was closed while it was registered may have been another reactor's.
  registrations.get(fd)?.watch.close();
  const registration: Registration = { owner, reactor, watch, events };
  return registration;
}

/** What `act` returns. What pollux throws about `fd` is thrown in the words of the original. */
function ask<T>(fd: number, act: () => T): T {
  if (fd < 0) throw badDescriptor(fd);
  try {
    return act();
  } catch (error) {
    throw inOriginalWords(error);
  }
}

/** Ends a registration, also that of a descriptor which was closed before, of which the error tells. */
function end(fd: number): void {
  const registration = registrations.get(fd);
  const { poller } = registration?.reactor ?? reactorOfLoop();
  try {
    ask(fd, () => poller.remove(fd));
  } finally {
    registration?.watch.close();
    registrations.delete(fd);
  }
}
