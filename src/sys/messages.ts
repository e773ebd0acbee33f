import { sysBinding } from '../addon/binding.js';
import { MESSAGE_FLAGS, WOULD_BLOCK } from '../addon/exports.js';
import { checkFd } from '../arguments.js';
import { invalidType, outOfRange } from '../errors.js';
import type { Address, AnyAddress, Message, RawAddress, RemoteAddress } from '../sys-types.js';
import { numeric, remoteAddress } from './address.js';
import { bytesOf, checkRange } from './buffers.js';
import { supported } from './errors.js';
import { received, sender, wasTruncated } from './received.js';

/** Receive without taking the bytes: the next call returns them again. */
export const MSG_PEEK = MESSAGE_FLAGS.MSG_PEEK;
/** Urgent data of TCP, out of band: one byte that is delivered before the others. */
export const MSG_OOB = MESSAGE_FLAGS.MSG_OOB;
/** Receive: return the real length of the datagram, even if the buffer is shorter (Linux). */
export const MSG_TRUNC = MESSAGE_FLAGS.MSG_TRUNC;
/** Do not block, even if the descriptor is in blocking mode. */
export const MSG_DONTWAIT = MESSAGE_FLAGS.MSG_DONTWAIT;
/** Send only to hosts on directly connected networks. */
export const MSG_DONTROUTE = MESSAGE_FLAGS.MSG_DONTROUTE;
/** Send: more will follow at once, so that TCP fills its segments and UDP its datagram (Linux). */
export const MSG_MORE = MESSAGE_FLAGS.MSG_MORE;
/** Send: this ends a record (seqpacket). */
export const MSG_EOR = MESSAGE_FLAGS.MSG_EOR;

const ALL = Object.values(MESSAGE_FLAGS).reduce((all: number, flag) => all | flag, 0);

/** What this kernel lacks, for the error message. */
const LACKING = 'one of the flags';

/** Throws unless `flags` is made of the flags above. */
export function checkFlags(flags: unknown): asserts flags is number {
  if (typeof flags !== 'number') throw invalidType('flags', 'of type number', flags);
  if ((flags & ALL) !== flags) throw outOfRange('flags', 'must be made of the MSG_ flags of pollux/sys', flags);
}

/**
 * Receives from a socket: recv(2). Like `read()`, with flags.
 *
 * The rest of a datagram that is longer than `length` is lost; `recvFrom()` says so. With a length of 0 the system call
 * is made all the same: it returns `WOULD_BLOCK` when nothing has arrived, and takes a datagram.
 *
 * @param flags `MSG_PEEK`, `MSG_OOB`, `MSG_TRUNC`, `MSG_DONTWAIT`; 0 by default. With `MSG_TRUNC` the result may be
 *   more than `length`.
 * @throws as `read()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: unknown flags.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks a flag.
 * @throws SystemError `ENOTSOCK`, `ECONNRESET`, `ECONNREFUSED`, `ENOTCONN`, any error of recv(2).
 */
export function recv(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  return supported(sysBinding().recv(fd, bytes, offset, count, flags), LACKING);
}

/**
 * Sends on a connected socket: send(2). Like `write()`, with flags.
 *
 * @param flags `MSG_OOB`, `MSG_MORE`, `MSG_DONTWAIT`, `MSG_DONTROUTE`, `MSG_EOR`; 0 by default.
 * @throws as `read()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: unknown flags.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel lacks a flag.
 * @throws SystemError `EPIPE`: the peer is gone. `EMSGSIZE`: too long for one datagram. `ENOTSOCK`, `ECONNRESET`,
 *   `EDESTADDRREQ`, any error of send(2).
 */
export function send(fd: number, buffer: ArrayBufferView, offset = 0, length?: number, flags = 0): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  return supported(sysBinding().send(fd, bytes, offset, count, flags), LACKING);
}

/**
 * Receives one message, with the address of its sender: recvmsg(2). Returns `WOULD_BLOCK` when no message has arrived.
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length the most to receive, in bytes; by default the rest of `buffer`.
 * @param flags `MSG_PEEK`, `MSG_OOB`, `MSG_TRUNC`, `MSG_DONTWAIT`; 0 by default. With `MSG_TRUNC` the `length` of the
 *   result is the real length of the message.
 * @typeParam From the type of the sender's address; `OtherAddress` for a socket of a family that has no name here.
 * @throws as `recv()`.
 */
export function recvFrom<From extends AnyAddress = Address>(
  fd: number,
  buffer: ArrayBufferView,
  offset = 0,
  length?: number,
  flags = 0,
): Message<From> | typeof WOULD_BLOCK {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const count = checkRange(bytes, offset, length);
  if (flags !== 0) checkFlags(flags);
  const got = supported(sysBinding().recvFrom(fd, bytes, offset, count, flags, received), LACKING);
  if (got === WOULD_BLOCK) return WOULD_BLOCK;
  return { length: got, address: sender(fd) as From, truncated: wasTruncated() };
}

/**
 * Sends one message to `address`: sendto(2). Returns the number of bytes, or `WOULD_BLOCK` when there is no space. A
 * datagram goes whole or not at all.
 *
 * Where the queue of a receiving unix socket is full, a poller reports to the sender that there is space again only if
 * the two sockets are connected (unix(7)).
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length how many bytes to send; by default the rest of `buffer`.
 * @param flags as for `send()`.
 * @throws as `send()`, and for `address` as `connect()`.
 * @throws SystemError `EMSGSIZE`: too long for one datagram. `EISCONN`, `EACCES` (a broadcast address without the
 *   option `broadcast`), `ECONNREFUSED`, `ENOENT`, any error of sendto(2).
 */
export function sendTo(
  fd: number,
  buffer: ArrayBufferView,
  address: RemoteAddress | RawAddress,
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
