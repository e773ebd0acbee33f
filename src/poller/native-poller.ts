import { checkFd, checkInterest, checkTimeout } from '../arguments.js';
import { batchMemory, NativeBatch } from './batch.js';
import { binding, bindingFile, type Binding } from '../addon/binding.js';
import { COPY, notSupported, pollerClosed, reactorBusy } from '../errors.js';
import { bitsWithout, capabilityFor } from '../interest.js';
import type { Batch, Capabilities, Poller } from '../poller.js';
import { RegistrationData } from './registration-data.js';

const CLOSED = -1;
const FOREVER = -1;

/** Closes the view of a poller that was dropped without close(). */
const abandoned = new FinalizationRegistry<number>((handle) => binding().close(handle));

/** A poller over the addon. See `Poller` for what it promises. */
export class NativePoller<Data = unknown> implements Poller<Data> {
  readonly backend: string;
  readonly capabilities: Capabilities;
  /** The most events in one batch. */
  readonly capacity: number;
  readonly #native: Binding;
  readonly #batch: NativeBatch<Data>;
  readonly #data = new RegistrationData<Data>();
  /** The bits of an interest that need a capability that is missing. */
  readonly #unsupported: number;
  readonly #id: number;
  #handle: number;
  #fd: number;
  #isPaused = false;
  #isHeld = false;
  /** What the host poll was told last. */
  #isStopped = false;
  /** Tells the reactor that this poller is closed. */
  #onLost: (() => void) | undefined;
  /** Set by the reactor while it delivers the batch, which a wait would overwrite. */
  isDelivering = false;

  /** `open` returns the handle of a new view whose events go to the memory it is given. */
  constructor(capacity: number, open: (native: Binding, memory: Int32Array) => number) {
    const native = binding();
    this.#native = native;
    this.capacity = capacity;
    const memory = batchMemory(capacity);
    this.#batch = new NativeBatch<Data>(memory, {
      isCurrent: (fd, generation) => this.#handle !== CLOSED && native.isCurrent(this.#handle, fd, generation),
      dataOf: (fd, generation) => this.#data.get(fd, generation),
    });
    this.#handle = open(native, memory);
    const { id, fd, capabilities } = native.describe(this.#handle);
    this.#id = id;
    this.#fd = fd;
    this.backend = native.backend;
    this.capabilities = Object.freeze(capabilities);
    this.#unsupported = bitsWithout(capabilities);
    abandoned.register(this, this.#handle, this);
  }

  get fd(): number {
    return #fd in this ? this.#fd : -1;
  }

  get size(): number {
    return #handle in this && this.#handle !== CLOSED ? this.#native.size(this.#handle) : 0;
  }

  get closed(): boolean {
    return !(#handle in this) || this.#handle === CLOSED;
  }

  add(fd: number, interest: number, data?: Data): void {
    this.checkRegistration(fd, interest, false);
    const generation = this.#native.add(this.#handle, fd, interest);
    if (data === undefined) this.#data.delete(fd);
    else this.#data.set(fd, generation, data);
  }

  modify(fd: number, interest: number, data?: Data): void {
    this.checkRegistration(fd, interest, true);
    let generation: number;
    try {
      generation = this.#native.modify(this.#handle, fd, interest);
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
      this.#native.remove(this.#handle, fd);
    } catch (error) {
      this.#forgetIfGone(fd);
      throw error;
    }
    this.#data.delete(fd);
  }

  has(fd: number): boolean {
    if (this.#handle === CLOSED) throw pollerClosed();
    checkFd(fd);
    return this.#native.has(this.#handle, fd);
  }

  wait(timeoutMs: number = FOREVER): Batch<Data> {
    if (this.#handle === CLOSED) throw pollerClosed();
    if (this.isDelivering) throw reactorBusy();
    checkTimeout(timeoutMs);
    this.#batch.show(0, false);
    const result = this.#native.wait(this.#handle, timeoutMs);
    this.#batch.show(result >>> 1, (result & 1) === 1);
    return this.#batch;
  }

  wake(): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    this.#native.wake(this.#handle);
  }

  close(): void {
    if (this.#handle === CLOSED) return;
    abandoned.unregister(this);
    this.#native.close(this.#handle);
    this.#handle = CLOSED;
    this.#fd = -1;
    this.#data.clear();
    this.#batch.distrust();
    this.#onLost?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Tells the pollers of several copies of this package apart. */
  get [COPY](): string {
    return bindingFile();
  }

  /** What a handle for another thread has to name. */
  shareId(): number {
    if (this.#handle === CLOSED) throw pollerClosed();
    return this.#id;
  }

  /** Throws what `add()` and `modify()` throw before any system call. */
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
   * `fd`, which is registered, ends with this thread: it is closed when a worker is terminated, unless it was
   * closed before; a number that is another file's by then is left alone. `path`: the file of a unix socket.
   */
  own(fd: number, path?: string): void {
    this.#native.own(this.#handle, fd, path === undefined ? undefined : Buffer.from(`${path}\0`));
  }

  /**
   * Delivers batches in the host's event loop from now on, each in one call; undefined when the
   * poller can be waited on no more. `withThread`: not through libuv. Does not keep the process alive.
   *
   * @throws SystemError `ENOTSUP`: the host has no libuv. `EEXIST`: delivered already.
   *   `EMFILE`, `ENFILE`, `EAGAIN`, `ENOSPC`, `ENOMEM`.
   */
  openHostPoll(withThread: boolean, onBatch: (batch: Batch<Data> | undefined) => void): void {
    if (this.#handle === CLOSED) throw pollerClosed();
    const batch = this.#batch;
    this.#isPaused = this.#isHeld = this.#isStopped = false;
    this.#native.openHostPoll(this.#handle, withThread, (result) => {
      if (result < 0) return onBatch(undefined);
      batch.show(result >>> 1, (result & 1) === 1);
      onBatch(batch);
    });
    this.#onLost = () => onBatch(undefined);
  }

  /** Whether the deliveries to come keep the process alive. */
  refHostPoll(on: boolean): void {
    this.#native.refHostPoll(this.#handle, on);
  }

  /** Delivers nothing until told otherwise: a rest. */
  pauseHostPoll(on: boolean): void {
    this.#isPaused = on;
    this.#updateHostPoll();
  }

  /** The same from a batch to what follows from it. Either is enough to stop the deliveries. */
  holdHostPoll(on: boolean): void {
    this.#isHeld = on;
    this.#updateHostPoll();
  }

  #updateHostPoll(): void {
    const isStopped = this.#isPaused || this.#isHeld;
    if (isStopped === this.#isStopped) return;
    this.#isStopped = isStopped;
    this.#native.pauseHostPoll(this.#handle, isStopped);
  }

  /** Ends the deliveries. */
  closeHostPoll(): void {
    this.#onLost = undefined;
    this.#native.closeHostPoll(this.#handle);
  }

  /** A failed call keeps the data of a registration that it leaves as it was. */
  #forgetIfGone(fd: number): void {
    if (!this.#native.has(this.#handle, fd)) this.#data.delete(fd);
  }
}
