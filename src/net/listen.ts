import { isDeepStrictEqual } from 'node:util';
import { checkFunction, checkInteger, checkOptions, checkSignal, onceAborted, type NamesOf } from '../arguments.js';
import { abortError, invalidType, type SystemError } from '../errors.js';
import { checkReactor, defaultReactor } from '../reactor/default-reactor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Address, InternetAddress, RemoteAddress, UnixAddress } from '../sys-types.js';
import { close } from '../sys/descriptors.js';
import { setOption } from '../sys/options.js';
import { bindNamed, listen as listenOn, localAddress, peerAddress } from '../sys/sockets.js';
import { Acceptor } from './acceptor.js';
import { checkAddressOptions, familyOf, ownSocket, withAddress } from './endpoint.js';
import { SocketFile } from './socket-file.js';

export interface ListenBehaviour {
  /** Several sockets, also of other processes, share the port: SO_REUSEPORT; false by default. */
  reusePort?: boolean | undefined;
  /** How many connections may queue; 4096 by default, and never more than the kernel's own limit. */
  backlog?: number | undefined;
  /** Of several pollers that watch the same socket one is woken: `EXCLUSIVE`; false by default. */
  exclusive?: boolean | undefined;
  /** The reactor to wait with; the thread's default reactor by default. */
  reactor?: Reactor | undefined;
  /** Closes the listener. */
  signal?: AbortSignal | undefined;
}

/** Where to listen on the internet. */
export interface ListenOnPort {
  /**
   * A numeric address. By default every address: `'::'`, which serves ipv4 too, whatever the system's default for such
   * sockets (OpenBSD cannot: ipv6 alone), or `'0.0.0.0'` where the kernel has no ipv6.
   */
  readonly host?: string | undefined;
  /** 0 … 65535; 0: one that is free. */
  readonly port: number;
  readonly path?: undefined;
}

/** The unix socket to listen on. */
export interface ListenOnPath {
  /** A path, or an abstract name after a `'\0'` (Linux). */
  readonly path: string;
  readonly host?: undefined;
  readonly port?: undefined;
}

/** Where to listen, port or path but not both, and how. */
export type ListenOptions = ListenBehaviour & (ListenOnPort | ListenOnPath);

const MOST_BACKLOG = 0x7fffffff;
/** The family, which the form of an address shows, comes with what `sys.localAddress()` returns. */
const NAMES: NamesOf<ListenOptions & { family: unknown }> = {
  family: true,
  host: true,
  port: true,
  path: true,
  reusePort: true,
  backlog: true,
  exclusive: true,
  reactor: true,
  signal: true,
};

/** accept(2): a number that was closed and is another file's by now. */
const NO_LISTENER: ReadonlySet<string> = new Set(['EBADF', 'ENOTSOCK', 'EOPNOTSUPP']);

/** A listening socket; see `listen()`. */
export class Listener<Bound extends Address = Address> {
  readonly fd: number;
  /** What it is bound to, with the port that the kernel has chosen. */
  readonly address: Bound;
  readonly #acceptor: Acceptor;
  readonly #forgetSignal: (() => void) | undefined;
  /** The file of a unix socket. */
  readonly #file: SocketFile | undefined;
  #isReleased = false;

  /** Use `listen()`. */
  constructor(
    fd: number,
    file: SocketFile | undefined,
    options: ListenBehaviour,
    onConnection: ConnectionHandler<Bound>,
  ) {
    const { reactor = defaultReactor(), exclusive, signal } = options;
    this.fd = fd;
    // Of the family of its socket, which is that of the options.
    this.address = localAddress(fd) as Bound;
    this.#file = file;
    this.#acceptor = new Acceptor(reactor, fd, (connection) => welcome(connection, onConnection), exclusive);
    this.#acceptor.onFailure = ({ code }, isOurs) => this.#release(isOurs && !NO_LISTENER.has(code));
    this.#acceptor.watch.onEnd = (reason) => {
      if (reason === undefined) return;
      this.#release(this.#acceptor.watch.stillHasFile(reason) ?? this.#isBound());
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
    // The watch is open as long as nothing is released: the poller can tell.
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

  /** `isOurs`: nobody has closed the descriptor before. */
  #release(isOurs: boolean): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#acceptor.watch.close();
    this.#forgetSignal?.();
    this.#file?.remove();
    if (isOurs) close(this.fd);
  }

