import { AsyncResource } from 'node:async_hooks';
import { WOULD_BLOCK } from '../addon/exports.js';
import { checkDuration, checkFunction } from '../arguments.js';
import { nowMs } from '../addon/clock.js';
import type { SystemError } from '../errors.js';
import { deliverableBits, describeBits, EDGE, EXCLUSIVE, ONESHOT, readinessBits, WRITABLE } from '../interest.js';
import { INSPECT, type InspectFunction, shownAs } from '../shown-values.js';
import type { IdleTimeout } from './idle-clock.js';
import type { Watch, WatchHandler } from './watch.js';
import type { WatchOptions } from './watch-options.js';
import { WatchTraffic } from './watch-traffic.js';

/**
 * Errors of a poller for a number that is closed or belongs to another file now; EPERM, EINVAL: to a file that it
 * cannot watch.
 */
const GONE: ReadonlySet<string | undefined> = new Set(['EBADF', 'ENOENT', 'EPERM', 'EINVAL']);

/** Whether `reason`, why a call about a registration failed, is that the descriptor was closed elsewhere. */
export function isDescriptorGone(reason: unknown): boolean {
  return GONE.has((reason as NodeJS.ErrnoException).code);
}

/** What a watch asks of its reactor. */
export interface WatchOwner {
  /** Throws unless `interest` is valid for modify(), or else for add(). */
  check(fd: number, interest: number, forModify: boolean): void;
  /** The interest of `watch` has changed; the poller has to be told. */
  changed(watch: ReactorWatch): void;
  /** One watch more, or one less, keeps the process alive. */
  countActive(difference: 1 | -1): void;
  /** `watch` was closed by its user. Says whether the poller still had its registration. */
  closed(watch: ReactorWatch): boolean;
  idleTimeout(ms: number, onIdle: () => void): IdleTimeout;
  /** Calls `act`, and reports what it throws, and what the promise that it returns is rejected with. */
  guard(act: () => unknown, watch: ReactorWatch): void;
  /** Removes the registration of `watch`, if the poller still has it, and sets `watch.wasRegistered`. */
  unregister(watch: ReactorWatch): void;
  /** Throws what `poller.modify()` throws unless the poller still has the registration of `watch`. */
  confirm(watch: ReactorWatch): void;
  /** Closes `fd`, and removes the file `path`, when this thread ends without having closed `fd`. */
  own(fd: number, path: string | undefined): void;
  /** Queues bytes of `watch`, which has a traffic. */
  send(watch: ReactorWatch, buffer: ArrayBufferView, offset: number, length: number | undefined): void;
  /** Makes the sends that are queued, if one of them is of `watch`. */
  flushFor(watch: ReactorWatch): void;
  /** `watch`, which has a traffic, has ended. */
  forgetTraffic(watch: ReactorWatch): void;
}

const NO_BYTES = new Uint8Array(0);
const NO_OPTIONS: WatchOptions = {};

/** A watch of a reactor. Its handler runs in the async context in which the watch was made. */
export class ReactorWatch extends AsyncResource implements Watch {
  readonly fd: number;
  readonly #owner: WatchOwner;
  #handler: WatchHandler;
  #interest: number;
  #closed = false;
  #isRef = true;
  /** Whether the owner counts this watch as active. */
  #counts = false;
  #idle: IdleTimeout | undefined;
  /** Called when the watch has ended; `reason` is undefined where `close()` ended it. */
  onEnd: ((reason: Error | undefined) => void) | undefined;
  /** The interest that the poller has. */
  applied: number;
  /** The readiness bits that may be delivered now. */
  deliverable: number;
  /** Whether modify() is due even if the interest is the applied one. */
  mustRearm = false;
  /** Whether a oneshot interest had its event before it was applied: the registration has to be disarmed. */
  mustDisarm = false;
  /** Whether there was an event since the interest was last set or re-armed. */
  hadEvent = false;
  /** undefined: the watch receives nothing and has sent nothing. */
  traffic: WatchTraffic | undefined;
  /** Whether the reactor has this watch in its list of changes to apply. */
  isPending = false;
  /**
   * Whether the poller still had the registration when the reactor removed it; undefined: the poller was not asked, or
   * was closed.
   */
  wasRegistered: boolean | undefined;
  #delay: IdleTimeout | undefined;

  constructor(owner: WatchOwner, fd: number, interest: number, handler: WatchHandler, options = NO_OPTIONS) {
    super('pollux.watch');
    this.#owner = owner;
    this.fd = fd;
    this.#interest = interest;
    this.#handler = handler;
    this.applied = interest;
    this.deliverable = deliverableBits(interest);
    if (options.receive !== undefined || options.onDrain !== undefined) this.traffic = new WatchTraffic(options);
  }

