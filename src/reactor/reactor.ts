import { AsyncResource } from 'node:async_hooks';
import { constants } from 'node:os';
import { checkFunction } from '../arguments.js';
import { createPoller } from '../create-poller.js';
import { invalidType, pollerClosed, reactorBusy, systemError } from '../errors.js';
import { EXCLUSIVE } from '../interest.js';
import { NativePoller } from '../native-poller.js';
import type { Batch, Poller } from '../poller.js';
import { EventIterator, type EventsOptions } from './events.js';
import { HostLoop, type WaiterName } from './host-loop.js';
import { IdleClock } from './idle-clock.js';
import { OnceWaiters, type OnceOptions } from './once.js';
import { raise } from './raise.js';
import { checkReactorOptions, type ReactorOptions } from './reactor-options.js';
import { ReactorWatch, type WatchOwner } from './reactor-watch.js';
import type { Watch, WatchHandler } from './watch.js';

/**
 * A poller and the handlers of what it watches: the reactor of the textbooks.
 *
 * Outside `run()` it is a part of the host's event loop. Handlers are called one after the other, one
 * call into JavaScript per batch; ticks and microtasks run after the batch. A handler that throws
 * raises `uncaughtException`, or goes to `onError`, and the rest of the batch is still delivered.
 * A handler runs in the async context of its `watch()`.
 *
 * Nothing is delivered after `watch.close()`, nor for a number that was closed and used again.
 * Close a watch before its descriptor.
 */
export class Reactor {
  readonly #poller: NativePoller<ReactorWatch>;
  readonly #ownsPoller: boolean;
  readonly #options: ReactorOptions;
  readonly #watches = new Map<number, ReactorWatch>();
  readonly #once: OnceWaiters;
  readonly #clock: IdleClock;
  readonly #owner: WatchOwner;
  /** What is delivered but to handlers belongs to the reactor, not to whoever watched first. */
  readonly #context = new AsyncResource('pollux.reactor');
  #host: HostLoop<ReactorWatch> | undefined;
  /** The watches whose interest the poller has to learn. */
  #pending: ReactorWatch[] = [];
  #active = 0;
  #isRef = true;
  #closed = false;
  #isRunning = false;
  #isApplying = false;
  #isStopped = false;

