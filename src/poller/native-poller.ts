import { addonFile, binding } from '../addon/binding.js';
import type { Binding } from '../addon/exports.js';
import { checkFd, checkInterest, checkTimeout } from '../arguments.js';
import { notSupported, pollerClosed, reactorBusy } from '../errors.js';
import { bitsWithout, capabilityFor } from '../interest.js';
import type { Batch, Capabilities, Poller } from '../poller.js';
import type { PollerInspection } from '../audit-types.js';
import type { Counted } from '../audit/inspect.js';
import { COPY, INSPECT, type InspectFunction, shownAs } from '../shown-values.js';
import { batchMemory, NativeBatch, RegistrationData } from './batch.js';

const CLOSED = -1;
const FOREVER = -1;

/** Why the deliveries in the host's event loop are stopped. Either reason is enough. */
const PAUSED = 1;
const HELD = 2;

/** Closes the view of a poller that is garbage-collected without close(). */
const abandoned = new FinalizationRegistry<number>((handle) => binding().close(handle));

/** What an audit puts in the place of the addon's functions and of the batch, to see what is done with the poller. */
export interface Auditing {
  readonly binding: Binding;
  readonly Batch: typeof NativeBatch;
  readonly counted: Counted;
  /** Other threads may use the poller from now on. */
  shared(): void;
  /** The program may leave the registration of `fd` disarmed for as long as it likes. */
  allowPauses(fd: number): void;
}

/** Returns the handle of a new view, which writes its events to `memory`. */
export type OpenView = (binding: Binding, memory: Int32Array) => number;

/** The poller of this package. `Poller` says what it promises. */
export class NativePoller<Data = unknown> implements Poller<Data> {
  readonly backend: string;
  readonly capabilities: Capabilities;
  /** The most events in one batch. */
  readonly capacity: number;
  /** How long a wait that may block looks for events before it sleeps. */
  readonly spinUs: number;
  readonly #binding: Binding;
  readonly #batch: NativeBatch<Data>;
  readonly #data = new RegistrationData<Data>();
  /** The bits of an interest that need a capability which this poller lacks. */
  readonly #unsupported: number;
  readonly #id: number;
  #handle: number;
  #fd: number;
  /** Why the deliveries are stopped: `PAUSED`, `HELD`, both, or 0: they are not. */
  #stops = 0;
  /** Tells the reactor that this poller is closed. */
  #onLost: (() => void) | undefined;
  /** Set by the reactor while it delivers the batch, because a wait would overwrite the batch. */
  isDelivering = false;
  /** undefined: no audit. */
  readonly audit: Auditing | undefined;

