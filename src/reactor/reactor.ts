import { AsyncResource } from 'node:async_hooks';
import { constants } from 'node:os';
import { checkDuration, checkFunction } from '../arguments.js';
import { addonFile } from '../addon/binding.js';
import { createPoller } from '../poller/open-poller.js';
import { invalidType, outOfRange, pollerClosed, reactorBusy, systemError } from '../errors.js';
import { nowMs } from '../addon/clock.js';
import { asMicrotask, nextTurn } from '../host.js';
import { NativePoller } from '../poller/native-poller.js';
import type { Batch, Poller } from '../poller.js';
import { TICKS_COME_LATE } from '../runtime.js';
import { COPY, INSPECT, type InspectFunction, shownAs } from '../shown-values.js';
import { EventIterator, type EventsOptions } from './events.js';
import { HandlerErrors } from './handler-errors.js';
import { HostLoop } from './host-loop.js';
import { IdleClock } from './idle-clock.js';
import { InterestChanges } from './interest-changes.js';
import { OnceCalls, type OnceOptions } from './once.js';
import { checkReactorOptions, type ReactorOptions, type WaiterName } from './reactor-options.js';
import { isDescriptorGone, ReactorWatch, type WatchOwner } from './reactor-watch.js';
import { WheelTimer, type ReactorTimer, type TimerOwner } from './reactor-timer.js';
import type { Exchange } from './exchange.js';
import type { Watch, WatchHandler } from './watch.js';
import { checkWatchOptions, type WatchOptions } from './watch-options.js';

/**
 * A poller and the handlers of the descriptors that it watches: the reactor pattern.
 *
 * Outside `run()` events are delivered in the host's event loop. The handlers of a batch are called one after the
 * other; ticks and microtasks run after the batch and before the next one. What a handler throws goes to `onError`, or
 * else is an uncaught exception; the rest of the batch is still delivered. A handler runs in the async context of its
 * `watch()`, and so does `onError` for what that handler throws; `onWake` runs in the async context of `new Reactor()`.
 *
 * No event is delivered after `watch.close()`, nor for a number that was closed and used again. Close a watch before
 * its descriptor.
 */
export class Reactor {
  readonly #poller: NativePoller<ReactorWatch>;
  readonly #ownsPoller: boolean;
  readonly #options: ReactorOptions;
  readonly #watches = new Map<number, ReactorWatch>();
  readonly #once: OnceCalls;
  readonly #clock: IdleClock;
  readonly #owner: WatchOwner;
  readonly #timerOwner: TimerOwner;
  /** The async context of `onWake` and of the host's calls. It is that of the reactor, not of the first `watch()`. */
  readonly #context = new AsyncResource('pollux.reactor');
  readonly #errors: HandlerErrors;
  readonly #changes: InterestChanges;
  #host: HostLoop<ReactorWatch> | undefined;
  #exchange: Exchange | undefined;
  /** Whether the host will call back to make sends, or to deliver events that no batch brings. */
  #willFlush = false;
  #willDeliverOwed = false;
  /** How many watches are active. */
  #active = 0;
  #isRef = true;
  #closed = false;
  /** The loop that waits: the host's, or that of `run()`, which `stop()` ends after the batch. */
  #loop: 'host' | 'running' | 'stopping' = 'host';