  /**
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is of the wrong type or value.
   * @throws Error `ERR_NOT_SUPPORTED`: `waiter: 'uv'`, or POLLUX_WAITER, where the event loop is not libuv's.
   * @throws what `createPoller()` throws.
   */
  constructor(options: ReactorOptions = {}) {
    const waiter = checkReactorOptions(options);
    const { poller } = options;
    const chosen = poller ?? createPoller<ReactorWatch>(options);
    if (!(chosen instanceof NativePoller)) {
      throw invalidType('options.poller', 'a poller made by createPoller() or attachPoller()', poller);
    }
    if (chosen.closed) throw pollerClosed();
    this.#poller = chosen;
    this.#ownsPoller = poller === undefined;
    this.#options = { ...options, waiter };
    this.#clock = new IdleClock(this.#context, () => this.#look());
    this.#once = new OnceWaiters(this.#clock, {
      watch: (fd, interest, handler) => this.#register(fd, interest, handler),
      applyNow: (watch) => this.#applyOne(watch),
    });
    this.#owner = {
      check: (fd, interest, forModify) => this.#poller.checkRegistration(fd, interest, forModify),
      changed: (watch) => this.#defer(watch),
      countActive: (difference) => this.#countActive(difference),
      closed: (watch) => this.#forget(watch),
      idleTimeout: (ms, onIdle) => this.#clock.idleTimeout(ms, onIdle),
      guard: (act, watch) => this.#guard(act, watch),
    };
  }

  get poller(): Poller {
    return this.#poller;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the host's event loop learns of events through; undefined before the first watch. */
  get waiter(): WaiterName | undefined {
    return this.#host?.waiter;
  }

  /**
   * Watches `fd`: calls `handler` for each event. What is ready already is delivered in the next turn.
   *
   * @throws what `poller.add()` throws: `EEXIST`, `EBADF`, `EPERM`, …; TypeError `ERR_INVALID_ARG_TYPE`:
   *   `handler` is no function; Error `ERR_POLLER_CLOSED`; and, for the first watch, `EMFILE`, `ENFILE`,
   *   `EAGAIN`, `ENOMEM`: the host's event loop cannot take the poller. `EEXIST` also: another reactor
   *   has it.
   */
  watch(fd: number, interest: number, handler: WatchHandler): Watch {
    return this.#register(fd, interest, handler);
  }

  /**
   * Resolves with the readiness of `fd` once it has some of `interest`, or HANGUP or ERROR. Any number
   * of calls may wait for one descriptor. Nothing stays registered. Modes in `interest` have no meaning here.
   *
   * @throws (rejects) as `watch()`; `AbortError`, code `ABORT_ERR`: `signal` was aborted; `ETIMEDOUT`:
   *   `timeoutMs` have passed; `EBADF`, `ENOENT`: the descriptor was closed, as the next call about its number
   *   finds (closing it tells nobody: abort what waits for it first);
   *   `ERR_POLLER_CLOSED`: the reactor was closed.
   */
  async once(fd: number, interest: number, options: OnceOptions = {}): Promise<number> {
    if (this.#closed) throw pollerClosed('reactor');
    return this.#once.wait(fd, interest, options);
  }

  /**
   * The events of `fd`, for `for await`. In level and oneshot mode each step asks the kernel anew, so that a slow
   * consumer misses nothing and nothing spins; in edge mode the bits of several events
   * become one. The watch begins with the first step and ends with `break`, `return` or an error in the
   * loop; the iteration ends when the reactor is closed.
   *
   * @throws (rejects) as `watch()`; RangeError `ERR_OUT_OF_RANGE`: EXCLUSIVE without EDGE; `AbortError`, code
   *   `ABORT_ERR`: `signal` was aborted.
   */
  events(fd: number, interest: number, options: EventsOptions = {}): AsyncIterableIterator<number> {
    return new EventIterator((asked, handler) => this.#register(fd, asked, handler), interest, options);
  }

  /**
   * Serves watches, idle timeouts and wakes in a loop that blocks this thread, until `stop()`:
   * for a worker, or a process of its own. Timers and promises of the host wait meanwhile.
   *
   * @throws Error `ERR_REACTOR_BUSY`: called from within a handler, `onError` included. `ERR_POLLER_CLOSED`.
   */
  run(): void {
    if (this.#closed) throw pollerClosed('reactor');
    if (this.#isRunning || this.#isApplying || this.#poller.isDelivering || this.#clock.isExpiring) throw reactorBusy();
    this.#isRunning = true;
    this.#isStopped = false;
    try {
      while (!this.#isStopped && !this.#closed) {
        this.#apply();
        this.#dispatch(this.#poller.wait(this.#clock.remainingMs()));
        this.#clock.expire();
      }
    } finally {
      this.#isRunning = false;
    }
    this.#apply();
  }

  /** Makes `run()` return once the handlers of the present batch are done. Outside `run()` it has no effect. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Active watches keep the process alive: the default. */
  ref(): this {
    this.#isRef = true;
    this.#host?.ref(this.#active > 0);
    return this;
  }

  /** Watches of this reactor do not keep the process alive. */
  unref(): this {
    this.#isRef = false;
    this.#host?.ref(false);
    return this;
  }

  /**
   * Closes all watches, and the poller unless it was given. The descriptors stay open. Pending `once()`
   * reject with `ERR_POLLER_CLOSED`; iterations end. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.close();
    this.#host?.close();
    const reason = pollerClosed('reactor');
    for (const watch of [...this.#watches.values()]) {
      if (!this.#ownsPoller) this.#unregister(watch);
      this.#guard(() => watch.end(reason), watch);
    }
    this.#watches.clear();
    if (this.#ownsPoller) this.#poller.close();
  }

  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #register(fd: number, interest: number, handler: WatchHandler): ReactorWatch {
    if (this.#closed) throw pollerClosed('reactor');
    checkFunction(handler, 'handler');
    this.#poller.checkRegistration(fd, interest, false);
    const watch = new ReactorWatch(this.#owner, fd, interest, handler);
    this.#poller.add(fd, interest, watch);
    try {
      this.#host ??= this.#context.runInAsyncScope(() => this.#openHost());
    } catch (error) {
      this.#poller.remove(fd);
      throw error;
    }
    // The kernel took the number for a new file: the old one was closed without closing its watch.
    this.#watches.get(fd)?.end(systemError(-constants.errno.EBADF, 'watch', fd));
    this.#watches.set(fd, watch);
    watch.begin();
    return watch;
  }

  #openHost(): HostLoop<ReactorWatch> {
    return new HostLoop(this.#poller, this.#options.waiter ?? 'auto', (batch) => this.#dispatch(batch), () => this.close());
  }

  #countActive(difference: 1 | -1): void {
    this.#active += difference;
    if (this.#isRef) this.#host?.ref(this.#active > 0);
  }

  /** After `watch.close()`. Says whether the poller had it. */
  #forget(watch: ReactorWatch): boolean {
    if (this.#watches.get(watch.fd) !== watch) return false;
    this.#watches.delete(watch.fd);
    return this.#unregister(watch);
  }

  #unregister({ fd }: ReactorWatch): boolean {
    try {
      this.#poller.remove(fd);
      return true;
    } catch {
      // EBADF, ENOENT: the descriptor was closed first, and the registration went with it.
      return false;
    }
  }

  #defer(watch: ReactorWatch): void {
    if (watch.isPending) return;
    watch.isPending = true;
    this.#pending.push(watch);
    if (this.#pending.length === 1 && !this.#poller.isDelivering && !this.#isRunning) queueMicrotask(this.#apply);
  }

  /** Tells the poller what has changed. */
  readonly #apply = (): void => {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    this.#isApplying = true;
    for (const watch of pending) {
      watch.isPending = false;
      try {
        this.#applyOne(watch);
      } catch (error) {
        // Who is told of the end knows the reason.
        if (watch.onEnd === undefined) this.#raise(error, watch);
      }
    }
    this.#isApplying = false;
  };

  #applyOne(watch: ReactorWatch): void {
    if (watch.closed || (!watch.mustRearm && watch.interest === watch.applied)) return;
    watch.mustRearm = false;
    try {
      this.#poller.modify(watch.fd, watch.interest & ~EXCLUSIVE);
      watch.applied = watch.interest;
    } catch (error) {
      this.#forget(watch);
      watch.end(error as Error);
      throw error;
    }
  }

  /** Delivers what is there, before timeouts are judged: all of it, more than one batch may hold. */
  #look(): void {
    let rounds = Math.ceil(this.#poller.size / this.#poller.capacity) + 1;
    while (rounds-- > 0 && !this.#closed) {
      const batch = this.#poller.wait(0);
      if (batch.length === 0 && !batch.woken) return;
      this.#dispatch(batch);
    }
  }

  /** Says whether anything in the batch was for this reactor. Allocates nothing per event. */
  #dispatch(batch: Batch<ReactorWatch>): boolean {
    const nowMs = this.#clock.nowMs();
    let isOurs = batch.woken;
    this.#poller.isDelivering = true;
    if (batch.woken && this.#options.onWake !== undefined) this.#guard(this.#options.onWake, undefined);
    for (let index = 0; index < batch.length; index++) {
      const readiness = batch.readinessAt(index);
      if (readiness === 0) continue;
      const watch = batch.dataAt(index);
      // A registration that the owner of a given poller has made is not ours.
      if (!(watch instanceof ReactorWatch)) continue;
      isOurs = true;
      const due = readiness & watch.deliverable;
      if (due === 0) continue;
      try {
        watch.deliver(due, nowMs);
      } catch (error) {
        this.#raise(error, watch);
      }
    }
    this.#poller.isDelivering = false;
    this.#apply();
    return isOurs;
  }

  #guard(act: () => void, watch: ReactorWatch | undefined): void {
    try {
      act();
    } catch (error) {
      this.#raise(error, watch);
    }
  }

  #raise(error: unknown, watch: ReactorWatch | undefined): void {
    const { onError } = this.#options;
    if (onError === undefined) return raise(error);
    try {
      onError(error, watch);
    } catch (second) {
      raise(second);
    }
  }
}
