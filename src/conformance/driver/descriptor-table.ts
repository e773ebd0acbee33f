import { readlinkSync } from 'node:fs';
import * as sys from '../../sys.js';
import type { Connection } from './connection.js';

/** The limit of descriptors in the process that runs clauses, and so in the driver. */
const MOST_NUMBERS = 4096;
/** Numbers from here on stand for descriptors that the driver has opened itself: the pollers. */
const OWN_NUMBERS = 1 << 16;
const NONE = -1;

const TOKEN = 0;
const FIRST = 1;

/**
 * Which descriptor of the driver is the copy of which descriptor of this process. All threads that talk to one driver
 * see one table; the threads of a clause do not hand over the same descriptor at once.
 */
export class DescriptorTable {
  readonly memory: SharedArrayBuffer;
  /** The files that this thread has handed over, as /proc names them. */
  readonly files = new Set<string>();
  /** By numbers of this process: the number of the copy, also after it was released. */
  readonly #copies: Int32Array;
  /** By numbers of this process: whether the copy is open. */
  readonly #held: Int32Array;
  /** By numbers of the driver: the number here. */
  readonly #originals: Int32Array;
  readonly #counter: Int32Array;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(4 * (FIRST + 3 * MOST_NUMBERS));
    const part = (index: number): Int32Array =>
      new Int32Array(this.memory, 4 * (FIRST + index * MOST_NUMBERS), MOST_NUMBERS);
    [this.#copies, this.#held, this.#originals] = [part(0), part(1), part(2)];
    this.#counter = new Int32Array(this.memory, 4 * TOKEN, 1);
    if (memory === undefined) for (const numbers of [this.#copies, this.#originals]) numbers.fill(NONE);
  }

  /** A number that no other registration has. */
  newToken(): number {
    return Atomics.add(this.#counter, 0, 1) + 1;
  }

  /** The number in the driver of `fd`, which is handed over first where the driver does not have it. */
  copyOf(fd: number, connection: Connection): number {
    if (fd >= OWN_NUMBERS) return fd - OWN_NUMBERS;
    if (fd >= MOST_NUMBERS) return fd;
    const copy = this.#copies[fd]!;
    if (this.#held[fd] === 1) return copy;
    // A number that is not open here is not open there, or it is that of a copy that was closed.
    if (!isOpen(fd)) return copy === NONE ? fd : copy;
    const taken = connection.ask(
      { op: 'take', fd: copy === NONE ? fd : copy },
      ({ fd: number }) => {
        if (!Number.isInteger(number) || (number as number) < 0 || (number as number) >= MOST_NUMBERS)
          throw new Error('"fd" is no descriptor');
        return number as number;
      },
      { descriptor: fd, fd },
    );
    this.files.add(fileOf(fd));
    this.#copies[fd] = taken;
    this.#originals[taken] = fd;
    this.#held[fd] = 1;
    return taken;
  }

  /** Has the driver close its copy of `fd`, where it has one. */
  release(fd: number, connection: Connection): void {
    if (fd >= MOST_NUMBERS || this.#held[fd] !== 1) return;
    this.#held[fd] = 0;
    connection.ask({ op: 'release', fd: this.#copies[fd]! }, () => {});
  }

  /** Has the driver close all copies, and forgets all numbers. */
  clear(connection: Connection): void {
    try {
      for (let fd = 0; fd < MOST_NUMBERS; fd++) this.release(fd, connection);
    } finally {
      this.#held.fill(0);
      for (const numbers of [this.#copies, this.#originals]) numbers.fill(NONE);
    }
  }

  /** The number here of a descriptor of the driver; undefined for one that the driver does not have from here. */
  originalOf(number: number): number | undefined {
    const fd = this.#originals[number] ?? NONE;
    return fd === NONE ? undefined : fd;
  }

  /** The number here that stands for `number`, which the driver has opened for a poller. */
  adopt(number: number): number {
    if (number < MOST_NUMBERS) this.#originals[number] = OWN_NUMBERS + number;
    return OWN_NUMBERS + number;
  }
}

/** `pipe:[7]`; empty where the system does not show it. */
function fileOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

function isOpen(fd: number): boolean {
  try {
    sys.isNonBlocking(fd);
    return true;
  } catch {
    return false;
  }
}
