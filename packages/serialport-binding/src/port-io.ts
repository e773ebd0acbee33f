import { ERROR, HANGUP, READABLE, READ_CLOSED, watch, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import { canceled, hungUp, markedIfGone } from './errors.js';

/** What a read or write that waits ends with. */
interface Outcome<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

interface PendingRead extends Outcome<number> {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
}

interface PendingWrite extends Outcome<void> {
  readonly buffer: Buffer;
  written: number;
}

/** The reads and writes of one descriptor, each kind in the order in which they were asked for. */
export class PortIo {
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #reads: PendingRead[] = [];
  readonly #writes: PendingWrite[] = [];
  /** Whether the last read got less than it had room for: the next one waits before it tries. */
  #isDry = false;

  constructor(fd: number) {
    this.#fd = fd;
    this.#watch = watch(fd, 0, (readiness) => this.#advance(readiness));
    this.#watch.closeWithThread();
  }

  /** Resolves with the number of bytes that it has read, at least 1. */
  read(buffer: Buffer, offset: number, length: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const read: PendingRead = { buffer, offset, length, resolve, reject };
      if (this.#reads.length === 0 && !this.#isDry && this.#tryRead(read, 0)) return;
      this.#reads.push(read);
      this.#updateInterest();
    });
  }

  /** Resolves when the kernel has taken all bytes of `buffer`, and of the writes before it. */
  write(buffer: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const write: PendingWrite = { buffer, written: 0, resolve, reject };
      if (this.#writes.length === 0 && this.#tryWrite(write, 0)) return;
      this.#writes.push(write);
      this.#updateInterest();
    });
  }

  /** Ends what is under way with an error that says `canceled`. */
  cancel(): void {
    for (const { reject } of [...this.#reads.splice(0), ...this.#writes.splice(0)]) reject(canceled());
    this.#updateInterest();
  }

  /** From now on the descriptor is not watched: it can be closed. */
  close(): void {
    this.#watch.close();
  }

  #advance(readiness: number): void {
    if ((readiness & (READABLE | READ_CLOSED | HANGUP | ERROR)) !== 0) {
      while (this.#reads.length > 0 && this.#tryRead(this.#reads[0]!, readiness)) this.#reads.shift();
    }
    if ((readiness & (WRITABLE | HANGUP | ERROR)) !== 0) {
      while (this.#writes.length > 0 && this.#tryWrite(this.#writes[0]!, readiness)) this.#writes.shift();
    }
    this.#updateInterest();
  }

  /** Tries a read; whether it has ended. A read of 0 bytes is no end of a terminal whose `vmin` is 0. */
  #tryRead({ buffer, offset, length, resolve, reject }: PendingRead, readiness: number): boolean {
    try {
      const bytesRead = sys.read(this.#fd, buffer, offset, length);
      this.#isDry = bytesRead < length;
      if (bytesRead > 0 || length === 0) resolve(bytesRead);
      else if ((readiness & HANGUP) !== 0) reject(hungUp());
      else return false;
    } catch (error) {
      reject(markedIfGone(error));
    }
    return true;
  }

  /** Writes what the kernel takes; whether the write has ended. */
  #tryWrite(write: PendingWrite, readiness: number): boolean {
    const { buffer, resolve, reject } = write;
    try {
      while (write.written < buffer.length) {
        const length = sys.write(this.#fd, buffer, write.written);
        if (length > 0) write.written += length;
        else if ((readiness & HANGUP) !== 0) throw hungUp();
        else return false;
      }
      resolve();
    } catch (error) {
      reject(markedIfGone(error));
    }
    return true;
  }

  #updateInterest(): void {
    const interest = (this.#reads.length > 0 ? READABLE : 0) | (this.#writes.length > 0 ? WRITABLE : 0);
    if (this.#watch.interest !== interest) this.#watch.interest = interest;
  }
}
