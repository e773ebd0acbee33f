import type { SystemError } from '../errors.js';
import { READABLE } from '../interest.js';
import type { Poller } from '../poller.js';
import * as sys from '../sys.js';

/** accept(2): no descriptor or memory is left for the connection, which stays in the backlog. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
const ACCEPTS_PER_EVENT = 256;
const RETRY_MS = 100;

/**
 * A listening socket that survives a full descriptor table: it pauses itself, instead of being
 * reported over and over, and goes on when a connection closes or after a while.
 */
export class Listener {
  readonly #poller: Pick<Poller, 'add' | 'modify' | 'remove'>;
  readonly #fd: number;
  readonly #onConnection: (fd: number) => void;
  #paused = false;

  constructor(poller: Pick<Poller, 'add' | 'modify' | 'remove'>, fd: number, onConnection: (fd: number) => void) {
    this.#poller = poller;
    this.#fd = fd;
    this.#onConnection = onConnection;
  }

  start(): void {
    this.#poller.add(this.#fd, READABLE);
  }

  stop(): void {
    this.#poller.remove(this.#fd);
  }

  /** How long the loop may wait before it has to call `resume()`. */
  get retryMs(): number {
    return this.#paused ? RETRY_MS : Infinity;
  }

  /** Takes what is in the backlog. */
  acceptAll(): void {
    for (let accepted = 0; accepted < ACCEPTS_PER_EVENT; accepted++) {
      const fd = this.#accept();
      if (fd === sys.WOULD_BLOCK) return;
      this.#onConnection(fd);
    }
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#poller.modify(this.#fd, READABLE);
  }

  #accept(): number {
    try {
      return sys.accept(this.#fd);
    } catch (error) {
      if (!EXHAUSTED.has((error as SystemError).code)) throw error;
      this.#paused = true;
      this.#poller.modify(this.#fd, 0);
      return sys.WOULD_BLOCK;
    }
  }
}
