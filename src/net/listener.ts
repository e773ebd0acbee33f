import { isDeepStrictEqual } from 'node:util';
import { onceAborted } from '../arguments.js';
import type { SystemError } from '../errors.js';
import { defaultReactor } from '../reactor/default-reactor.js';
import type { Address } from '../sys-types.js';
import { close } from '../sys/descriptors.js';
import { ConnectionCount } from '../sys/remembered-numbers.js';
import { localAddress, peerAddress } from '../sys/sockets.js';
import { Acceptor } from './acceptor.js';
import type { ListenBehaviour } from './listen-options.js';
import type { SocketFile } from './socket-file.js';

/** accept(2): a number that was closed, and may be another file now. */
const NO_LISTENER: ReadonlySet<string> = new Set(['EBADF', 'ENOTSOCK', 'EOPNOTSUPP']);

/** Called with a connection, which is the caller's to close, and the address of its peer. */
export type ConnectionHandler<Peer extends Address = Address> = (fd: number, address: Peer) => void;

/** A listening socket; see `listen()`. */
export class Listener<Bound extends Address = Address> {
  readonly fd: number;
  /** The address that the socket is bound to, with the port that the kernel has chosen. */
  readonly address: Bound;
  readonly #acceptor: Acceptor;
  readonly #forgetSignal: (() => void) | undefined;
  /** The file of a unix socket. */
  readonly #file: SocketFile | undefined;
  #isReleased = false;
  /**
   * Called once when the listener has ended by itself, with the reason: its reactor was closed, or accept(2) fails,
   * which is not raised then.
   *
   * @internal
   */
  onEnd: ((reason: Error) => void) | undefined;

  /** Use `listen()`. */
  constructor(
    fd: number,
    file: SocketFile | undefined,
    options: ListenBehaviour,
    onConnection: ConnectionHandler<Bound>,
  ) {
    const { reactor = defaultReactor(), exclusive, signal } = options;
    const limit = limitOf(options);
    this.fd = fd;
    // Of the family of its socket, which is that of the options.
    this.address = localAddress(fd) as Bound;
    this.#file = file;
    this.#acceptor = new Acceptor(reactor, fd, (connection) => welcome(connection, onConnection, limit), exclusive);
    this.#acceptor.onFailure = (error, isOurs) => {
      this.#release(isOurs && !NO_LISTENER.has(error.code));
      this.onEnd?.(error);
      return this.onEnd !== undefined;
    };
    this.#acceptor.watch.onEnd = (reason) => {
      if (reason === undefined) return;
      this.#release(this.#acceptor.watch.stillHasFile(reason) ?? this.#isBound());
      this.onEnd?.(reason);
    };
    this.#acceptor.watch.closeWithThread(file?.path);
    if (signal !== undefined) this.#forgetSignal = onceAborted(signal, () => this.close());
  }

  get closed(): boolean {
    return #acceptor in this && this.#acceptor.watch.closed;
  }

  /**
   * Stops listening; connections that were accepted stay. The file of a unix socket is removed. A descriptor that
   * was closed elsewhere is left alone, also where its number is used again. Idempotent.
   */
  close(): void {
    // As long as nothing is released, the watch is open, and its poller knows whether the descriptor is still ours.
    if (!this.#isReleased) this.#release(this.#acceptor.watch.close());
  }

  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** The listener keeps the process alive: the default. */
  ref(): this {
    this.#acceptor.watch.ref();
    return this;
  }

  /** The listener does not keep the process alive. */
  unref(): this {
    this.#acceptor.watch.unref();
    return this;
  }

  /** `isOurs`: nobody else has closed the descriptor. */
  #release(isOurs: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#acceptor.watch.close();
    this.#forgetSignal?.();
    this.#file?.remove();
    if (isOurs) close(this.fd);
  }

  /**
   * What can be told of the number when the poller was closed first: that it is a socket of the same address, without a
   * peer.
   */
  #isBound(): boolean {
    return isUnconnected(this.fd) && isDeepStrictEqual(localAddress(this.fd), this.address);
  }
}

/** How many connections may be open at once. */
interface Limit {
  readonly most: number;
  readonly count: ConnectionCount;
  readonly onDrop: ((address: Address) => void) | undefined;
}

function limitOf({ maxConnections: most, onDrop }: ListenBehaviour): Limit | undefined {
  return most === undefined ? undefined : { most, count: new ConnectionCount(), onDrop };
}

function welcome<Peer extends Address>(
  fd: number,
  onConnection: ConnectionHandler<Peer>,
  limit: Limit | undefined,
): void {
  let address: Peer;
  try {
    address = peerAddress(fd) as Peer;
  } catch {
    // ENOTCONN: reset while it queued.
    close(fd);
    return;
  }
  if (limit !== undefined && limit.count.open >= limit.most) {
    close(fd);
    limit.onDrop?.(address);
    return;
  }
  limit?.count.add(fd);
  onConnection(fd, address);
}

/** Whether `fd` is a socket without a peer. */
function isUnconnected(fd: number): boolean {
  try {
    peerAddress(fd);
    return false;
  } catch (error) {
    return (error as SystemError).code === 'ENOTCONN';
  }
}
