import { lstatSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Address } from '../sys-types.js';

/** The file that bind(2) made for a unix socket. */
export class SocketFile {
  /** Absolute. */
  readonly path: string;
  readonly #identity: string | undefined;

  private constructor(path: string) {
    // Resolved now, because the working directory may be another when the file is removed.
    this.path = resolve(path);
    this.#identity = identityOf(this.path);
  }

  /** The file of `address`; undefined where it has none. */
  static of(address: Address): SocketFile | undefined {
    const isFile = address.family === 'unix' && address.path !== '' && !address.path.startsWith('\0');
    return isFile ? new SocketFile(address.path) : undefined;
  }

  /** Removes the file, unless its path is another file by now. */
  remove(): void {
    if (this.#identity === undefined || identityOf(this.path) !== this.#identity) return;
    try {
      unlinkSync(this.path);
    } catch {
      // Removed already, or in a directory that can no longer be written to. Nothing that is open depends on it.
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
