import { sysBinding } from '../addon/binding.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import { memoryOf } from './memory.js';

/** Bytes of a stream are joined in blocks. A new block is twice as large as the last, between the two sizes. */
const LEAST_BLOCK = 16 * 1024;
const MOST_BLOCK = 256 * 1024;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** Copies of bytes that the kernel did not take, in their order. */
export class UnsentBytes {
  /** Whether the descriptor is a stream of bytes. Otherwise one write is one message, and messages are not joined. */
  readonly isStream: boolean;
  #blocks: Block[] = [];
  #length = 0;

  constructor(fd: number) {
    this.isStream = isStream(fd);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** False also where an empty message waits. */
  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** False: there is no memory for a copy. */
  add(bytes: Uint8Array, offset: number, length: number): boolean {
    if (this.isStream && length === 0) return true;
    const block = this.#roomFor(length);
    if (block === undefined) return false;
    block.bytes.set(bytes.subarray(offset, offset + length), block.end);
    block.end += length;
    this.#length += length;
    return true;
  }

  /**
   * Writes until nothing is left or the kernel takes no more. Throws the error of a write: a stream has nothing left
   * then; of messages the one that failed is dropped.
   */
  writeTo(fd: number): void {
    let done = 0;
    try {
      for (; done < this.#blocks.length; done++) {
        const block = this.#blocks[done]!;
        if (!this.#write(fd, block)) return;
      }
    } catch (error) {
      if (this.isStream) this.clear();
      else this.#length -= this.#blocks[done]!.end - this.#blocks[done++]!.start;
      throw error;
    } finally {
      this.#blocks.splice(0, done);
    }
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#length = 0;
  }

  /** False: some of `block` is left. An empty message takes one write. */
  #write(fd: number, block: Block): boolean {
    do {
      const taken = sysBinding().write(fd, block.bytes, block.start, block.end - block.start);
      if (taken === WOULD_BLOCK) return false;
      block.start += taken;
      this.#length -= taken;
    } while (block.start < block.end);
    return true;
  }

  #roomFor(length: number): Block | undefined {
    const last = this.isStream ? this.#blocks[this.#blocks.length - 1] : undefined;
    if (last !== undefined && last.bytes.length - last.end >= length) return last;
    const wanted = Math.min(MOST_BLOCK, Math.max(LEAST_BLOCK, 2 * (last?.bytes.length ?? 0)));
    const bytes = memoryOf(this.isStream ? Math.max(length, wanted) : length);
    if (bytes === undefined) return undefined;
    const block = { bytes, start: 0, end: 0 };
    this.#blocks.push(block);
    return block;
  }
}

function isStream(fd: number): boolean {
  const kind = sysBinding().kindOf(fd);
  if (kind !== 'socket') return kind === 'pipe' || kind === 'terminal';
  return sysBinding().getOption(fd, 'type') === 'stream';
}
