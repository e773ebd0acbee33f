import { sysBinding } from '../addon/binding.js';
import { checkFd, checkInteger } from '../arguments.js';
import { invalidType, invalidValue, notSupported } from '../errors.js';
import type { SocketType } from '../sys-types.js';
import { type FormedOptions, isFormed, readFormed, type SetOnlyOptions, writeFormed } from './option-forms.js';
import { type OptionNumbers, readByNumber, type ReadOptionNumbers, writeByNumber } from './raw-options.js';
import { forgetConnect } from './remembered-numbers.js';

/** The socket options and the types of their values: socket(7), tcp(7), ipv6(7). */
export interface SocketOptions extends FormedOptions {
  /** SO_REUSEADDR: bind() may use an address that closed connections still use. */
  reuseAddress: boolean;
  /** SO_REUSEPORT: several sockets may bind() to the same address. */
  reusePort: boolean;
  /** SO_BROADCAST: sendTo() may use a broadcast address. */
  broadcast: boolean;
  /** SO_KEEPALIVE: an idle connection is probed. */
  keepAlive: boolean;
  /** TCP_KEEPIDLE: seconds without traffic before the first probe. */
  keepAliveIdle: number;
  /** TCP_KEEPINTVL: seconds between probes. */
  keepAliveInterval: number;
  /** TCP_KEEPCNT: the number of probes without an answer that end the connection. */
  keepAliveCount: number;
  /** TCP_NODELAY: small segments are sent at once. */
  noDelay: boolean;
  /** TCP_CORK: partial segments are held back until the option is off again (Linux). */
  cork: boolean;
  /** TCP_QUICKACK: segments are acknowledged at once; the kernel may switch the option off again (Linux). */
  quickAck: boolean;
  /** TCP_DEFER_ACCEPT: seconds to wait for data before a connection is offered to accept() (Linux; rounded up). */
  deferAccept: number;
  /** TCP_USER_TIMEOUT: milliseconds that sent data may stay unacknowledged; 0: the system's default (Linux). */
  userTimeout: number;
  /** SO_SNDBUF: bytes. Linux doubles what is set, and reports the double. */
  sendBuffer: number;
  /** SO_RCVBUF: bytes. Linux doubles what is set, and reports the double. */
  receiveBuffer: number;
  /** SO_RCVLOWAT: bytes that must have arrived before the socket is reported as readable. */
  receiveLowWater: number;
  /** SO_LINGER: seconds that close() waits until the data is sent; 0: close() resets the connection; −1: off. */
  linger: number;
  /** SO_OOBINLINE: urgent data is read in order with the other data. */
  outOfBandInline: boolean;
  /** IPV6_V6ONLY: an ipv6 socket does not serve ipv4. Before bind(). */
  ipv6Only: boolean;
  /** SO_INCOMING_CPU: the processor that handled the last packet; −1: none yet (Linux). */
  incomingCpu: number;
  /** IP_TTL, IPV6_UNICAST_HOPS: routers that a packet may pass. */
  ttl: number;
  /** IP_TOS, IPV6_TCLASS: the traffic class, DSCP and ECN. */
  tos: number;
  /** IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: routers that a multicast may pass; 1: none. */
  multicastTtl: number;
  /** IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP: members on this machine get the multicasts too. */
  multicastLoop: boolean;
  /** IP_PKTINFO, IPV6_RECVPKTINFO: receiveMessage() says where a datagram arrived. */
  packetInfo: boolean;
  /** SO_TIMESTAMPNS, SO_TIMESTAMP: receiveMessage() says when the kernel received a message. */
  timestamps: boolean;
  /** SO_PASSCRED: receiveMessage() says who sent a message (Linux). */
  passCredentials: boolean;
  /** IP_FREEBIND: bind() to an address that is not there yet (Linux). */
  freeBind: boolean;
  /** SO_MARK: the mark that firewalls and routes see (Linux; CAP_NET_ADMIN). */
  mark: number;
  /** SO_PRIORITY: the queue of the interface that packets go to (Linux). */
  priority: number;
  /** TCP_MAXSEG: the most bytes of a segment. */
  maxSegment: number;
  /** TCP_NOTSENT_LOWAT: a connection counts as writable while fewer bytes than this wait to be sent (Linux, macOS). */
  notSentLowWater: number;
  /** TCP_FASTOPEN: how many connections whose first segment has data may wait at a listener (Linux, macOS, FreeBSD). */
  fastOpen: number;
  /** TCP_FASTOPEN_CONNECT: connect() waits for the first bytes, to send them with its first segment (Linux). */
  fastOpenConnect: boolean;
  /** SO_DOMAIN: AF_* of the socket. Read-only (Linux). */
  readonly domain: number;
  /** SO_PROTOCOL: IPPROTO_* or the like of the socket. Read-only (Linux). */
  readonly protocol: number;
  /** SO_TYPE. Read-only. */
  readonly type: SocketType | 'raw' | 'other';
  /** SO_ACCEPTCONN: whether the socket listens. Read-only. */
  readonly acceptConnections: boolean;
  /** SO_ERROR: what takeError() returns. Read-only. */
  readonly error: number;
}

