import { EDGE, ONESHOT, READABLE, WRITABLE } from '../interest.js';
import { Acceptor } from '../net/acceptor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Watch } from '../reactor/watch.js';
import * as sys from '../sys.js';

export type EchoMode = 'level' | 'edge' | 'oneshot';

const INTERESTS: Readonly<Record<EchoMode, number>> = {
  level: READABLE,
  edge: READABLE | WRITABLE | EDGE,
  oneshot: READABLE | ONESHOT,
};

/** Reads per event in edge mode before the other connections get their turn. */
const ROUNDS = 16;

/**
 * The echo server of the textbooks, in each trigger mode, on a reactor in either loop.
 *
 * - level: one read and write per event; what is left is reported again.
 * - edge: reads until `WOULD_BLOCK`, because nothing is reported twice. A connection that has more than its share is
 *   re-armed and waits for its turn, so that it starves nobody.
 * - oneshot: one read and write per event, then the interest is set anew, which re-arms.
 *
 * While a client does not take its bytes back, nothing more is read from it.
 */
export class EchoServer {
  readonly #reactor: Reactor;
  readonly #acceptor: Acceptor;
  readonly #mode: EchoMode;
  readonly #clients = new Map<Watch, Client>();
  readonly #buffer = new Uint8Array(64 * 1024);

  constructor(reactor: Reactor, listenerFd: number, mode: EchoMode) {
    this.#reactor = reactor;
    this.#mode = mode;
    this.#acceptor = new Acceptor(reactor, listenerFd, (fd) => this.#welcome(fd));
  }

  /** Closes the reactor and every connection. */
  close(): void {
    this.#reactor.close();
    for (const { fd } of this.#clients.keys()) sys.close(fd);
    this.#clients.clear();
  }

  #welcome(fd: number): void {
    const client = new Client(fd);
    try {
      const watch = this.#reactor.watch(fd, INTERESTS[this.#mode], () => this.#serve(client, watch));
      this.#clients.set(watch, client);
    } catch {
      // ENOSPC, ENOMEM: the kernel takes no more registrations, so this client cannot be served.
      sys.close(fd);
    }
  }

  #serve(client: Client, watch: Watch): void {
    try {
      const rounds = this.#mode === 'edge' ? ROUNDS : 1;
      for (let round = 0; round < rounds; round++) {
        const state = client.exchange(this.#buffer);
        if (state === 'ended') return this.#close(watch);
        if (state === 'blocked') return this.#await(client, watch);
      }
    } catch {
      // ECONNRESET, EPIPE, ETIMEDOUT: the client has reset the connection.
      return this.#close(watch);
    }
    if (this.#mode === 'edge') watch.rearm();
    else this.#await(client, watch);
  }

  /** Sets the interest: WRITABLE while bytes are pending, else READABLE. */
  #await(client: Client, watch: Watch): void {
    if (this.#mode === 'edge') return;
    const oneshot = this.#mode === 'oneshot' ? ONESHOT : 0;
    const interest = (client.hasPending ? WRITABLE : READABLE) | oneshot;
    if (interest !== watch.interest || oneshot !== 0) watch.interest = interest;
  }

  #close(watch: Watch): void {
    this.#clients.delete(watch);
    watch.close();
    sys.close(watch.fd);
    this.#acceptor.resume();
  }
}

/** A connection, and the bytes that its client has sent and not received back yet. */
class Client {
  readonly #fd: number;
  #pending: Uint8Array | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get hasPending(): boolean {
    return this.#pending !== undefined;
  }

  /** Makes one read and one write, after writing what is pending. */
  exchange(buffer: Uint8Array): 'moved' | 'blocked' | 'ended' {
    if (this.#pending !== undefined && !this.#flush(this.#pending)) return 'blocked';
    const length = sys.read(this.#fd, buffer);
    if (length === sys.WOULD_BLOCK) return 'blocked';
    if (length === 0) return 'ended';
    const written = sys.write(this.#fd, buffer, 0, length);
    const taken = written === sys.WOULD_BLOCK ? 0 : written;
    if (taken < length) this.#pending = buffer.slice(taken, length);
    return 'moved';
  }

  /** Writes what is pending; false while some of it is left. */
  #flush(pending: Uint8Array): boolean {
    const written = sys.write(this.#fd, pending);
    if (written === sys.WOULD_BLOCK) return false;
    this.#pending = written < pending.length ? pending.subarray(written) : undefined;
    return this.#pending === undefined;
  }
}
