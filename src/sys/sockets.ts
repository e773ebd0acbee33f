import { sysBinding } from '../addon/binding.js';
import { DIRECTIONS, FAMILIES, TYPES, WOULD_BLOCK } from '../addon/exports.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, type SystemError } from '../errors.js';
import type {
  Address,
  AnyAddress,
  BindAddress,
  RawAddress,
  RemoteAddress,
  SocketFamily,
  SocketNumbers,
  SocketType,
} from '../sys-types.js';
import { bindAddress, numeric, remoteAddress } from './address.js';
import { bothHandedOut, expectConnect, forgetConnect, handedOut } from './remembered-numbers.js';

const NUMBER_NAMES: NamesOf<SocketNumbers> = { domain: true, type: true, protocol: true };

/** The backlog that listen() asks for; the kernel reduces it to its own limit (/proc/sys/net/core/somaxconn). */
const DEFAULT_BACKLOG = 4096;
const MOST_INT = 0x7fffffff;

/**
 * Makes a socket, non-blocking and close-on-exec: socket(2).
 *
 * @param family a name, or an object with the kernel's numbers: `{ domain, type, protocol }`.
 * @param type `'stream'` by default. `'seqpacket'` is for unix sockets. Ignored where numbers are given.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: `family` or `type` is not a valid name.
 * @throws RangeError `ERR_OUT_OF_RANGE`: a number that is not an integer 0 … 2³¹−1.
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `EAFNOSUPPORT`, `ESOCKTNOSUPPORT`: the kernel has no
 *   such sockets (no IPv6, for example). `EPROTONOSUPPORT`, `EINVAL`: no such protocol or type. `EPERM`, `EACCES`: the
 *   user may not (packet and raw IP sockets require CAP_NET_RAW). `ENOBUFS`, `ENOMEM`.
 */
export function socket(family: SocketFamily, type?: SocketType): number;
export function socket(numbers: SocketNumbers): number;
export function socket(family: SocketFamily | SocketNumbers, type: SocketType = 'stream'): number {
  if (typeof family === 'object' && family !== null) return socketByNumber(family);
  return handedOut(sysBinding().socket(oneOf(FAMILIES, 'family', family), oneOf(TYPES, 'type', type)));
}

function socketByNumber(numbers: SocketNumbers): number {
  checkOptions(numbers, NUMBER_NAMES, 'numbers');
  const { domain, type, protocol = 0 } = numbers;
  checkInteger(domain, 'numbers.domain', 0, MOST_INT);
  checkInteger(type, 'numbers.type', 0, MOST_INT);
  checkInteger(protocol, 'numbers.protocol', 0, MOST_INT);
  return handedOut(sysBinding().socketByNumber(domain, type, protocol));
}

/**
 * Makes two unix sockets that are connected to each other, non-blocking and close-on-exec: socketpair(2).
 *
 * @param type `'stream'` by default.
 * @throws as `socket()`.
 */
export function socketPair(type: SocketType = 'stream'): [a: number, b: number] {
  return bothHandedOut(sysBinding().socketPair(oneOf(TYPES, 'type', type)));
}

/**
 * Gives a socket its local address: bind(2).
 *
 * `{ port: 0 }` is any address of the socket's family and a free port, which `localAddress()` then returns. A path
 * creates a file, which the caller has to remove.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: not an address; a host that is not numeric (names
 *   are not resolved); a path with a NUL inside.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `fd`; a port that is not an integer 0 … 65535; a path that is too long (Linux:
 *   more than 107 bytes, without the NUL of an abstract name). No system call was made.
 * @throws Error `ERR_NOT_SUPPORTED`: an abstract name where the kernel has no abstract names.
 * @throws SystemError `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL` (bound already, or of another family), `ENODEV`
 *   (no interface has the zone's name), `ENOTSOCK`, any error of bind(2).
 */
export function bind(fd: number, address: BindAddress | RawAddress): void {
  checkFd(fd);
  bindNamed(fd, address, 'address');
}

/** The same, where errors call the address `name`. */
export function bindNamed(fd: number, address: BindAddress | RawAddress, name: string): void {
  const to = bindAddress(address, name);
  numeric(sysBinding().bind(fd, to.family, to.text, to.port), to);
}

/**
 * Makes a socket accept connections: listen(2).
 *
 * @param backlog how many connections may queue until they are accepted; 4096 by default. The kernel reduces it to its
 *   own limit.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: not an integer 0 … 2³¹−1.
 * @throws SystemError `ENOTSUP`: a datagram socket. `EADDRINUSE`, `EINVAL` (a unix socket that is not bound),
 *   `ENOTSOCK`.
 */
