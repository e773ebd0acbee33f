import { sysBinding } from '../addon/binding.js';
import { FAILED, WOULD_BLOCK } from '../addon/exports.js';
import type { SystemError } from '../errors.js';
import { bytesOf, checkRange } from '../sys/buffers.js';
import { SubmissionQueue } from '../sys/submission-queue.js';
import { newQueue, outOfMemory } from './memory.js';
import type { ReactorWatch } from './reactor-watch.js';
import type { WatchTraffic } from './watch-traffic.js';
import { UnsentBytes } from './unsent-bytes.js';

/** The most sends in one crossing. */
const CAPACITY = 256;
/** Sends of fewer bytes are copied; the crossing of a larger one costs less than a copy. */
const LEAST_DIRECT = 8 * 1024;
const MOST_COPIED = 64 * 1024;

/** What the sends ask of their reactor. */
export interface Sending {
  /** `watch` has unsent bytes now. */
  keeps(watch: ReactorWatch): void;
  /** A send of `watch` has failed. */
  failed(watch: ReactorWatch, error: SystemError): void;
}

/** What the watches of a turn send. It goes out in one crossing, and is offered to the kernel once. */
export class TurnSends {
  readonly #reactor: Sending;
  #queue = new SubmissionQueue({ capacity: CAPACITY });
  readonly #copies = new Uint8Array(new ArrayBuffer(MOST_COPIED));
  #copied = 0;
  /** Of each send in the queue. */
  readonly #watches: Array<ReactorWatch | undefined> = new Array<undefined>(CAPACITY).fill(undefined);
  readonly #sources: Uint8Array[] = new Array<Uint8Array>(CAPACITY).fill(this.#copies);
  readonly #offsets = new Int32Array(CAPACITY);
  readonly #lengths = new Int32Array(CAPACITY);
  #count = 0;

  constructor(reactor: Sending) {
    this.#reactor = reactor;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Throws unless the range is one of `buffer`. `shown`: the traffic of the watch whose handler is running. */
  add(
    watch: ReactorWatch,
    buffer: ArrayBufferView,
    offset: number,
    length: number | undefined,
    shown: WatchTraffic | undefined,
  ): void {
    const bytes = bytesOf(buffer);
    const count = checkRange(bytes, offset, length);
    const traffic = watch.traffic!;
    if (watch.closed || traffic.isBroken) return;
    const slab = shown?.slabOf(bytes);
    if (slab === undefined && count >= LEAST_DIRECT) return this.#sendNow(watch, bytes, offset, count);
    if (this.#count === CAPACITY || (slab === undefined && this.#copied + count > MOST_COPIED)) this.flush();
    if (traffic.isBroken) return;
    if (traffic.hasUnsent) return this.#keep(watch, bytes, offset, count);
    if (slab !== undefined) return this.#push(watch, slab, shown!.offset + offset, count);
    const at = this.#copied;
    this.#copies.set(offset === 0 && count === bytes.length ? bytes : bytes.subarray(offset, offset + count), at);
    this.#copied = at + count;
    this.#push(watch, this.#copies, at, count);
  }

  /** Whether a send of `watch` is in the queue. */
  has(watch: ReactorWatch): boolean {
    for (let index = 0; index < this.#count; index++) if (this.#watches[index] === watch) return true;
    return false;
  }

  /** Makes the sends in the queue. Calls nothing of the user. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#queue.submit();
    for (let index = 0; index < count; index++) {
      const taken = this.#queue.resultAt(index);
      if (taken !== this.#lengths[index]) this.#settle(index, taken);
    }
    this.#empty();
  }

  /** Takes the sends of `watch` out of the queue: its number may be a stranger's by now. */
  withdraw(watch: ReactorWatch): void {
    if (!this.has(watch)) return;
    const count = this.#count;
    this.#queue.reset();
    this.#count = 0;
    for (let index = 0; index < count; index++) {
      const sender = this.#watches[index]!;
      if (sender !== watch) this.#push(sender, this.#sources[index]!, this.#offsets[index]!, this.#lengths[index]!);
    }
    this.#watches.fill(undefined, this.#count, count);
  }

  /** Lets go of a slab that is not used any more. The queue is empty. */
  forgetSlab(): void {
    this.#queue = newQueue(CAPACITY) ?? this.#queue;
    this.#sources.fill(this.#copies);
  }

  #push(watch: ReactorWatch, source: Uint8Array, offset: number, length: number): void {
    const index = this.#queue.write(watch.fd, source, offset, length);
    this.#watches[index] = watch;
    this.#sources[index] = source;
    this.#offsets[index] = offset;
    this.#lengths[index] = length;
    this.#count = index + 1;
  }

  #empty(): void {
    for (let index = 0; index < this.#count; index++) this.#watches[index] = undefined;
    this.#count = 0;
    this.#copied = 0;
    this.#queue.reset();
  }

  /** Offers `length` bytes to the kernel, after what is in the queue. */
  #sendNow(watch: ReactorWatch, bytes: Uint8Array, offset: number, length: number): void {
    this.flush();
    if (watch.traffic!.isBroken) return;
    if (watch.traffic!.hasUnsent) return this.#keep(watch, bytes, offset, length);
    try {
      const taken = sysBinding().write(watch.fd, bytes, offset, length);
      if (taken < length) this.#keepRest(watch, bytes, offset, length, taken);
    } catch (error) {
      this.#fail(watch, error as SystemError);
    }
  }

  #settle(index: number, taken: number): void {
    const watch = this.#watches[index]!;
    if (taken === FAILED) return this.#fail(watch, this.#queue.errorAt(index)!);
    this.#keepRest(watch, this.#sources[index]!, this.#offsets[index]!, this.#lengths[index]!, taken);
  }

  #keepRest(watch: ReactorWatch, bytes: Uint8Array, offset: number, length: number, taken: number): void {
    const done = taken === WOULD_BLOCK ? 0 : taken;
    this.#keep(watch, bytes, offset + done, length - done);
  }

  #keep(watch: ReactorWatch, bytes: Uint8Array, offset: number, length: number): void {
    const traffic = watch.traffic!;
    if (watch.closed || traffic.isBroken) return;
    const hadUnsent = traffic.hasUnsent;
    try {
      traffic.unsent ??= new UnsentBytes(watch.fd);
    } catch (error) {
      return this.#fail(watch, error as SystemError);
    }
    if (!traffic.unsent.add(bytes, offset, length)) return this.#fail(watch, outOfMemory(watch.fd));
    if (!hadUnsent && traffic.hasUnsent) this.#reactor.keeps(watch);
  }

  #fail(watch: ReactorWatch, error: SystemError): void {
    const traffic = watch.traffic!;
    try {
      // It knows whether the sends that follow may go out.
      traffic.unsent ??= new UnsentBytes(watch.fd);
    } catch {
      // EBADF: every send fails.
    }
    this.#reactor.failed(watch, error);
  }
}
