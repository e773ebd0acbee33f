import { AsyncResource } from 'node:async_hooks';
import type { SystemError } from '../errors.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import { write, writev } from '../sys/streams.js';

/** writev(2) takes no more at once: IOV_MAX. */
const MOST_PARTS = 1024;

/**
 * A queue of the device is full (packet(7), CAN, a BSD's datagrams), or there is no memory for the message: no poll announces
 * that there is room again.
 */
const UNANNOUNCED: ReadonlySet<string> = new Set(['ENOBUFS', 'ENOMEM']);

/** The rest of one write of a stream: what the kernel did not take at once. */
export class WriteQueue {
  readonly #fd: number;
  readonly #joins: boolean;
  readonly #callback: (error?: Error | null) => void;
  #chunks: Uint8Array[];
  #first = 0;
  /** The async context of the write, once it is to end in another turn. */
  #context: AsyncResource | undefined;
  /** How many bytes the kernel has. */
  taken = 0;
  /** There is no room, and nothing will say when there is: the next flush() has to come by itself. */
  isHeldBack = false;

  /** `joins`: chunks may go together in one system call, and in parts. */
  constructor(fd: number, chunks: Uint8Array[], joins: boolean, callback: (error?: Error | null) => void) {
    this.#fd = fd;
    this.#chunks = chunks;
    this.#joins = joins;
    this.#callback = callback;
  }

  /** The write ends in another turn: its callback is to be called in the async context of now. */
  delay(): void {
    this.#context = new AsyncResource('pollux.write');
  }

  /** Tells the writer. */
  end(failure?: Error): void {
    if (this.#context === undefined) this.#callback(failure);
    else this.#context.runInAsyncScope(this.#callback, undefined, failure);
  }

  get isDone(): boolean {
    return this.#first === this.#chunks.length;
  }

  /** Writes until all is taken, or until the descriptor takes no more. */
  flush(): void {
    this.isHeldBack = false;
    while (!this.isDone) {
      const end = this.#joins ? Math.min(this.#chunks.length, this.#first + MOST_PARTS) : this.#first + 1;
      const taken = this.#writeSome(end);
      if (taken === WOULD_BLOCK) return;
      this.taken += taken;
      if (!this.#skip(taken, end)) return;
    }
  }

  #writeSome(end: number): number {
    try {
      return this.#write(end);
    } catch (error) {
      if (this.#joins || !UNANNOUNCED.has((error as SystemError).code)) throw error;
      this.isHeldBack = true;
      return WOULD_BLOCK;
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