  /** What can be told of the number when the poller was closed first: that it is a socket of the same address, without a peer. */
  #isBound(): boolean {
    return isUnconnected(this.fd) && isDeepStrictEqual(localAddress(this.fd), this.address);
  }
}

/** Called with a connection, which is the caller's to close, and the address of its peer. */
export type ConnectionHandler<Peer extends Address = Address> = (fd: number, address: Peer) => void;

/**
 * Listens, and calls `onConnection` for each connection: non-blocking, close-on-exec. Where no descriptor
 * is left it waits with accepting, and tries again every 100 ms; a connection that the firewall forbids is passed over.
 * SO_REUSEADDR is set for internet sockets.
 *
 * @throws TypeError, RangeError: an option; `ERR_INVALID_ARG_VALUE`: a host or port beside a path. `AbortError`, code
 *   `ABORT_ERR`: `signal` is aborted already. Error `ERR_NOT_SUPPORTED`: the backend has no `exclusive`.
 * @throws SystemError `EADDRINUSE` (also a path that exists, if nobody listens there any more), `EADDRNOTAVAIL`, `EACCES`, whatever
 *   bind(2) says, with `address` and `port`, or `path`; `EMFILE`; and what `reactor.watch()` throws. Nothing stays open.
 */
export function listen(
  options: ListenBehaviour & ListenOnPort,
  onConnection: ConnectionHandler<InternetAddress>,
): Listener<InternetAddress>;
/** The same for a unix socket. */
export function listen(
  options: ListenBehaviour & ListenOnPath,
  onConnection: ConnectionHandler<UnixAddress>,
): Listener<UnixAddress>;
/** The same where the options may be of either kind. */
export function listen(options: ListenOptions, onConnection: ConnectionHandler): Listener;
export function listen<Bound extends Address>(
  options: ListenOptions,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  checkOptions(options, NAMES);
  checkFunction(onConnection, 'onConnection');
  const { reactor, signal, path } = options;
  if (reactor !== undefined) checkReactor(reactor, 'options.reactor');
  for (const name of ['reusePort', 'exclusive'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidType(`options.${name}`, 'of type boolean', value);
  }
  checkSignal(signal);
  if (signal?.aborted === true) throw abortError(signal);
  if (options.backlog !== undefined) checkInteger(options.backlog, 'options.backlog', 0, MOST_BACKLOG);
  checkAddressOptions(options);
  if (path !== undefined) return open({ family: 'unix', path }, options, onConnection);
  const { host, port } = options;
  if (host !== undefined) return open({ host, port }, options, onConnection);
  try {
    return open({ host: '::', port }, options, onConnection);
  } catch (error) {
    const { code } = error as SystemError;
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error;
    return open({ host: '0.0.0.0', port }, options, onConnection);
  }
}

function open<Bound extends Address>(
  address: RemoteAddress,
  options: ListenBehaviour,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  const fd = ownSocket(address);
  let file: SocketFile | undefined;
  try {
    if (address.family !== 'unix') setOption(fd, 'reuseAddress', true);
    if (options.reusePort === true) setOption(fd, 'reusePort', true);
    if (familyOf(address) === 'ipv6') serveIpv4Too(fd);
    bindNamed(fd, address, 'options');
    file = SocketFile.of(localAddress(fd));
    listenOn(fd, options.backlog);
    return new Listener(fd, file, options, onConnection);
  } catch (error) {
    file?.remove();
    close(fd);
    const { syscall } = error as Partial<SystemError>;
    throw syscall === 'bind' || syscall === 'listen' ? withAddress(error, syscall, address) : error;
  }
}

/** By default that depends on the system: net.ipv6.bindv6only of Linux, net.inet6.ip6.v6only of the BSDs. */
function serveIpv4Too(fd: number): void {
  try {
    setOption(fd, 'ipv6Only', false);
  } catch (error) {
    // ip6(4) of OpenBSD: its ipv6 sockets never serve ipv4.
    if ((error as SystemError).code !== 'EINVAL') throw error;
  }
}

function welcome<Peer extends Address>(fd: number, onConnection: ConnectionHandler<Peer>): void {
  let address: Peer;
  try {
    address = peerAddress(fd) as Peer;
  } catch {
    // ENOTCONN: reset while it queued.
    close(fd);
    return;
  }
  onConnection(fd, address);
}

/** Whether it is a socket without a peer. */
function isUnconnected(fd: number): boolean {
  try {
    peerAddress(fd);
    return false;
  } catch (error) {
    return (error as SystemError).code === 'ENOTCONN';
  }
}
