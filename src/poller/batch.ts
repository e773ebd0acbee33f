import { LAYOUT } from '../addon/exports.js';
import { invalidType, outOfRange } from '../errors.js';
import { describeBits, ERROR, HANGUP, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../interest.js';
import type { Batch, PollEvent } from '../poller.js';
import { INSPECT, type InspectFunction, shownAs } from '../shown-values.js';

const { STALE, HEADER_WORDS, EVENT_WORDS, FD, READINESS, GENERATION } = LAYOUT;

/** The memory of a batch of at most `capacity` events. */
export function batchMemory(capacity: number): Int32Array {
  return new Int32Array(new ArrayBuffer(4 * (HEADER_WORDS + EVENT_WORDS * capacity)));
}

/**
 * The data that this thread gave to registrations, by descriptor. An entry is valid for one generation: another thread
 * may have ended the registration and made a new one of the same descriptor.
 *
 * A registration without data takes no memory here.
 */
export class RegistrationData<Data> {
  readonly #data: Array<Data | undefined> = [];
  readonly #generations: number[] = [];

  set(fd: number, generation: number, data: Data): void {
    this.#data[fd] = data;
    this.#generations[fd] = generation;
  }

  get(fd: number, generation: number): Data | undefined {
    const data = this.#data[fd];
    return data !== undefined && this.#generations[fd] === generation ? data : undefined;
  }

  /** The data of the last registration of `fd`, for people. */
  latest(fd: number): Data | undefined {
    return this.#data[fd];
  }

  delete(fd: number): void {
    if (this.#data[fd] !== undefined) this.#data[fd] = undefined;
  }

  clear(): void {
    this.#data.length = 0;
    this.#generations.length = 0;
  }
}

/** The events of one wait, in memory that the addon writes. */
export class NativeBatch<Data> implements Batch<Data> {
  readonly #memory: Int32Array;
  readonly #data: RegistrationData<Data>;
  readonly #isCurrent: (fd: number, generation: number) => boolean;
  #length = 0;
  #woken = false;

  /**
   * `memory`, which `batchMemory()` made, is shared with the addon. `isCurrent` says whether a registration of that
   * generation exists.
   */
  constructor(
    memory: Int32Array,
    data: RegistrationData<Data>,
    isCurrent: (fd: number, generation: number) => boolean,
  ) {
    this.#memory = memory;
    this.#data = data;
    this.#isCurrent = isCurrent;
  }

  /** Shows the `length` events that the addon has written. */
  show(length: number, woken: boolean): void {
    this.#length = length;
    this.#woken = woken;
  }

  /** From now on each event may be stale: `isCurrent` is asked. */
  distrust(): void {
    this.#memory[STALE] = 1;
  }

  get length(): number {
    return #length in this ? this.#length : 0;
  }

  get woken(): boolean {
    return #woken in this && this.#woken;
  }

  fdAt(index: number): number {
    return this.#memory[this.#offsetOf(index) + FD]!;
  }

  readinessAt(index: number): number {
    const at = this.#offsetOf(index);
    if (this.#memory[STALE] !== 0 && this.#isStale(at)) return 0;
    return this.#memory[at + READINESS]!;
  }

  dataAt(index: number): Data | undefined {
    const at = this.#offsetOf(index);
    if (this.#memory[STALE] !== 0 && this.#isStale(at)) return undefined;
    return this.#data.get(this.#memory[at + FD]!, this.#memory[at + GENERATION]!);
  }

  *[Symbol.iterator](): Iterator<PollEvent<Data>> {
    for (let index = 0; index < this.#length; index++) {
      const readiness = this.readinessAt(index);
      if (readiness !== 0) yield pollEvent(this.fdAt(index), readiness, this.dataAt(index));
    }
  }

  [INSPECT](depth: number, options: object, inspect: InspectFunction): string {
    if (!(#length in this)) return 'Batch {}';
    const events = Array.from({ length: this.#length }, (_, index) => {
      const at = index * EVENT_WORDS;
      const isStale = this.#memory[STALE] !== 0 && this.#isStale(at);
      return `fd ${this.#memory[at + FD]} ${isStale ? 'stale' : describeBits(this.#memory[at + READINESS]!)}`;
    });
    return shownAs('Batch', { length: this.#length, woken: this.#woken, events }, depth, options, inspect);
  }

  #offsetOf(index: number): number {
    // The type is checked first, because >>> of a bigint or a symbol throws.
    if (typeof index !== 'number' || index >>> 0 !== index || index >= this.#length) throw this.#badIndex(index);
    return index * EVENT_WORDS;
  }

  #isStale(at: number): boolean {
    return !this.#isCurrent(this.#memory[at + FD]!, this.#memory[at + GENERATION]!);
  }

  #badIndex(index: unknown): Error {
    if (typeof index !== 'number') return invalidType('index', 'of type number', index);
    return outOfRange('index', `must be an integer >= 0 && < ${this.#length}`, index);
  }
}

function pollEvent<Data>(fd: number, readiness: number, data: Data | undefined): PollEvent<Data> {
  return {
    fd,
    readiness,
    data,
    readable: (readiness & READABLE) !== 0,
    writable: (readiness & WRITABLE) !== 0,
    priority: (readiness & PRIORITY) !== 0,
    readClosed: (readiness & READ_CLOSED) !== 0,
    hangup: (readiness & HANGUP) !== 0,
    error: (readiness & ERROR) !== 0,
  };
}