export function listen(fd: number, backlog = DEFAULT_BACKLOG): void {
  checkFd(fd);
  checkInteger(backlog, 'backlog', 0, MOST_INT);
  sysBinding().listen(fd, backlog);
}

/**
 * Accepts the next connection of a listening socket, non-blocking and close-on-exec: accept(2). Returns its descriptor,
 * or `WOULD_BLOCK` when there is no connection.
 *
 * Connections that were lost in the queue (ECONNABORTED and the network errors that accept(2) lists) are skipped.
 *
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left; the connection stays in the queue, and a
 *   level-triggered poller goes on reporting it. `EINVAL`: not listening. `ENOTSUP`, `ENOTSOCK`, `ENOBUFS`, `ENOMEM`.
 */
export function accept(fd: number): number {
  checkFd(fd);
  return handedOut(sysBinding().accept(fd));
}

/**
 * Connects a socket: connect(2). Returns 0 when the socket is connected, and `WOULD_BLOCK` when the connect is under
 * way: wait for WRITABLE and then call `takeError()`, which returns 0 if the socket is connected; or make an
 * `FdStream`, which emits `'connect'`. A datagram socket gets its peer at once.
 *
 * A unix socket connects at once or not at all. Where the listener's queue is full, Linux returns EAGAIN and starts no
 * connect that could become ready; EAGAIN is therefore thrown: try again later. The BSDs return ECONNREFUSED.
 *
 * @throws TypeError, RangeError, Error for `fd` and `address`, as `bind()`; host and port are required.
 * @throws SystemError `ECONNREFUSED`, `EAGAIN` (unix: the queue is full), `ENOENT` (unix: no such path), `EALREADY` (an
 *   earlier connect is under way), `EISCONN`, `ENETUNREACH`, `EAFNOSUPPORT`, `EADDRNOTAVAIL`, `ENODEV` (no interface
 *   has the zone's name), `ENOTSOCK`, any error of connect(2).
 */
export function connect(fd: number, address: RemoteAddress | RawAddress): 0 | typeof WOULD_BLOCK {
  checkFd(fd);
  return connectNamed(fd, address, 'address');
}

/** The same, where errors call the address `name`. */
export function connectNamed(fd: number, address: RemoteAddress | RawAddress, name: string): 0 | typeof WOULD_BLOCK {
  const to = remoteAddress(address, name);
  try {
    const result = numeric(sysBinding().connect(fd, to.family, to.text, to.port), to) as 0 | typeof WOULD_BLOCK;
    if (result === WOULD_BLOCK) expectConnect(fd);
    else forgetConnect(fd);
    return result;
  } catch (error) {
    // The caller learns from EISCONN that the socket is connected.
    if ((error as Partial<SystemError>).code === 'EISCONN') forgetConnect(fd);
    throw error;
  }
}

/**
 * The address that a socket is bound to: getsockname(2). For a socket that is not bound: port 0, or path `''`. For a
 * family that has no name here: `{ family, raw }`, and the call is `localAddress<OtherAddress>(fd)`.
 *
 * @throws SystemError `EBADF`, `ENOTSOCK`.
 */
export function localAddress(fd: number): Address;
export function localAddress<Own extends AnyAddress>(fd: number): Own;
export function localAddress(fd: number): AnyAddress {
  checkFd(fd);
  return sysBinding().localAddress(fd);
}

/**
 * The address that a socket is connected to: getpeername(2). For a family that has no name here:
 * `peerAddress<OtherAddress>(fd)`.
 *
 * @throws SystemError `ENOTCONN`: not connected, not yet, or no longer. `EBADF`, `ENOTSOCK`.
 */
export function peerAddress(fd: number): Address;
export function peerAddress<Peer extends AnyAddress>(fd: number): Peer;
export function peerAddress(fd: number): AnyAddress {
  checkFd(fd);
  return sysBinding().peerAddress(fd);
}

/**
 * Ends one direction of a connection, or both, for every descriptor of the socket: shutdown(2). After `'write'` the
 * peer reads the end of the file.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: `direction` is not a valid name.
 * @throws SystemError `ENOTCONN`, `ENOTSOCK`, `EBADF`.
 */
export function shutdown(fd: number, direction: 'read' | 'write' | 'both'): void {
  checkFd(fd);
  sysBinding().shutdown(fd, oneOf(DIRECTIONS, 'direction', direction));
}

function oneOf(table: Readonly<Record<string, number>>, name: string, key: unknown): number {
  if (typeof key !== 'string') throw invalidType(name, 'of type string', key);
  if (!Object.hasOwn(table, key)) {
    const names = Object.keys(table).map((known) => `'${known}'`);
    throw invalidValue(name, `must be one of ${names.join(', ')}`, key);
  }
  return table[key]!;
}
