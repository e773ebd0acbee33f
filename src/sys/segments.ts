import { sysBinding } from '../addon/binding.js';
import { NO_ADDRESS, WOULD_BLOCK } from '../addon/exports.js';
import { checkFd, checkInteger } from '../arguments.js';
import { outOfRange } from '../errors.js';
import type { Address, AnyAddress, RawAddress, ReceivedSegments, RemoteAddress } from '../sys-types.js';
import { numeric, remoteAddress } from './address.js';
import { bytesOf, checkRange } from './buffers.js';
import { received, segmentSize, sender, wasTruncated } from './received.js';

/** The most bytes that the kernel hands over at once: the least that a buffer for `receiveSegments()` has. */
const MOST_BYTES = 65535;

/** UDP_MAX_SEGMENTS of Linux, which was 64 before 6.9. Where a kernel takes fewer than this, the addon finds out. */
const MOST_SEGMENTS = 128;

let most: number | undefined;

/**
 * With `POLLUX_UDP_SEGMENTS=off` each datagram has a system call of its own, as on a kernel without UDP_SEGMENT and
 * UDP_GRO; with a number, sending begins with so many in a system call.
 */
function mostSegments(): number {
  return (most ??= chosenMost(process.env['POLLUX_UDP_SEGMENTS']));
}

function chosenMost(choice: string | undefined): number {
  if (choice === 'off') return 1;
  const number = Number(choice);
  return number >= 1 && number <= MOST_BYTES ? Math.trunc(number) : MOST_SEGMENTS;
}

/**
 * Sends bytes as many datagrams of one size: UDP_SEGMENT of udp(7), or else a system call for each datagram. A buffer
 * may have more than the kernel takes at once (128 datagrams and 65487 bytes; 64 datagrams before Linux 6.9): this call
 * then makes several system calls.
 *
 * Returns the number of bytes that were sent, which is a multiple of `segmentSize` unless all were sent; `WOULD_BLOCK`
 * when there was no space for the first datagram. Where a later datagram fails, the next call throws the error. What
 * earlier datagrams have caused at a connected socket (`ECONNREFUSED`) is thrown by a call that has sent nothing or
 * everything.
 *
 * @param segmentSize bytes of each datagram, 1 … 65535; the last one has the rest.
 * @param address the receiver; by default the peer that the socket is connected to.
 * @throws as `sendTo()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `segmentSize` is not an integer 1 … 65535.
 */
export function sendSegments(
  fd: number,
  buffer: ArrayBufferView,
  segmentSize: number,
  address?: RemoteAddress | RawAddress,
): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const length = checkRange(bytes, 0, undefined);
  checkInteger(segmentSize, 'segmentSize', 1, MOST_BYTES);
  if (address === undefined) {
    return sysBinding().sendSegments(fd, bytes, 0, length, segmentSize, mostSegments(), NO_ADDRESS, '', 0);
  }
  const to = remoteAddress(address);
  const { family, text, port } = to;
  return numeric(sysBinding().sendSegments(fd, bytes, 0, length, segmentSize, mostSegments(), family, text, port), to);
}

/**
 * Receives datagrams of one sender and size in one call: UDP_GRO of udp(7), or else one datagram. Returns `WOULD_BLOCK`
 * when no datagram has arrived.
 *
 * From the first call on, the kernel joins the datagrams that arrive at this socket: read it with `receiveSegments()`
 * only.
 *
 * @param buffer 65535 bytes or more.
 * @throws as `recvFrom()`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `buffer` is shorter.
 */
export function receiveSegments<From extends AnyAddress = Address>(
  fd: number,
  buffer: ArrayBufferView,
): ReceivedSegments<From> | typeof WOULD_BLOCK {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  const length = checkRange(bytes, 0, undefined);
  if (length < MOST_BYTES) throw outOfRange('buffer', `must have at least ${MOST_BYTES} bytes`, length);
  const count = sysBinding().receiveSegments(fd, bytes, 0, length, mostSegments() > 1, received);
  if (count === WOULD_BLOCK) return WOULD_BLOCK;
  return { length: count, segmentSize: segmentSize(), address: sender(fd) as From, truncated: wasTruncated() };
}
