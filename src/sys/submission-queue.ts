import { sysBinding } from '../addon/binding.js';
import { FAILED, OPERATIONS, SUBMISSION, type Submissions } from '../addon/exports.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { outOfRange, queueFull, type SystemError, systemError } from '../errors.js';
import { bytesOf, checkRange } from './buffers.js';
import { checkFlags } from './messages.js';

const { WORDS, OPERATION, FD, VIEW, OFFSET_LOW, OFFSET_HIGH, LENGTH, FLAGS, RESULT, FAILURE, KEPT_VIEWS } = SUBMISSION;
const { read, write, recv, send } = OPERATIONS;
const SYSCALLS = Object.keys(OPERATIONS) as readonly (keyof typeof OPERATIONS)[];

const DEFAULT_CAPACITY = 256;
const MOST_CAPACITY = 65536;
/** Their own `length`, whatever a subclass says: memory that is gone must be noticed. */
const lengthOf: (view: Uint8Array) => number = Function.prototype.call.bind(
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')!.get!,
);
/** The kernel moves no more in one call. */
const MOST_BYTES = 0x7ffff000;
const WORD = 2 ** 32;

export interface SubmissionQueueOptions {
  /** How many calls the queue holds: 1 … 65536; 256 by default. A call takes 60 bytes. */
  readonly capacity?: number;
}
const NAMES: NamesOf<SubmissionQueueOptions> = { capacity: true };

/**
 * Many reads and writes in one crossing from JavaScript to the system. `read()`, `write()`, `recv()` and `send()` queue
 * a call; `submit()` makes the queued calls in their order; `resultAt()` and `errorAt()` tell what each has returned;
 * `reset()` empties the queue. Only the thread that made the queue uses it.
 *
 * After a write to a descriptor that was taken in part, or would have blocked, the other writes to the same descriptor
 * in this `submit()` are not made and get `WOULD_BLOCK`: the bytes of a stream never change their order. Every other
 * call is made, whatever became of the calls before it.
 *
 * Buffers must stay as they are until `submit()` returns. A buffer whose memory is gone by then (detached, shrunk)
 * fails its call with EFAULT. The queue keeps the buffers that it has used, until `reset()` finds more than eight.
 * Queueing a call and submitting allocate nothing, except for a buffer that is new to the queue.
 */
export class SubmissionQueue {
  readonly #capacity: number;
  readonly #calls: Int32Array;
  readonly #submissions: Submissions;
  readonly #views: Uint8Array[] = [];
  /** Their lengths when the addon last looked where they are. */
  readonly #lengths: number[] = [];
  readonly #places = new Map<Uint8Array, number>();
  #placed = 0;
  #lastView: Uint8Array | undefined;
  #lastPlace = 0;
  #length = 0;
  #submitted = 0;

  /**
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is unknown or of the wrong type.
   * @throws RangeError `ERR_OUT_OF_RANGE`: `capacity` is not an integer 1 … 65536.
   * @throws Error `ERR_BINDING_NOT_FOUND`, `ERR_NOT_SUPPORTED`: there is no addon for this platform.
   * @throws SystemError `ENOMEM`.
   */
  constructor(options: SubmissionQueueOptions = {}) {
    checkOptions(options, NAMES);
    const { capacity = DEFAULT_CAPACITY } = options;
    checkInteger(capacity, 'options.capacity', 1, MOST_CAPACITY);
    this.#capacity = capacity;
    // With a buffer of its own: an engine may move the elements of a small array that has none yet.
    this.#calls = new Int32Array(new ArrayBuffer(4 * WORDS * capacity));
    this.#submissions = sysBinding().openSubmissions(this.#calls);
  }

  /** How many calls are in the queue: those that `submit()` has made since the last `reset()`, and those to be made. */
  get length(): number {
    return this.#length;
  }

  /** How many calls the queue holds. */
  get capacity(): number {
    return this.#capacity;
  }

  /**
   * Queues read(2). Returns the index of the call.
   *
   * @param offset where in `buffer` to begin, in bytes; 0 by default.
   * @param length the most to read, in bytes; by default the rest of `buffer`.
   * @throws TypeError, RangeError as `read()` of pollux/sys. Nothing was queued.
   * @throws RangeError `ERR_OUT_OF_RANGE`: the queue is full.
   */
  read(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
    return this.#queue(read, fd, buffer, offset, length, 0);
  }

  /** Queues write(2), which raises no SIGPIPE. Returns the index of the call. Parameters and errors as for `read()`. */
  write(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
    return this.#queue(write, fd, buffer, offset, length, 0);
  }

