import * as sys from 'pollux/sys';
import { Finding } from '../finding.js';

/** A prime number, so that a lost or repeated piece of any usual length changes the bytes that follow. */
const PERIOD = 65_521;
const MOST = 300_000;
const BYTES = Buffer.from(
  Uint8Array.from({ length: PERIOD + MOST }, (_, index) => ((index % PERIOD) * 31 + ((index % PERIOD) >> 8)) & 255),
);
const INTO = Buffer.alloc(65_536);

/** The bytes that either side sends from `position` on. */
export function pattern(position: number, length: number): Buffer {
  const start = position % PERIOD;
  return BYTES.subarray(start, start + length);
}

/** The other end of a stream. It makes bare calls, none of which blocks. */
export class Peer {
  readonly #fd: number;
  #sent = 0;
  #isOpen = true;
  received = 0;
  /**
   * The peer closed with unread bytes, or reset the connection: kernel and libuv decide how much of what it sent still
   * arrives.
   */
  wasReset = false;
  /** The peer has read the end of what the stream sends. */
  sawEnd = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Sends as many of `length` bytes as the kernel takes. */
  write(length: number): void {
    for (let left = length; this.#isOpen && left > 0; ) {
      const written = this.#try(() => sys.write(this.#fd, pattern(this.#sent, left)));
      if (written <= 0) return;
      this.#sent += written;
      left -= written;
    }
  }

  /** Returns how many bytes there were. */
  read(most: number): number {
    if (!this.#isOpen || most === 0) return 0;
    const length = this.#try(() => sys.read(this.#fd, INTO, 0, Math.min(most, INTO.length)));
    if (length === 0) this.sawEnd = true;
    if (length <= 0) return 0;
    if (!pattern(this.received, length).equals(INTO.subarray(0, length)))
      throw new Finding('bytes', `the peer gets wrong bytes from ${this.received} on`);
    this.received += length;
    return length;
  }

  drain(): number {
    let total = 0;
    for (let length = this.read(INTO.length); length > 0; length = this.read(INTO.length)) total += length;
    return total;
  }

  end(): void {
    if (this.#isOpen) this.#try(() => (sys.shutdown(this.#fd, 'write'), 0));
  }

  reset(): void {
    if (!this.#isOpen) return;
    this.wasReset = true;
    this.#try(() => (sys.setOption(this.#fd, 'linger', 0), 0));
    this.close();
  }

  close(): void {
    if (!this.#isOpen) return;
    if (this.#try(() => sys.bytesReadable(this.#fd)) > 0) this.wasReset = true;
    sys.close(this.#fd);
    this.#isOpen = false;
  }

  #try(call: () => number): number {
    try {
      return call();
    } catch {
      return -1;
    }
  }
}
