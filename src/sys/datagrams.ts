import { checkFd } from '../arguments.js';
import { type Address, type RemoteAddress, numeric, remoteAddress } from './address.js';
import type { WOULD_BLOCK } from '../addon/sys-calls.js';
import { bytesOf, checkRange } from './buffers.js';
import { checkFlags, supported } from './message-flags.js';
import { native } from '../addon/native.js';

/** One received message. */
export interface Message {
  /** How many bytes are in the buffer; 0 for an empty datagram, and at the end of a stream. */
  readonly length: number;
  /**
   * Who sent it. Where the kernel names nobody it is the unnamed address of the socket's family:
   * path `''` (a unix peer that is not bound), or port 0 (a connected stream: ask `peerAddress()`).
   */
  readonly address: Address;
  /** The message was longer than the buffer: the rest of it is lost. */
  readonly truncated: boolean;
}

/**
 * Receives one message and says who sent it: recvmsg(2). `WOULD_BLOCK` when none is there.
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length the most to receive, in bytes; by default what `buffer` has after `offset`.
 * @param flags `MSG_PEEK`, `MSG_OOB`, `MSG_TRUNC`, `MSG_DONTWAIT`; 0 by default. With `MSG_TRUNC` the message's
 *   `length` is its real one.
 * @throws as `recv()`.
 * @throws SystemError `EAFNOSUPPORT`: the sender is neither ipv4 nor ipv6 nor unix (netlink, packet); the message
 *   is lost. Use `recv()`.
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
  return supported(native().recvFrom(fd, bytes, offset, count, flags)) as Message | typeof WOULD_BLOCK;
}

/**
 * Sends one message to `address`: sendto(2). Returns the number of bytes, or `WOULD_BLOCK` when there
 * is no space. A datagram goes whole or not at all.
 *
 * The space may be the receiver's: of a unix socket whose queue is full a poller tells the sender only
 * when the two are connected (unix(7)).
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length how much to send, in bytes; by default what `buffer` has after `offset`.
 * @param flags as for `send()`.
 * @throws as `send()`, and for `address` as `connect()`.
 * @throws SystemError `EMSGSIZE`: too long for one datagram. `EISCONN`, `EACCES` (a broadcast address
 *   without the option `broadcast`), `ECONNREFUSED`, `ENOENT`, whatever sendto(2) says.
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
  return supported(numeric(native().sendTo(fd, bytes, offset, count, flags, to.family, to.text, to.port), to));
}