  constructor({ capacity, spinUs }: { capacity: number; spinUs: number }, open: OpenView, audit?: Auditing) {
    const addon = audit?.binding ?? binding();
    const BatchOf = audit?.Batch ?? NativeBatch;
    this.audit = audit;
    this.#binding = addon;
    this.capacity = capacity;
    this.spinUs = spinUs;
    const memory = batchMemory(capacity);
    this.#batch = new BatchOf<Data>(
      memory,
      this.#data,
      (fd, generation) => this.#handle !== CLOSED && addon.isCurrent(this.#handle, fd, generation),
    );
    this.#handle = open(addon, memory);
    if (spinUs > 0) addon.spin(this.#handle, spinUs);
    const { id, fd, capabilities } = addon.describe(this.#handle);
    this.#id = id;
    this.#fd = fd;
    this.backend = addon.backend;
    this.capabilities = Object.freeze(capabilities);
    this.#unsupported = bitsWithout(capabilities);
    abandoned.register(this, this.#handle, this);
  }

  get fd(): number {
    return #fd in this ? this.#fd : -1;
  }

  get size(): number {
    return #handle in this && this.#handle !== CLOSED ? this.#binding.size(this.#handle) : 0;
  }

  get closed(): boolean {
    return !(#handle in this) || this.#handle === CLOSED;
  }

  add(fd: number, interest: number, data?: Data): void {
    this.checkRegistration(fd, interest, false);
    const generation = this.#binding.add(this.#handle, fd, interest);
    if (data === undefined) this.#data.delete(fd);
    else this.#data.set(fd, generation, data);
  }

  modify(fd: number, interest: number, data?: Data): void {
    this.checkRegistration(fd, interest, true);
    let generation: number;
    try {
      generation = this.#binding.modify(this.#handle, fd, interest);
    } catch (error) {
      this.#forgetIfGone(fd);
      throw error;
    }
    if (data !== undefined) this.#data.set(fd, generation, data);
  }

  remove(fd: number): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    checkFd(fd);
    try {
      this.#binding.remove(this.#handle, fd);
    } catch (error) {
      this.#forgetIfGone(fd);
      throw error;
    }
    this.#data.delete(fd);
  }

  has(fd: number): boolean {
    if (this.#handle === CLOSED) throw pollerClosed();
    checkFd(fd);
    return this.#binding.has(this.#handle, fd);
  }

  wait(timeoutMs: number = FOREVER): Batch<Data> {
    if (this.#handle === CLOSED) throw pollerClosed();
    if (this.isDelivering) throw reactorBusy();
    checkTimeout(timeoutMs);
    this.#batch.show(0, false);
    const result = this.#binding.wait(this.#handle, timeoutMs);
    this.#batch.show(result >>> 1, (result & 1) === 1);
    return this.#batch;
  }

  wake(): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    this.#binding.wake(this.#handle);
  }

  close(): void {
    if (this.#handle === CLOSED) return;
    abandoned.unregister(this);
    try {
      this.#binding.close(this.#handle);
    } finally {
      this.#handle = CLOSED;
      this.#fd = -1;
      this.#data.clear();
      this.#batch.distrust();
      this.#onLost?.();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  inspect(): PollerInspection {
    const { inspectPoller } = require('../audit/inspect.js') as typeof import('../audit/inspect.js');
    const { backend, fd, closed, size, capacity } = this;
    return inspectPoller({
      backend,
      fd,
      closed,
      size,
      capacity,
      flagsOf: (fd) => this.#binding.flagsOf(this.#handle, fd),
      dataOf: (fd) => this.#data.latest(fd),
      counted: this.audit?.counted,
    });
  }

  [INSPECT](depth: number, options: object, inspect: InspectFunction): string {
    if (!(#handle in this)) return 'Poller {}';
    const { backend, fd, size, closed, registrations, differences } = this.inspect();
    if (closed) return shownAs('Poller', { backend, closed }, depth, options, inspect);
    const { registrationLine } = require('../audit/lines.js') as typeof import('../audit/lines.js');
    const lines = registrations.map(registrationLine);
    const fields = { backend, fd, size, registrations: lines, ...(differences.length > 0 ? { differences } : {}) };
    return shownAs('Poller', fields, depth, options, inspect);
  }

  /** The copy of the package that this poller belongs to. */
  get [COPY](): string {
    return addonFile();
  }

  /** The number by which another thread attaches to this poller. */
  shareId(): number {
    if (this.#handle === CLOSED) throw pollerClosed();
    this.audit?.shared();
    return this.#id;
  }

  /** Throws what `add()` and `modify()` throw before they make a system call. */
  checkRegistration(fd: number, interest: number, forModify: boolean): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    checkFd(fd);
    checkInterest(interest, forModify);
    if ((interest & this.#unsupported) !== 0) {
      throw notSupported(
        `The ${this.backend} backend lacks the capability "${capabilityFor(interest & this.#unsupported)}"`,
      );
    }
  }

  /**
   * Closes `fd`, which is registered, when this thread ends (a worker that is terminated), unless it was closed before.
   * A number that is another file by then is left alone. `path`, the file of a unix socket, is removed then.
   */
  own(fd: number, path?: string): void {
    this.#binding.own(this.#handle, fd, path === undefined ? undefined : Buffer.from(`${path}\0`));
  }

  /**
   * From now on delivers batches in the host's event loop: one call of `onBatch` for each, and one with undefined when
   * the poller can no longer be waited on. `withThread`: a thread waits on the poller, rather than libuv. The
   * deliveries do not keep the process alive.
   *
   * @throws SystemError `ENOTSUP`: the host has no libuv. `EEXIST`: delivered already. `EMFILE`, `ENFILE`, `EAGAIN`,
   *   `ENOSPC`, `ENOMEM`.
   */
  openHostPoll(withThread: boolean, onBatch: (batch: Batch<Data> | undefined) => void): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    const batch = this.#batch;
    this.#stops = 0;
    this.#binding.openHostPoll(this.#handle, withThread, (result) => {
      if (result < 0) return onBatch(undefined);
      batch.show(result >>> 1, (result & 1) === 1);
      onBatch(batch);
    });
    this.#onLost = () => onBatch(undefined);
  }

  /** Says whether waiting for the next delivery keeps the process alive. */
  refHostPoll(on: boolean): void {
    this.#binding.refHostPoll(this.#handle, on);
  }

  /** Stops the deliveries for a rest, or ends the rest. */
  pauseHostPoll(on: boolean): void {
    this.#stopHostPoll(PAUSED, on);
  }

  /** Stops the deliveries between a batch and the changes of interest that follow from it, or ends that. */
  holdHostPoll(on: boolean): void {
    this.#stopHostPoll(HELD, on);
  }

  #stopHostPoll(reason: typeof PAUSED | typeof HELD, on: boolean): void {
    const wasStopped = this.#stops !== 0;
    this.#stops = on ? this.#stops | reason : this.#stops & ~reason;
    const isStopped = this.#stops !== 0;
    if (isStopped !== wasStopped) this.#binding.pauseHostPoll(this.#handle, isStopped);
  }

  /** Ends the deliveries. */
  closeHostPoll(): void {
    this.#onLost = undefined;
    this.#binding.closeHostPoll(this.#handle);
  }

  /** After a failed call: the data of a registration that still exists is kept. */
  #forgetIfGone(fd: number): void {
    if (!this.#binding.has(this.#handle, fd)) this.#data.delete(fd);
  }
}
