import { lstatSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Address } from '../sys-types.js';

/** The file that bind(2) has made for a unix socket. */
export class SocketFile {
  /** Absolute. */
  readonly path: string;
  readonly #identity: string | undefined;

  private constructor(path: string) {
    // bind(2) has resolved it now: the working directory may be another when the file is removed.
    this.path = resolve(path);
    this.#identity = identityOf(this.path);
  }

  /** undefined: the address has no file. */
  static of(address: Address): SocketFile | undefined {
    const isFile = address.family === 'unix' && address.path !== '' && !address.path.startsWith('\0');
    return isFile ? new SocketFile(address.path) : undefined;
  }

  /** Removes the file, unless something else has its place by now. */
  remove(): void {
    if (this.#identity === undefined || identityOf(this.path) !== this.#identity) return;
    try {
      unlinkSync(this.path);
    } catch {
      // Gone already, or in a directory that may no longer be written to: nothing that is open hangs on it.
    }
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
