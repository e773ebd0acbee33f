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
  /** When to try again, on the clock of performance.now(); undefined while it is not paused. */
  #retryAtMs: number | undefined;

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

  /** How long the loop may wait before it has to call `resumeInTime()`. */
  get retryMs(): number {
    return this.#retryAtMs === undefined ? Infinity : Math.max(0, this.#retryAtMs - performance.now());
  }

  /** Takes what is in the backlog. */
  acceptAll(): void {
    for (let accepted = 0; accepted < ACCEPTS_PER_EVENT; accepted++) {
      const fd = this.#accept();
      if (fd === sys.WOULD_BLOCK) return;
      this.#onConnection(fd);
    }
  }

  /** Goes on: a descriptor may be free. */
  resume(): void {
    if (this.#retryAtMs === undefined) return;
    this.#retryAtMs = undefined;
    this.#poller.modify(this.#fd, READABLE);
  }

  /** `resume()`, if it is time to try again. */
  resumeInTime(): void {
    if (this.retryMs === 0) this.resume();
  }

  #accept(): number {
    try {
      return sys.accept(this.#fd);
    } catch (error) {
      if (!EXHAUSTED.has((error as SystemError).code)) throw error;
      this.#retryAtMs = performance.now() + RETRY_MS;
      this.#poller.modify(this.#fd, 0);
      return sys.WOULD_BLOCK;
    }
  }
}
