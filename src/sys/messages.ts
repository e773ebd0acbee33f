import { sysBinding } from '../addon/binding.js';
import type { WOULD_BLOCK } from '../addon/exports.js';
import { checkFd } from '../arguments.js';
import { invalidType, outOfRange } from '../errors.js';
import type { Message, RemoteAddress } from '../sys-types.js';
import { numeric, remoteAddress } from './address.js';
import { bytesOf, checkRange } from './buffers.js';
import { supported } from './errors.js';

// Numbered alike on every platform, so that they are constants before the addon is loaded;
// native/common/message_flags.h has the same list.

/** Receive without taking: the next call sees the same bytes. */
export const MSG_PEEK = 0x01;
/** Urgent data of TCP, out of band: one byte that overtakes the others. */
export const MSG_OOB = 0x02;
/** Receive: return the datagram's real length, also where it is more than the buffer holds (Linux). */
export const MSG_TRUNC = 0x04;
/** Do not block, even where the descriptor does. */
export const MSG_DONTWAIT = 0x08;
/** Send to the directly connected network only. */
export const MSG_DONTROUTE = 0x10;
/** Send: more will follow at once, so that TCP fills its segments and UDP its datagram (Linux). */
export const MSG_MORE = 0x20;
/** Send: this ends a record (seqpacket). */
export const MSG_EOR = 0x40;

const ALL = MSG_PEEK | MSG_OOB | MSG_TRUNC | MSG_DONTWAIT | MSG_DONTROUTE | MSG_MORE | MSG_EOR;

/** What the kernel lacks where it refuses flags. */
const LACKING = 'one of the flags';

/** Throws unless `flags` is made of the flags above. */
function checkFlags(flags: unknown): asserts flags is number {
  if (typeof flags !== 'number') throw invalidType('flags', 'of type number', flags);
  if ((flags & ALL) !== flags) throw outOfRange('flags', 'must be made of the MSG_ flags of pollux/sys', flags);
}

/**
 * Receives from a socket: recv(2). As `read()`, with flags.
 *
 * Of a datagram that is longer than `length` the rest is lost; `recvFrom()` says so. A length of 0 asks the socket all
 * the same: `WOULD_BLOCK` when nothing is there, and a datagram is taken.
 *
 * @param flags `MSG_PEEK`, `MSG_OOB`, `MSG_TRUNC`, `MSG_DONTWAIT`; 0 by default. With `MSG_TRUNC` the result may be
 *   more than `length`.
 * @throws as `read()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: unknown flags.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks a flag.
 * @throws SystemError `ENOTSOCK`, `ECONNRESET`, `ECONNREFUSED`, `ENOTCONN`, whatever recv(2) says.
 */
export function recv(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  return supported(sysBinding().recv(fd, bytes, offset, count, flags), LACKING);
}

/**
 * Sends on a connected socket: send(2). As `write()`, with flags; never raises SIGPIPE anywhere.
 *
 * @param flags `MSG_OOB`, `MSG_MORE`, `MSG_DONTWAIT`, `MSG_DONTROUTE`, `MSG_EOR`; 0 by default.
 * @throws as `read()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: unknown flags.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks a flag.
 * @throws SystemError `EPIPE`: the peer is gone. `EMSGSIZE`: too long for one datagram. `ENOTSOCK`, `ECONNRESET`,
 *   `EDESTADDRREQ`, whatever send(2) says.
 */
export function send(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  return supported(sysBinding().send(fd, bytes, offset, count, flags), LACKING);
}

/**
 * Receives one message and says who sent it: recvmsg(2). `WOULD_BLOCK` when none is there.
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length the most to receive, in bytes; by default what `buffer` has after `offset`.
 * @param flags `MSG_PEEK`, `MSG_OOB`, `MSG_TRUNC`, `MSG_DONTWAIT`; 0 by default. With `MSG_TRUNC` the message's
 *   `length` is its real one.
 * @throws as `recv()`.
 * @throws SystemError `EAFNOSUPPORT`: the sender is neither ipv4 nor ipv6 nor unix (netlink, packet); the message is
 *   lost. Use `recv()`.
 */
export function recvFrom(
  fd: number,
  buffer: ArrayBufferView,
  offset = 0,
  length?: number,
  flags = 0,
): Message | typeof WOULD_BLOCK {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  return supported(sysBinding().recvFrom(fd, bytes, offset, count, flags), LACKING) as Message | typeof WOULD_BLOCK;
}

/**
 * Sends one message to `address`: sendto(2). Returns the number of bytes, or `WOULD_BLOCK` when there is no space. A
 * datagram goes whole or not at all.
 *
 * The space may be the receiver's: of a unix socket whose queue is full a poller tells the sender only when the two are
 * connected (unix(7)).
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length how much to send, in bytes; by default what `buffer` has after `offset`.
 * @param flags as for `send()`.
 * @throws as `send()`, and for `address` as `connect()`.
 * @throws SystemError `EMSGSIZE`: too long for one datagram. `EISCONN`, `EACCES` (a broadcast address without the
 *   option `broadcast`), `ECONNREFUSED`, `ENOENT`, whatever sendto(2) says.
 */
export function sendTo(
  fd: number,
  buffer: ArrayBufferView,
  address: RemoteAddress,
  offset = 0,
  length?: number,
  flags = 0,
): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  const to = remoteAddress(address);
  return supported(
    numeric(sysBinding().sendTo(fd, bytes, offset, count, flags, to.family, to.text, to.port), to),
    LACKING,
  );
}