  /**
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is of the wrong type or value.
   * @throws Error `ERR_NOT_SUPPORTED`: `waiter: 'uv'`, or POLLUX_WAITER, where the event loop is not libuv's.
   * @throws what `createPoller()` throws; with `onWake` also what the first `watch()` throws: `EMFILE`, …, or `EEXIST`:
   *   another reactor has the poller.
   */
  constructor(options: ReactorOptions = {}) {
    const waiter = checkReactorOptions(options);
    const { poller, backend, capacity, spinUs, audit } = options;
    const chosen = poller ?? createPoller<ReactorWatch>({ backend, capacity, spinUs, audit });
    if (!(chosen instanceof NativePoller)) {
      throw invalidType('options.poller', 'a poller made by createPoller() or attachPoller()', poller);
    }
    if (chosen.closed) throw pollerClosed();
    this.#poller = chosen;
    this.#ownsPoller = poller === undefined;
    this.#options = { ...options, waiter };
    this.#errors = new HandlerErrors(options.onError, this.#context);
    this.#clock = new IdleClock(this.#context, {
      look: () => this.#look(),
      mostLooks: () => Math.ceil(this.#poller.size / this.#poller.capacity) + 1,
    });
    this.#changes = new InterestChanges(this.#poller, {
      applying: () => this.#host?.hold(false),
      refused: (watch, reason) => this.#endRefused(watch, reason),
      report: (error, watch) => this.#errors.report(error, watch),
    });
    this.#once = new OnceCalls(this.#clock, {
      watch: (fd, interest, handler) => this.#register(fd, interest, handler),
      applyNow: (watch) => this.#changes.applyNow(watch),
    });
    this.#owner = {
      check: (fd, interest, forModify) => this.#poller.checkRegistration(fd, interest, forModify),
      changed: (watch) => this.#changed(watch),
      countActive: (difference) => this.#countActive(difference),
      closed: (watch) => this.#forget(watch),
      idleTimeout: (ms, onIdle) => this.#clock.idleTimeout(ms, onIdle),
      guard: (act, watch) => this.#errors.guard(act, watch),
      unregister: (watch) => this.#unregister(watch),
      confirm: (watch) => this.#poller.modify(watch.fd, watch.applied),
      own: (fd, path) => this.#poller.own(fd, path),
      send: (watch, buffer, offset, length) => this.#send(watch, buffer, offset, length),
      flushFor: (watch) => this.#exchange?.flushFor(watch),
      forgetTraffic: (watch) => this.#exchange?.forget(watch),
    };
    this.#timerOwner = {
      add: (entry, deadlineMs) => this.#clock.add(entry, deadlineMs),
      delete: (entry) => this.#clock.delete(entry),
      isClosed: () => this.#closed,
      countActive: (difference) => this.#countActive(difference),
      call: (callback, timer) => this.#errors.guard(() => timer.runInAsyncScope(callback), undefined, timer),
    };
    if (options.onWake !== undefined) this.#beginToHear();
  }

  /** @internal The copy of the package that this reactor belongs to. */
  get [COPY](): string {
    return addonFile();
  }

  get poller(): Poller {
    return (#poller in this ? this.#poller : undefined)!;
  }

  get closed(): boolean {
    return #closed in this && this.#closed;
  }

  /** How the host's event loop learns of events; undefined before the first watch, unless the reactor has `onWake`. */
  get waiter(): WaiterName | undefined {
    return #host in this ? this.#host?.waiter : undefined;
  }

  /**
   * Watches `fd`: calls `handler` for each event. Readiness that exists already is delivered in the next turn of the
   * event loop.
   *
   * @throws what `poller.add()` throws: `EEXIST`, `EBADF`, `EPERM`, …; TypeError `ERR_INVALID_ARG_TYPE`: `handler` is
   *   not a function; Error `ERR_POLLER_CLOSED`; and, for the first watch, `EMFILE`, `ENFILE`, `EAGAIN`, `ENOMEM`: the
   *   host's event loop cannot take the poller. `EEXIST` is thrown also where another reactor has the poller. What is
   *   wrong with `options` is a TypeError, or a RangeError `ERR_OUT_OF_RANGE` for `receive`.
   */
  watch(fd: number, interest: number, handler: WatchHandler, options?: WatchOptions): Watch {
    if (options !== undefined) checkWatchOptions(options);
    if (this.#closed) throw pollerClosed('reactor');
    if (options?.receive !== undefined) this.#exchangeOf();
    return this.#register(fd, interest, handler, options);
  }

  /**
   * Resolves with the readiness of `fd` once it has one of the bits of `interest`, or HANGUP or ERROR. Any number of
   * calls may wait for one descriptor. The descriptor does not stay registered. Modes in `interest` are ignored.
   *
   * @throws (rejects) as `watch()`; `AbortError`, code `ABORT_ERR`: `signal` was aborted; `ETIMEDOUT`: `timeoutMs` has
   *   passed; `EBADF`, `ENOENT`: the descriptor was closed. The kernel does not report that: only the next call about
   *   the number finds it, so abort the wait before closing the descriptor; `ERR_POLLER_CLOSED`: the reactor was
   *   closed.
   */
  async once(fd: number, interest: number, options: OnceOptions = {}): Promise<number> {
    if (this.#closed) throw pollerClosed('reactor');
    return this.#once.wait(fd, interest, options);
  }

  /**
   * The events of `fd`, for `for await`. In level and oneshot mode each step asks the kernel again, so that a slow
   * consumer neither misses an event nor spins; in edge mode the bits of events that come between two steps are
   * combined. The watch begins with the first step and ends with `break`, `return` or an error in the loop. The
   * iteration ends when the reactor is closed.
   *
   * @throws (rejects) as `watch()`; RangeError `ERR_OUT_OF_RANGE`: EXCLUSIVE without EDGE; `AbortError`, code
   *   `ABORT_ERR`: `signal` was aborted.
   */
  events(fd: number, interest: number, options: EventsOptions = {}): AsyncIterableIterator<number> {
    return new EventIterator((asked, handler) => this.#registerSteps(fd, asked, handler), interest, options);
  }

  /**
   * Calls `callback` once when `ms` milliseconds have passed, in the host's event loop or within `run()`: never early,
   * up to 8 ms late, plus what handlers and the host take. What is ready by then is delivered first. Timers that are
   * due together are called one after the other, in the order of their deadlines, in the async context of their making.
   * What a callback throws is raised, or goes to `onError`, without a watch.
   *
   * @param ms 0 or more, to a fraction.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: `ms` is negative, NaN or Infinity. Error
   *   `ERR_POLLER_CLOSED`; and what the first `watch()` of a reactor throws.
   */
  after(ms: number, callback: () => void): ReactorTimer {
    checkDuration(ms, 'ms');
    return this.#startTimer(ms, 0, callback);
  }

  /**
   * Calls `callback` every `ms` milliseconds, for the first time when `ms` have passed. As `after()`; a call that is
   * late moves no later one, and periods that have passed altogether are left out.
   *
   * @param ms more than 0, to a fraction.
   * @throws as `after()`; RangeError also for 0.
   */
  every(ms: number, callback: () => void): ReactorTimer {
    checkDuration(ms, 'ms');
    if (ms === 0) throw outOfRange('ms', 'must be more than 0', ms);
    return this.#startTimer(ms, ms, callback);
  }

  /** The open watches of this reactor, those of pending `once()` calls and iterations included: a snapshot. */
  watches(): Watch[] {
    return [...this.#watches.values()];
  }

  [INSPECT](depth: number, options: object, inspect: InspectFunction): string {
    if (!(#watches in this)) return 'Reactor {}';
    if (this.#closed) return shownAs('Reactor', { closed: true }, depth, options, inspect);
    const { backend, fd } = this.#poller;
    const watches = this.watches().map((watch) => (watch as ReactorWatch).inLine());
    const fields = { backend, fd, waiter: this.waiter, active: this.#active, watches };
    return shownAs('Reactor', fields, depth, options, inspect);
  }

  /**
   * Serves watches, timers, idle timeouts and wakes in a loop that blocks this thread, until `stop()`:
   * for a worker, or a process of its own. Timers and promises of the host wait meanwhile.
   *
   * @throws Error `ERR_REACTOR_BUSY`: called from a handler or from `onError`, or during another `run()`.
   *   `ERR_POLLER_CLOSED`: the reactor is closed.
   */
  run(): void {
    if (this.#closed) throw pollerClosed('reactor');
    const { isApplying } = this.#changes;
    if (this.#loop !== 'host' || isApplying || this.#poller.isDelivering || this.#clock.isExpiring) throw reactorBusy();
    this.#loop = 'running';
    try {
      while (this.#isRunning) {
        this.#deliverOwed();
        this.#applyAll();
        if (!this.#isRunning) break;
        this.#dispatch(this.#poller.wait(this.#exchange?.isOwing === true ? 0 : this.#clock.remainingMs()));
        this.#clock.expire();
      }
    } finally {
      this.#loop = 'host';
      this.#applyAll();
      if (this.#exchange?.isOwing === true) this.#willOwe();
    }
  }

  /** Makes `run()` return after the handlers of the present batch. Outside `run()` it has no effect. */
  stop(): void {
    if (this.#loop === 'running') this.#loop = 'stopping';
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
   * Closes all watches, and the poller unless it was given as an option. The descriptors stay open. Pending `once()`
   * calls reject with `ERR_POLLER_CLOSED`; iterations end. Idempotent.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#exchange?.flush();
    this.#clock.close();
    this.#host?.close();
    const reason = pollerClosed('reactor');
    for (const watch of [...this.#watches.values()]) {
      // The end of another watch may have closed this one.
      if (watch.closed) continue;
      if (!this.#ownsPoller) this.#unregister(watch);
      this.#errors.guard(() => watch.end(reason), watch);
    }
    this.#watches.clear();
    if (this.#ownsPoller) this.#poller.close();
  }

  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #isRunning(): boolean {
    return this.#loop === 'running' && !this.#closed;
  }

  #startTimer(ms: number, everyMs: number, callback: () => void): ReactorTimer {
    checkFunction(callback, 'callback');
    if (this.#closed) throw pollerClosed('reactor');
    this.#openHost();
    return new WheelTimer(this.#timerOwner, nowMs(), ms, everyMs, callback);
  }

  #register(fd: number, interest: number, handler: WatchHandler, options?: WatchOptions): ReactorWatch {
    if (this.#closed) throw pollerClosed('reactor');
    checkFunction(handler, 'handler');
    this.#poller.checkRegistration(fd, interest, false);
    const watch = new ReactorWatch(this.#owner, fd, interest, handler, options);
    this.#poller.add(fd, interest, watch);
    try {
      this.#openHost();
    } catch (error) {
      this.#poller.remove(fd);
      throw error;
    }
    // The poller accepted the number as a new file, so the old file was closed without closing its watch.
    const old = this.#watches.get(fd);
    this.#watches.set(fd, watch);
    if (old !== undefined) this.#errors.guard(() => old.end(systemError(-constants.errno.EBADF, 'watch', fd)), old);
    if (options?.receive !== undefined) this.#exchangeOf().receivers++;
    watch.begin();
    return watch;
  }

  /** For an iteration, whose steps re-arm the watch. */
  #registerSteps(fd: number, interest: number, handler: WatchHandler): ReactorWatch {
    const watch = this.#register(fd, interest, handler);
    this.#poller.audit?.allowPauses(fd);
    return watch;
  }

  /** `onWake` is called from now on, also before the first watch. */
  #beginToHear(): void {
    try {
      this.#openHost();
    } catch (error) {
      if (this.#ownsPoller) this.#poller.close();
      throw error;
    }
  }

  #openHost(): void {
    if (this.#host !== undefined) return this.#host.missNothing();
    const deliver = (batch: Batch<ReactorWatch>): boolean => {
      const isOurs = this.#dispatch(batch);
      const { isDeferred } = this.#changes;
      if (isDeferred || TICKS_COME_LATE) this.#host!.hold(true);
      if (!isDeferred && TICKS_COME_LATE) void asMicrotask(() => this.#host!.hold(this.#changes.isDeferred));
      return isOurs;
    };
    this.#host = this.#context.runInAsyncScope(
      () => new HostLoop(this.#poller, this.#options.waiter ?? 'auto', deliver, () => this.close()),
    );
  }

  #countActive(difference: 1 | -1): void {
    this.#active += difference;
    if (this.#isRef) this.#host?.ref(this.#active > 0);
  }

  /** Removes `watch`. Says whether the poller still had its registration. */
  #forget(watch: ReactorWatch): boolean {
    if (this.#watches.get(watch.fd) !== watch) return false;
    this.#watches.delete(watch.fd);
    return this.#unregister(watch);
  }

  #unregister(watch: ReactorWatch): boolean {
    try {
      this.#poller.remove(watch.fd);
      return (watch.wasRegistered = true);
    } catch (error) {
      // EBADF, ENOENT: the descriptor was closed first, and the registration went with it.
      if (isDescriptorGone(error)) watch.wasRegistered = false;
      return false;
    }
  }

  #changed(watch: ReactorWatch): void {
    this.#exchange?.resumed(watch);
    this.#changes.add(watch);
    // `run()` applies changes before each wait.
    if (this.#loop === 'host') this.#changes.defer();
  }

  /** Ends a watch whose descriptor was closed before it. */
  #endRefused(watch: ReactorWatch, reason: Error): void {
    this.#forget(watch);
    this.#errors.guard(() => watch.end(reason), watch);
  }

  /** Delivers one batch, without blocking. False: there was no event. */
  #look(): boolean {
    if (this.#closed || this.#poller.isDelivering) return false;
    this.#applyAll();
    const batch = this.#poller.wait(0);
    if (batch.length === 0 && !batch.woken) return false;
    this.#dispatch(batch);
    return true;
  }

  /** Delivers a batch. Says whether any event in it was for this reactor. Allocates nothing per event. */
  #dispatch(batch: Batch<ReactorWatch>): boolean {
    this.#changes.beginBatch();
    this.#poller.isDelivering = true;
    try {
      return this.#deliver(batch);
    } finally {
      this.#exchange?.flush();
      this.#poller.isDelivering = false;
    }
  }

  #deliver(batch: Batch<ReactorWatch>): boolean {
    let isOurs = batch.woken;
    const { onWake } = this.#options;
    if (batch.woken && onWake !== undefined) this.#errors.guard(this.#callOnWake, undefined);
    for (let first = 0; first < batch.length; ) {
      const end = this.#exchange === undefined ? batch.length : this.#exchange.beginGroup(batch, first);
      for (let index = first; index < end; index++) if (this.#deliverEvent(batch, index)) isOurs = true;
      this.#exchange?.endGroup();
      first = end;
    }
    return isOurs;
  }

  /** Says whether the event was for this reactor. */
  #deliverEvent(batch: Batch<ReactorWatch>, index: number): boolean {
    const readiness = batch.readinessAt(index);
    if (readiness === 0) return false;
    const watch = batch.dataAt(index);
    // The owner of a poller that was given to the reactor may have made registrations, with data of another type.
    if (!(watch instanceof ReactorWatch)) return false;
    const { traffic } = watch;
    if (traffic !== undefined) return this.#exchangeOf().deliver(watch, traffic, readiness);
    const due = readiness & watch.deliverable;
    // A watch that must be disarmed has had its event, and the poller has not been told yet.
    if (due === 0 || watch.mustDisarm) return true;
    watch.beginEvent();
    this.#errors.deliver(watch, due);
    return true;
  }

  #exchangeOf(): Exchange {
    if (this.#exchange !== undefined) return this.#exchange;
    // Loaded when it is first needed, because it loads parts of pollux/sys.
    const { Exchange } = require('./exchange.js') as typeof import('./exchange.js');
    return (this.#exchange = new Exchange(this.#errors, () => this.#willOwe()));
  }

  #send(watch: ReactorWatch, buffer: ArrayBufferView, offset: number, length: number | undefined): void {
    const exchange = this.#exchangeOf();
    exchange.send(watch, buffer, offset, length);
    // In the middle of a batch, and in `run()`, the sends are made before the next wait.
    if (this.#willFlush || !exchange.hasSends || this.#poller.isDelivering || this.#loop !== 'host') return;
    this.#willFlush = true;
    void asMicrotask(() => {
      this.#willFlush = false;
      exchange.flush();
    });
  }

  /** Makes the sends, and tells the poller what has changed: also what `onError` sends and changes meanwhile. */
  #applyAll(): void {
    do {
      this.#exchange?.flush();
      this.#changes.apply();
    } while (this.#changes.hasPending || this.#exchange?.hasSends === true);
  }

  /** There is an event that no batch will bring. `run()` looks for it before each wait. */
  #willOwe(): void {
    if (this.#willDeliverOwed || this.#loop !== 'host') return;
    this.#willDeliverOwed = true;
    nextTurn(() => {
      this.#willDeliverOwed = false;
      if (!this.#closed && this.#loop === 'host' && !this.#poller.isDelivering) this.#deliverOwed();
    });
  }

  #deliverOwed(): void {
    if (this.#exchange?.isOwing !== true) return;
    this.#changes.beginBatch();
    this.#poller.isDelivering = true;
    try {
      this.#exchange.deliverOwed();
    } finally {
      this.#poller.isDelivering = false;
    }
  }

  readonly #callOnWake = (): unknown => this.#context.runInAsyncScope(this.#options.onWake!);
}
