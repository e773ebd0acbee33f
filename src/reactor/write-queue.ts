import { WOULD_BLOCK } from '../sys/binding.js';
import { write, writev } from '../sys/streams.js';

/** writev(2) takes no more at once: IOV_MAX. */
const MOST_PARTS = 1024;

/** The rest of one write of a stream: what the kernel did not take at once. */
export class WriteQueue {
  readonly #fd: number;
  readonly #joins: boolean;
  readonly callback: (error?: Error | null) => void;
  #chunks: Uint8Array[];
  #first = 0;
  /** How many bytes the kernel has. */
  taken = 0;

  /** `joins`: chunks may go together in one system call, and in parts. */
  constructor(fd: number, chunks: Uint8Array[], joins: boolean, callback: (error?: Error | null) => void) {
    this.#fd = fd;
    this.#chunks = chunks;
    this.#joins = joins;
    this.callback = callback;
  }

  get isDone(): boolean {
    return this.#first === this.#chunks.length;
  }

  /** Writes until all is taken, or until the descriptor takes no more. */
  flush(): void {
    while (!this.isDone) {
      const end = this.#joins ? Math.min(this.#chunks.length, this.#first + MOST_PARTS) : this.#first + 1;
      const taken = this.#write(end);
      if (taken === WOULD_BLOCK) return;
      this.taken += taken;
      if (!this.#skip(taken, end)) return;
    }
  }

  #write(end: number): number {
    const chunks = this.#chunks;
    if (end - this.#first === 1) return write(this.#fd, chunks[this.#first]!);
    return writev(this.#fd, this.#first === 0 && end === chunks.length ? chunks : chunks.slice(this.#first, end));
  }

  /** Takes `taken` bytes off; false when something is left before `end`. */
  #skip(taken: number, end: number): boolean {
    let rest = taken;
    for (; this.#first < end; this.#first++) {
      const chunk = this.#chunks[this.#first]!;
      if (chunk.length > rest) {
        if (rest > 0) this.#chunks[this.#first] = chunk.subarray(rest);
        return false;
      }
      rest -= chunk.length;
    }
    return true;
  }
}