  /**
   * Queues recv(2). Returns the index of the call. Parameters and errors as for `recv()` of pollux/sys. A flag that the
   * kernel lacks fails the call with EOPNOTSUPP.
   */
  recv(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
    if (flags !== 0) checkFlags(flags);
    return this.#queue(recv, fd, buffer, offset, length, flags);
  }

  /** Queues send(2), which raises no SIGPIPE. Returns the index of the call. Otherwise as `recv()`. */
  send(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
    if (flags !== 0) checkFlags(flags);
    return this.#queue(send, fd, buffer, offset, length, flags);
  }

  /**
   * Makes the calls that were queued since the last `submit()`, in their order. Returns how many. A call on a
   * descriptor in blocking mode blocks the thread.
   */
  submit(): number {
    const first = this.#submitted;
    const count = this.#length - first;
    if (count === 0) return 0;
    sysBinding().submit(this.#submissions, first, this.#length, this.#views, this.#firstNewView());
    this.#placed = this.#views.length;
    this.#submitted = this.#length;
    return count;
  }

  /**
   * What the call `index` has returned: the number of bytes, as `read()`, `write()`, `recv()` or `send()` of pollux/sys
   * count them; `WOULD_BLOCK`; or `FAILED`.
   *
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `index` is not a number.
   * @throws RangeError `ERR_OUT_OF_RANGE`: no call of this index was submitted since the last `reset()`.
   */
  resultAt(index: number): number {
    return this.#calls[this.#submittedAt(index) + RESULT]!;
  }

  /**
   * The error of the call `index`, which is made now; undefined where the call did not fail.
   *
   * @throws as `resultAt()`.
   */
  errorAt(index: number): SystemError | undefined {
    const at = this.#submittedAt(index);
    const calls = this.#calls;
    if (calls[at + RESULT] !== FAILED) return undefined;
    return systemError(-calls[at + FAILURE]!, SYSCALLS[calls[at + OPERATION]!]!, calls[at + FD]!);
  }

  /** Empties the queue. Calls that were not submitted are never made. */
  reset(): void {
    this.#length = 0;
    this.#submitted = 0;
    if (this.#views.length <= KEPT_VIEWS) return;
    this.#views.length = 0;
    this.#lengths.length = 0;
    this.#places.clear();
    this.#placed = 0;
    this.#lastView = undefined;
  }

  #queue(
    operation: number,
    fd: number,
    buffer: ArrayBufferView,
    offset: number,
    length: number | undefined,
    flags: number,
  ): number {
    checkFd(fd);
    const index = this.#length;
    if (index === this.#capacity) throw queueFull(index);
    const bytes = bytesOf(buffer);
    const count = checkRange(bytes, offset, length);
    const calls = this.#calls;
    const at = index * WORDS;
    calls[at + OPERATION] = operation;
    calls[at + FD] = fd;
    calls[at + VIEW] = bytes === this.#lastView ? this.#lastPlace : this.#placeOf(bytes);
    calls[at + OFFSET_LOW] = offset;
    calls[at + OFFSET_HIGH] = offset < WORD ? 0 : Math.floor(offset / WORD);
    calls[at + LENGTH] = Math.min(count, MOST_BYTES);
    calls[at + FLAGS] = flags;
    this.#length = index + 1;
    return index;
  }

  /** The index of `view` among the views: those of the calls in the queue, and up to KEPT_VIEWS of earlier ones. */
  #placeOf(view: Uint8Array): number {
    let place = this.#places.get(view);
    if (place === undefined) {
      // JavaScriptCore moves the bytes of an array that has no ArrayBuffer yet when one is asked for. Now it has one.
      void view.buffer;
      place = this.#views.push(view) - 1;
      this.#lengths.push(lengthOf(view));
      this.#places.set(view, place);
    }
    this.#lastView = view;
    this.#lastPlace = place;
    return place;
  }

  /** The addon has to look for the memory of all views from this one on. */
  #firstNewView(): number {
    const views = this.#views;
    const lengths = this.#lengths;
    for (let place = 0; place < this.#placed; place++) {
      const length = lengthOf(views[place]!);
      if (length === lengths[place]) continue;
      lengths[place] = length;
      return place;
    }
    return this.#placed;
  }

  #submittedAt(index: number): number {
    checkInteger(index, 'index', 0, MOST_CAPACITY - 1);
    if (index >= this.#submitted)
      throw outOfRange('index', `must be that of a call that was submitted, 0 … ${this.#submitted - 1}`, index);
    return index * WORDS;
  }
}
