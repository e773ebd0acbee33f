import type { SystemError } from '../errors.js';
import { EDGE, EXCLUSIVE, READABLE } from '../interest.js';
import type { Reactor } from '../reactor/reactor.js';
import type { ReactorWatch } from '../reactor/reactor-watch.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import { accept } from '../sys/sockets.js';

/** accept(2): no descriptor or memory is left for the connection, which stays in the backlog. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);
/** accept(2): connections were lost in the queue, more in a row than `accept()` skips. */
const LOST: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENONET',
  'ENOPROTOOPT',
  'EPROTO',
]);
/** accept(2): firewall rules forbid this connection. It is gone; the next one may be allowed. */
const FORBIDDEN = 'EPERM';
/**
 * More in a row mean that a security module forbids this listener to accept; the connection then stays in the queue.
 */
const MOST_FORBIDDEN = 16;
const ACCEPTS_PER_EVENT = 256;
const RETRY_MS = 100;

/**
 * Accepts the connections of a listening socket. Where it cannot accept (no descriptor is left, or the connection is
 * forbidden), it pauses, and tries again with the next connection, after 100 ms, or at `resume()`. It watches for
 * edges, so it does not spin meanwhile.
 */
export class Acceptor {
  readonly watch: ReactorWatch;
  /**
   * Called with the error that ends the accepting, after the watch is closed. `isOurs`: the poller still had the
   * descriptor. Unless it returns true, the error is thrown.
   */
  onFailure: ((error: SystemError, isOurs: boolean) => boolean) | undefined;
  readonly #fd: number;
  readonly #onConnection: (fd: number) => void;
  #isPaused = false;

  constructor(reactor: Reactor, fd: number, onConnection: (fd: number) => void, exclusive = false) {
    this.#fd = fd;
    this.#onConnection = onConnection;
    const interest = READABLE | EDGE | (exclusive ? EXCLUSIVE : 0);
    this.watch = reactor.watch(fd, interest, () => this.#take()) as ReactorWatch;
  }

  /** Ends a pause: a descriptor may be free now. */
  resume(): void {
    if (this.#isPaused) this.watch.rearm();
  }

  /** If `onConnection` throws, the connections that are left are reported again. */
  #take(): void {
    let isLeft = true;
    try {
      isLeft = this.#acceptSome();
    } finally {
      if (isLeft) this.watch.rearm();
    }
  }

  /** False when there is nothing more to accept now. */
  #acceptSome(): boolean {
    for (let count = 0; count < ACCEPTS_PER_EVENT && !this.watch.closed; count++) {
      const fd = this.#accept();
      if (fd === WOULD_BLOCK) return false;
      this.#onConnection(fd);
    }
    return true;
  }

  #accept(): number {
    for (let forbidden = 0; ; forbidden++) {
      try {
        const fd = accept(this.#fd);
        if (this.#isPaused) this.#pause(false);
        return fd;
      } catch (error) {
        const { code } = error as SystemError;
        if (code === FORBIDDEN && forbidden < MOST_FORBIDDEN) continue;
        if (code === FORBIDDEN || EXHAUSTED.has(code) || LOST.has(code)) {
          this.#pause(true);
          return WOULD_BLOCK;
        }
        // The socket does not listen, or is closed.
        if (this.onFailure?.(error as SystemError, this.watch.close()) === true) return WOULD_BLOCK;
        throw error;
      }
    }
  }

  #pause(on: boolean): void {
    this.#isPaused = on;
    this.watch.setIdleTimeout(on ? RETRY_MS : 0, () => this.watch.rearm());
  }
}
