import { binding } from '../addon/binding.js';
import { LAYOUT } from '../addon/exports.js';
import { readinessBits } from '../interest.js';

const { HEADER_WORDS, EVENT_WORDS, READINESS } = LAYOUT;

/**
 * Asks the kernel what a descriptor is ready for now: registers it for a moment, level-triggered, with a poller of its
 * own. No event of another poller is taken away by that.
 */
export class Oracle {
  readonly #memory = new Int32Array(new ArrayBuffer(4 * (HEADER_WORDS + EVENT_WORDS)));
  #handle: number | undefined;

  /** The readiness of `fd` among `interest`; 0: none, or the kernel does not say (closed, not pollable). */
  readinessOf(fd: number, interest: number): number {
    if (readinessBits(interest) === 0) return 0;
    const addon = binding();
    try {
      this.#handle ??= addon.open(1, this.#memory);
      addon.add(this.#handle, fd, readinessBits(interest));
    } catch {
      return 0;
    }
    try {
      return addon.wait(this.#handle, 0) >>> 1 === 0 ? 0 : this.#memory[READINESS]!;
    } finally {
      addon.remove(this.#handle, fd);
    }
  }

  close(): void {
    if (this.#handle !== undefined) binding().close(this.#handle);
    this.#handle = undefined;
  }
}
