import { EDGE, ONESHOT, READABLE, WRITABLE } from '../interest.js';
import type { Poller } from '../poller.js';
import * as sys from '../sys.js';
import { Listener } from './listener.js';

export type EchoMode = 'level' | 'edge' | 'oneshot';

/** A client. `pending` is what it has sent and not taken back yet. */
export interface Connection {
  readonly fd: number;
  pending: Uint8Array | undefined;
  interest: number;
}

/** Reads per event in edge mode before the other connections get their turn. */
const ROUNDS = 16;

/**
 * The echo server of the textbooks, in each trigger mode.
 *
 * - level: one read and write per event; what is left is reported again.
 * - edge: reads until `WOULD_BLOCK`, because nothing is reported twice. A connection that has more
 *   than its share goes to the end of a list of its own, so that it starves nobody.
 * - oneshot: one read and write per event, then `modify()` re-arms.
 *
 * While a client does not take its bytes back, nothing more is read from it.
 */
export class EchoServer {
  readonly #poller: Poller<Connection>;
  readonly #listener: Listener;
  readonly #mode: EchoMode;
  readonly #connections = new Set<Connection>();
  readonly #buffer = new Uint8Array(64 * 1024);
  /** Edge mode: connections that may have more to read without being reported again. */
  #unfinished = new Set<Connection>();

  constructor(poller: Poller<Connection>, listenerFd: number, mode: EchoMode) {
    this.#poller = poller;
    this.#mode = mode;
    this.#listener = new Listener(poller, listenerFd, (fd) => this.#welcome(fd));
  }

  /** Serves until the poller is woken. */
  run(): void {
    this.#listener.start();
    for (;;) {
      const timeoutMs = this.#unfinished.size > 0 ? 0 : this.#listener.retryMs;
      const batch = this.#poller.wait(timeoutMs);
      if (batch.woken) break;
      this.#listener.resumeInTime();
      const unfinished = this.#unfinished;
      this.#unfinished = new Set();
      for (let index = 0; index < batch.length; index++) {
        if (batch.readinessAt(index) === 0) continue;
        const connection = batch.dataAt(index);
        if (connection === undefined) {
          this.#listener.acceptAll();
        } else {
          unfinished.delete(connection);
          this.#serve(connection);
        }
      }
      for (const connection of unfinished) {
        if (this.#connections.has(connection)) this.#serve(connection);
      }
    }
    for (const connection of this.#connections) this.#close(connection);
    this.#listener.stop();
  }

  #welcome(fd: number): void {
    const modes = { level: READABLE, edge: READABLE | WRITABLE | EDGE, oneshot: READABLE | ONESHOT };
    const connection = { fd, pending: undefined, interest: modes[this.#mode] };
    try {
      this.#poller.add(fd, connection.interest, connection);
    } catch {
      // ENOSPC, ENOMEM: the kernel takes no more registrations, so this client cannot be served.
      sys.close(fd);
      return;
    }
    this.#connections.add(connection);
  }

  #serve(connection: Connection): void {
    let goesOn: boolean;
    try {
      goesOn = this.#exchange(connection);
    } catch {
      // The client has reset the connection (ECONNRESET, EPIPE, ETIMEDOUT): nobody is left to tell.
      goesOn = false;
    }
    if (goesOn) this.#await(connection);
    else this.#close(connection);
  }

  /** Moves bytes until there is nothing to do now; false when the connection is finished. */
  #exchange(connection: Connection): boolean {
    const rounds = this.#mode === 'edge' ? ROUNDS : 1;
    for (let round = 0; round < rounds; round++) {
      if (connection.pending !== undefined && !this.#flush(connection)) return true;
      const length = sys.read(connection.fd, this.#buffer);
      if (length === sys.WOULD_BLOCK) return true;
      if (length === 0) return false;
      const written = sys.write(connection.fd, this.#buffer, 0, length);
      const taken = written === sys.WOULD_BLOCK ? 0 : written;
      if (taken < length) connection.pending = this.#buffer.slice(taken, length);
    }
    if (this.#mode === 'edge') this.#unfinished.add(connection);
    return true;
  }

  /** Writes what is pending; false while some of it is left. */
  #flush(connection: Connection): boolean {
    const pending = connection.pending!;
    const written = sys.write(connection.fd, pending);
    if (written === sys.WOULD_BLOCK) return false;
    connection.pending = written < pending.length ? pending.subarray(written) : undefined;
    return connection.pending === undefined;
  }

  /** Asks the poller for what the connection waits for: space while bytes are pending, else bytes. */
  #await(connection: Connection): void {
    if (this.#mode === 'edge') return;
    const oneshot = this.#mode === 'oneshot' ? ONESHOT : 0;
    const interest = (connection.pending === undefined ? READABLE : WRITABLE) | oneshot;
    if (interest === connection.interest && oneshot === 0) return;
    this.#poller.modify(connection.fd, interest);
    connection.interest = interest;
  }

  #close(connection: Connection): void {
    this.#connections.delete(connection);
    this.#poller.remove(connection.fd);
    sys.close(connection.fd);
    this.#listener.resume();
  }
}