export type SocketOptionName = keyof SocketOptions;
export type WritableSocketOptionName = Exclude<
  SocketOptionName,
  'type' | 'acceptConnections' | 'error' | 'domain' | 'protocol' | 'tcpInfo'
>;

type ValueKind = 'boolean' | 'number' | 'read-only' | 'form' | 'set-only';

const VALUES: Readonly<Record<SocketOptionName | keyof SetOnlyOptions, ValueKind>> = {
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
  ttl: 'number',
  tos: 'number',
  multicastTtl: 'number',
  multicastLoop: 'boolean',
  packetInfo: 'boolean',
  timestamps: 'boolean',
  passCredentials: 'boolean',
  freeBind: 'boolean',
  mark: 'number',
  priority: 'number',
  maxSegment: 'number',
  notSentLowWater: 'number',
  fastOpen: 'number',
  fastOpenConnect: 'boolean',
  bindToDevice: 'form',
  congestion: 'form',
  multicastInterface: 'set-only',
  addMembership: 'set-only',
  dropMembership: 'set-only',
  packetFilter: 'set-only',
  tcpInfo: 'read-only',
  domain: 'read-only',
  protocol: 'read-only',
  type: 'read-only',
  acceptConnections: 'read-only',
  error: 'read-only',
};

const WRITABLE_NAMES = Object.entries(VALUES)
  .filter(([, kind]) => kind !== 'read-only')
  .map(([name]) => name);

const READABLE_NAMES = Object.entries(VALUES)
  .filter(([, kind]) => kind !== 'set-only')
  .map(([name]) => name);

const MOST_INT = 0x7fffffff;

/**
 * The value of a socket option: getsockopt(2). By its numbers: the bytes that the kernel wrote.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: `option` is not the name of an option that can be
 *   read.
 * @throws RangeError `ERR_OUT_OF_RANGE`: a level or name that is not an int of C; a length that is not an integer
 *   0 … 65536.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks the option.
 * @throws SystemError `ENOPROTOOPT`, `ENOTSUP`: not an option of this kind of socket. `EBADF`, `ENOTSOCK`.
 */
export function getOption<Name extends SocketOptionName>(fd: number, option: Name): SocketOptions[Name];
export function getOption(fd: number, option: ReadOptionNumbers): Buffer;
export function getOption(fd: number, option: SocketOptionName | ReadOptionNumbers): unknown {
  checkFd(fd);
  if (typeof option === 'object' && option !== null) return readByNumber(fd, option);
  if (checkOption(option, READABLE_NAMES) === 'set-only') throw unknownOption(option, READABLE_NAMES);
  if (isFormed(option)) return readFormed(fd, option);
  const value = sysBinding().getOption(fd, option);
  if (value === undefined) throw lacking(option);
  return value;
}

/**
 * Sets a socket option: setsockopt(2). By its numbers: to bytes, or to an int of C.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `option` is not a string, or `value` not of the option's type.
 *   `ERR_INVALID_ARG_VALUE`: `option` is not the name of an option that can be set.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `value` is not an integer 0 … 2³¹−1 (for `linger`: −1 … 2³¹−1).
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks the option.
 * @throws SystemError `EINVAL`: the kernel refuses the value. `ENOPROTOOPT`, `ENOTSUP`: not an option of this kind of
 *   socket. `EBADF`, `ENOTSOCK`.
 */
export function setOption<Name extends WritableSocketOptionName>(
  fd: number,
  option: Name,
  value: SocketOptions[Name],
): void;
export function setOption<Name extends keyof SetOnlyOptions>(
  fd: number,
  option: Name,
  value: SetOnlyOptions[Name],
): void;
export function setOption(fd: number, option: OptionNumbers, value: boolean | number | ArrayBufferView): void;
export function setOption(
  fd: number,
  option: WritableSocketOptionName | keyof SetOnlyOptions | OptionNumbers,
  value: unknown,
): void {
  checkFd(fd);
  if (typeof option === 'object' && option !== null) return writeByNumber(fd, option, value as number);
  const kind = checkOption(option, WRITABLE_NAMES);
  if (kind === 'read-only') throw unknownOption(option, WRITABLE_NAMES);
  if (kind === 'form' || kind === 'set-only') return writeFormed(fd, option as keyof SetOnlyOptions, value);
  if (!sysBinding().setOption(fd, option, numberFor(option, kind, value))) throw lacking(option);
}

/**
 * Returns the error that is pending on a socket, and clears it: SO_ERROR of socket(7). The number is positive, as in
 * errno(3), and `errorName()` returns its name; 0: no error is pending. After WRITABLE was reported for a connect(), 0
 * means that the socket is connected.
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
