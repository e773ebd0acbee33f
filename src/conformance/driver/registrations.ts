/** The numbers that a process may have open, and one place for all others. */
const MOST_NUMBERS = 4096;

/**
 * Which numbers are registered in one poller of a driver, and with which token, as the answers of the driver say. All
 * threads that have a view of the poller see it.
 */
export class Registrations {
  readonly memory: SharedArrayBuffer;
  readonly #tokens: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * (MOST_NUMBERS + 1))) {
    this.memory = memory;
    this.#tokens = new Int32Array(memory);
  }

  get size(): number {
    return this.#tokens.reduce((count, token) => count + Number(token !== 0), 0);
  }

  /** The token of `fd`; 0 where it is not registered. */
  tokenOf(fd: number): number {
    return Atomics.load(this.#tokens, placeOf(fd));
  }

  set(fd: number, token: number): void {
    Atomics.store(this.#tokens, placeOf(fd), token);
  }

  delete(fd: number): void {
    Atomics.store(this.#tokens, placeOf(fd), 0);
  }
}

function placeOf(fd: number): number {
  return Math.min(fd, MOST_NUMBERS);
}
