import { EDGE, ERROR, HANGUP, LEVEL, ONESHOT, READABLE, READ_CLOSED } from '../interest.js';
import { Acceptor } from '../net/acceptor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Watch, WatchHandler } from '../reactor/watch.js';
import * as sys from '../sys.js';

export type EchoMode = 'level' | 'edge' | 'oneshot';

const INTERESTS: Readonly<Record<EchoMode, number>> = {
  level: READABLE | LEVEL,
  edge: READABLE | EDGE,
  oneshot: READABLE | ONESHOT,
};
const RECEIVE = 64 * 1024;
/** The end of the connection, or an error, is behind the bytes that were read. */
const ENDS = READ_CLOSED | HANGUP | ERROR;

/**
 * The echo server of the textbooks, in each trigger mode, on a reactor in either loop. The reactor reads for all
 * connections of a batch at once, and writes at once what they send.
 *
 * - level: one read and write per event; what is left is reported again.
 * - edge: the same. A connection that may have more is re-armed and waits for its turn, so that it starves nobody.
 * - oneshot: one read and write per event, then a re-arm.
 *
 * While a client does not take its bytes back, nothing more is read from it.
 */
export class EchoServer {
  readonly #reactor: Reactor;
  readonly #acceptor: Acceptor;
  readonly #mode: EchoMode;
  readonly #clients = new Set<Watch>();

  constructor(reactor: Reactor, listenerFd: number, mode: EchoMode) {
    this.#reactor = reactor;
    this.#mode = mode;
    this.#acceptor = new Acceptor(reactor, listenerFd, (fd) => this.#welcome(fd));
  }

  /** Closes the reactor and every connection. */
  close(): void {
    this.#reactor.close();
    for (const { fd } of this.#clients) sys.close(fd);
    this.#clients.clear();
  }

  #welcome(fd: number): void {
    const interest = INTERESTS[this.#mode];
    const onDrain = (watch: Watch): void => void (watch.interest = interest);
    try {
      this.#clients.add(this.#reactor.watch(fd, interest, this.#serve, { receive: RECEIVE, onDrain }));
    } catch {
      // ENOSPC, ENOMEM: the kernel takes no more registrations, so this client cannot be served.
      sys.close(fd);
    }
  }

  readonly #serve: WatchHandler = (readiness, watch) => {
    const { received } = watch;
    // ECONNRESET, EPIPE, ETIMEDOUT: the client has reset the connection.
    if (received === sys.FAILED || watch.sendError !== undefined) return this.#close(watch);
    if (received > 0) watch.send(watch.buffer);
    // The end is reported again when the interest is set.
    if (watch.sendQueued > 0) watch.interest = 0;
    else if (received === 0) this.#close(watch);
    else if (this.#mode === 'oneshot') watch.rearm();
    else if (this.#mode === 'edge' && (received === RECEIVE || (readiness & ENDS) !== 0)) watch.rearm();
  };

  #close(watch: Watch): void {
    this.#clients.delete(watch);
    watch.close();
    sys.close(watch.fd);
    this.#acceptor.resume();
  }
}
