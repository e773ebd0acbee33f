import type { SystemError } from '../errors.js';
import { ONESHOT, READABLE } from '../interest.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Watch } from '../reactor/watch.js';
import * as sys from '../sys.js';

/** accept(2): no descriptor or memory is left for the connection, which stays in the backlog. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
const ACCEPTS_PER_EVENT = 256;
const RETRY_MS = 100;

/**
 * A listening socket that survives a full descriptor table: it is watched oneshot, and where nothing
 * more can be accepted it is not re-armed before a connection closes or a while has passed.
 */
export class Listener {
  readonly #fd: number;
  readonly #onConnection: (fd: number) => void;
  readonly #watch: Watch;
  #isPaused = false;

  constructor(reactor: Reactor, fd: number, onConnection: (fd: number) => void) {
    this.#fd = fd;
    this.#onConnection = onConnection;
    this.#watch = reactor.watch(fd, READABLE | ONESHOT, () => this.#acceptAll());
  }

  /** Goes on, if it was paused: a descriptor may be free. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#watch.setIdleTimeout(0);
    this.#watch.rearm();
  }

  #acceptAll(): void {
    for (let accepted = 0; accepted < ACCEPTS_PER_EVENT; accepted++) {
      const fd = this.#accept();
      if (fd === sys.WOULD_BLOCK) break;
      this.#onConnection(fd);
    }
    if (!this.#isPaused) this.#watch.rearm();
  }

  #accept(): number {
    try {
      return sys.accept(this.#fd);
    } catch (error) {
      if (!EXHAUSTED.has((error as SystemError).code)) throw error;
      this.#isPaused = true;
      this.#watch.setIdleTimeout(RETRY_MS, () => this.resume());
      return sys.WOULD_BLOCK;
    }
  }
}
