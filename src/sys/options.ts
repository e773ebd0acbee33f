import { sysBinding } from '../addon/binding.js';
import { checkFd, checkInteger } from '../arguments.js';
import { invalidType, invalidValue, notSupported } from '../errors.js';
import type { SocketType } from '../sys-types.js';
import { forgetConnect } from './remembered-numbers.js';

/** The socket options and the types of their values: socket(7), tcp(7), ipv6(7). */
export interface SocketOptions {
  /** SO_REUSEADDR: bind() to an address that closed connections still use. */
  reuseAddress: boolean;
  /** SO_REUSEPORT: several sockets may bind() to one address. */
  reusePort: boolean;
  /** SO_BROADCAST: sendTo() a broadcast address. */
  broadcast: boolean;
  /** SO_KEEPALIVE: probe a connection that is idle. */
  keepAlive: boolean;
  /** TCP_KEEPIDLE: seconds without traffic before the first probe. */
  keepAliveIdle: number;
  /** TCP_KEEPINTVL: seconds between probes. */
  keepAliveInterval: number;
  /** TCP_KEEPCNT: probes without an answer that end the connection. */
  keepAliveCount: number;
  /** TCP_NODELAY: send small segments at once. */
  noDelay: boolean;
  /** TCP_CORK: hold partial segments back until it is switched off (Linux). */
  cork: boolean;
  /** TCP_QUICKACK: acknowledge at once; the kernel may switch it off again (Linux). */
  quickAck: boolean;
  /** TCP_DEFER_ACCEPT: seconds to wait for data before a connection is offered to accept() (Linux; rounded up). */
  deferAccept: number;
  /** TCP_USER_TIMEOUT: milliseconds that sent data may stay unacknowledged; 0: the system's default (Linux). */
  userTimeout: number;
  /** SO_SNDBUF: bytes. Linux doubles what is set, and reports the double. */
  sendBuffer: number;
  /** SO_RCVBUF: bytes. Linux doubles what is set, and reports the double. */
  receiveBuffer: number;
  /** SO_RCVLOWAT: bytes that must be there before a socket counts as readable. */
  receiveLowWater: number;
  /** SO_LINGER: seconds that close() waits for data to leave; 0 resets the connection; −1: off. */
  linger: number;
  /** SO_OOBINLINE: urgent data comes among the rest. */
  outOfBandInline: boolean;
  /** IPV6_V6ONLY: an ipv6 socket does not serve ipv4. Before bind(). */
  ipv6Only: boolean;
  /** SO_INCOMING_CPU: the processor that handled the last packet; −1: none yet (Linux). */
  incomingCpu: number;
  /** SO_TYPE. Read-only. */
  readonly type: SocketType | 'raw' | 'other';
  /** SO_ACCEPTCONN: whether it listens. Read-only. */
  readonly acceptConnections: boolean;
  /** SO_ERROR: as takeError(). Read-only. */
  readonly error: number;
}

export type SocketOptionName = keyof SocketOptions;
export type WritableSocketOptionName = Exclude<SocketOptionName, 'type' | 'acceptConnections' | 'error'>;

type ValueKind = 'boolean' | 'number' | 'read-only';

const VALUES: Readonly<Record<SocketOptionName, ValueKind>> = {
  reuseAddress: 'boolean',
  reusePort: 'boolean',
  broadcast: 'boolean',
  keepAlive: 'boolean',
  keepAliveIdle: 'number',
  keepAliveInterval: 'number',
  keepAliveCount: 'number',
  noDelay: 'boolean',
  cork: 'boolean',
  quickAck: 'boolean',
  deferAccept: 'number',
  userTimeout: 'number',
  sendBuffer: 'number',
  receiveBuffer: 'number',
  receiveLowWater: 'number',
  linger: 'number',
  outOfBandInline: 'boolean',
  ipv6Only: 'boolean',
  incomingCpu: 'number',
  type: 'read-only',
  acceptConnections: 'read-only',
  error: 'read-only',
};

const WRITABLE_NAMES = Object.entries(VALUES)
  .filter(([, kind]) => kind !== 'read-only')
  .map(([name]) => name);

const MOST_INT = 0x7fffffff;

/**
 * The value of a socket option: getsockopt(2).
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: not the name of an option.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks the option.
 * @throws SystemError `ENOPROTOOPT`, `ENOTSUP`: not an option of this kind of socket. `EBADF`, `ENOTSOCK`.
 */
export function getOption<Name extends SocketOptionName>(fd: number, option: Name): SocketOptions[Name] {
  checkFd(fd);
  checkOption(option, Object.keys(VALUES));
  const value = sysBinding().getOption(fd, option);
  if (value === undefined) throw lacking(option);
  return value as SocketOptions[Name];
}

/**
 * Sets a socket option: setsockopt(2).
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `option` is no string, or `value` not of its type. `ERR_INVALID_ARG_VALUE`:
 *   not the name of an option that can be set.
 * @throws RangeError `ERR_OUT_OF_RANGE`: not an integer 0 … 2³¹−1 (`linger`: −1 …).
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks the option.
 * @throws SystemError `EINVAL`: the kernel refuses the value. `ENOPROTOOPT`, `ENOTSUP`: not an option of this kind of
 *   socket. `EBADF`, `ENOTSOCK`.
 */
export function setOption<Name extends WritableSocketOptionName>(
  fd: number,
  option: Name,
  value: SocketOptions[Name],
): void {
  checkFd(fd);
  const kind = checkOption(option, WRITABLE_NAMES);
  if (kind === 'read-only') throw unknownOption(option, WRITABLE_NAMES);
  if (!sysBinding().setOption(fd, option, numberFor(option, kind, value))) throw lacking(option);
}

/**
 * The error that is pending on a socket, and clears it: SO_ERROR of socket(7). 0: none. Positive, as in errno(3);
 * `errorName()` names it. After a connect() that was under way, 0 means connected.
 *
 * @throws SystemError `EBADF`, `ENOTSOCK`.
 */
export function takeError(fd: number): number {
  checkFd(fd);
  const errno = sysBinding().takeError(fd);
  forgetConnect(fd);
  return errno;
}

function checkOption(option: unknown, names: readonly string[]): ValueKind {
  if (typeof option !== 'string') throw invalidType('option', 'of type string', option);
  if (!Object.hasOwn(VALUES, option)) throw unknownOption(option, names);
  return VALUES[option as SocketOptionName];
}

function numberFor(option: string, kind: 'boolean' | 'number', value: unknown): number {
  if (kind === 'boolean') {
    if (typeof value !== 'boolean') throw invalidType('value', 'of type boolean', value);
    return value ? 1 : 0;
  }
  checkInteger(value, 'value', option === 'linger' ? -1 : 0, MOST_INT);
  return value;
}

function unknownOption(option: string, names: readonly string[]): TypeError {
  return invalidValue('option', `must be one of ${names.join(', ')}`, option, names);
}

function lacking(option: string): Error {
  return notSupported(`This kernel lacks the socket option "${option}"`);
}