  /** The registration has been made. */
  begin(): void {
    this.#count();
  }

  get closed(): boolean {
    return #closed in this && this.#closed;
  }

  get interest(): number {
    return #interest in this ? this.#interest : 0;
  }

  set interest(interest: number) {
    if (this.#closed) return;
    const kept = this.#interest & EXCLUSIVE;
    this.#owner.check(this.fd, interest, kept === 0);
    // The bit that the watch keeps must be valid together with the new ones.
    if (kept !== 0) this.#owner.check(this.fd, interest | kept, false);
    this.#interest = interest | kept;
    this.deliverable = deliverableBits(interest);
    if ((interest & (EDGE | ONESHOT)) !== 0) this.mustRearm = true;
    this.mustDisarm = this.hadEvent = false;
    this.#count();
    this.#owner.changed(this);
  }

  get handler(): WatchHandler {
    return (#handler in this ? this.#handler : undefined)!;
  }

  set handler(handler: WatchHandler) {
    checkFunction(handler, 'handler');
    this.#handler = handler;
  }

  rearm(): void {
    if (this.#closed) return;
    this.mustRearm = true;
    this.mustDisarm = this.hadEvent = false;
    this.#owner.changed(this);
  }

  get received(): number {
    return #handler in this && this.traffic !== undefined ? this.traffic.received : WOULD_BLOCK;
  }

  get receiveError(): SystemError | undefined {
    return this.traffic?.receiveError;
  }

  get buffer(): Uint8Array {
    return this.traffic === undefined ? NO_BYTES : this.traffic.buffer;
  }

  get sendQueued(): number {
    return this.traffic?.unsent?.length ?? 0;
  }

  get sendError(): SystemError | undefined {
    return this.traffic?.sendError;
  }

  get onDrain(): ((watch: Watch) => void) | undefined {
    return this.traffic?.onDrain;
  }

  set onDrain(onDrain: ((watch: Watch) => void) | undefined) {
    if (onDrain !== undefined) checkFunction(onDrain, 'onDrain');
    if (this.#closed) return;
    (this.traffic ??= new WatchTraffic(NO_OPTIONS)).onDrain = onDrain;
  }

  send(buffer: ArrayBufferView, offset = 0, length?: number): void {
    this.traffic ??= new WatchTraffic(NO_OPTIONS);
    this.#owner.send(this, buffer, offset, length);
  }

  flush(): void {
    if (!this.#closed && this.traffic !== undefined) this.#owner.flushFor(this);
  }

  get hasUnsent(): boolean {
    return this.traffic?.hasUnsent === true;
  }

  /** The interest that the poller has to have: bytes that wait to be sent need WRITABLE, whatever the user asks for. */
  get wanted(): number {
    if (!(#interest in this)) return 0;
    if (!this.hasUnsent) return this.#interest;
    const bits = this.isSpent ? 0 : readinessBits(this.#interest);
    // Not ONESHOT: the event of one direction must not disarm the other.
    return bits | WRITABLE | (this.#interest & (EXCLUSIVE | ((this.#interest & ONESHOT) === 0 ? EDGE : 0)));
  }

  /** Whether a oneshot interest has had its event. */
  get isSpent(): boolean {
    return this.hadEvent && (this.#interest & ONESHOT) !== 0;
  }

  /** Bytes wait to be sent: the watch is active, and the poller has to be told. */
  unsentBegins(): void {
    this.#count();
    this.#owner.changed(this);
  }

  /** No bytes wait any more. */
  unsentEnds(): void {
    if (this.#closed) return;
    if ((this.#interest & ONESHOT) !== 0) {
      this.mustDisarm = this.hadEvent;
      this.mustRearm = !this.hadEvent;
    }
    this.#count();
    this.#owner.changed(this);
  }

  setIdleTimeout(ms: number, onIdle?: (watch: Watch) => void): void {
    checkDuration(ms, 'ms');
    if (ms > 0) checkFunction(onIdle, 'onIdle');
    if (this.#closed) return;
    this.#idle?.cancel();
    this.#idle =
      ms === 0
        ? undefined
        : this.#owner.idleTimeout(ms, () => {
            this.#owner.guard(() => this.runInAsyncScope(onIdle!, undefined, this), this);
          });
  }

  /** Restarts the idle timeout: something was done without an event. */
  touch(): void {
    this.#idle?.touch(nowMs());
  }

  /**
   * Calls `act` once after `ms` milliseconds, whatever events come meanwhile, unless the watch ends first. Until then
   * the watch is active, even with interest 0.
   */
  after(ms: number, act: () => void): void {
    if (this.#closed) return;
    this.#delay?.cancel();
    this.#delay = this.#owner.idleTimeout(ms, () => {
      this.#delay = undefined;
      this.#owner.guard(() => this.runInAsyncScope(act), this);
      this.#count();
    });
    this.#count();
  }

  /** An event is delivered before the re-arm was applied: for a oneshot interest it is the one event. */
  fireUnapplied(): void {
    if ((this.#interest & ONESHOT) === 0) return;
    this.mustRearm = false;
    // A oneshot registration that has reported is disarmed already.
    if ((this.applied & ONESHOT) !== 0) this.applied = this.#interest;
    else this.mustDisarm = true;
  }

  /** An event of the poller is delivered. */
  beginEvent(): void {
    if (this.mustRearm) this.fireUnapplied();
    this.hadEvent = true;
    if (this.hasUnsent && (this.#interest & ONESHOT) !== 0) this.#owner.changed(this);
  }

  /** An event is delivered of which the poller does not know: for a oneshot interest it is the one event. */
  takeEvent(): void {
    this.hadEvent = true;
    if ((this.#interest & ONESHOT) === 0) return;
    this.mustRearm = false;
    this.mustDisarm = true;
    this.#owner.changed(this);
  }

  /** Hands one event to the handler. Returns what the handler returned: a promise, where it is an async function. */
  deliver(readiness: number): unknown {
    // The time is taken for each event, because an earlier handler of the batch may have taken long.
    if (this.#idle !== undefined) this.#idle.touch(nowMs());
    return this.runInAsyncScope(
      this.#handler as (readiness: number, watch: Watch) => unknown,
      undefined,
      readiness,
      this,
    );
  }

  /** Ends the watch. Says whether the poller still had the registration, so that the number is still the same file. */
  close(): boolean {
    if (this.#closed) return false;
    this.flush();
    this.end();
    return this.#owner.closed(this);
  }

  /** Ends this watch without a call to the poller. `reason`: why it ended, if not by `close()`. */
  end(reason?: Error): void {
    this.#closed = true;
    this.#idle?.cancel();
    this.#idle = undefined;
    this.#delay?.cancel();
    this.#delay = undefined;
    this.deliverable = 0;
    if (this.traffic !== undefined) {
      this.#owner.forgetTraffic(this);
      this.traffic.end();
    }
    this.#count();
    if (this.onEnd === undefined) return;
    // A reason comes from a call in another async context.
    if (reason === undefined) this.onEnd(undefined);
    else this.runInAsyncScope(this.onEnd, undefined, reason);
  }

  /**
   * After the end of this watch for `reason`: whether `fd` is still the file that was watched. False: it was closed
   * elsewhere, and the number may be a stranger's. undefined: the poller was closed first, and nobody can tell.
   */
  stillHasFile(reason: Error): boolean | undefined {
    if (isDescriptorGone(reason)) return false;
    if (this.wasRegistered === undefined) this.#owner.unregister(this);
    return this.wasRegistered;
  }

  /** Throws unless `fd` is still the file that is watched: the poller knows which file it registered. */
  confirmFile(): void {
    this.#owner.confirm(this);
  }

  /**
   * Closes `fd`, and removes the file `path` of a unix socket, when this thread ends (a worker that is terminated)
   * without having closed `fd`. Closing the descriptor or this watch revokes that.
   */
  closeWithThread(path?: string): void {
    this.#owner.own(this.fd, path);
  }

  ref(): this {
    this.#isRef = true;
    this.#count();
    return this;
  }

  unref(): this {
    this.#isRef = false;
    this.#count();
    return this;
  }

  /** This watch in a line, for people. */
  inLine(): string {
    const { kindInWords } = require('../audit/kinds.js') as typeof import('../audit/kinds.js');
    const name = this.#handler.name === '' ? '' : ` → ${this.#handler.name}()`;
    const state = `${describeBits(this.#interest)}${this.#isRef ? '' : ', unref'}`;
    return `fd ${this.fd} (${kindInWords(this.fd)}) ${this.#closed ? 'closed' : state}${name}`;
  }

  [INSPECT](depth: number, options: object, inspect: InspectFunction): string {
    if (!(#interest in this)) return 'Watch {}';
    const { fd, closed, handler } = this;
    if (closed) return shownAs('Watch', { fd, closed }, depth, options, inspect);
    const { kindInWords } = require('../audit/kinds.js') as typeof import('../audit/kinds.js');
    const fields = { fd, kind: kindInWords(fd), interest: describeBits(this.#interest), ref: this.#isRef, handler };
    return shownAs('Watch', fields, depth, options, inspect);
  }

  /** Tells the owner when this watch begins to keep the process alive, and when it no longer does. */
  #count(): void {
    const counts = this.#isRef && (this.deliverable !== 0 || this.#delay !== undefined || this.hasUnsent);
    if (counts === this.#counts) return;
    this.#counts = counts;
    this.#owner.countActive(counts ? 1 : -1);
  }
}
