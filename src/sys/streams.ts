import { sysBinding } from '../addon/binding.js';
import { checkFd } from '../arguments.js';
import { bytesOf, bytesOfEach, checkRange } from './buffers.js';

/**
 * Reads into `buffer`: read(2).
 *
 * Returns the number of bytes that were read, at most `length`; `WOULD_BLOCK` when nothing can be read now. Returns 0
 * at the end of the file, for an empty datagram, where a terminal with VMIN 0 has no data, and where `length` is 0
 * (nothing is taken then). On a descriptor in blocking mode it blocks the thread.
 *
 * @param buffer any typed array, Buffer or DataView, also one over a SharedArrayBuffer.
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length the most to read, in bytes; by default the rest of `buffer`. One call reads at most 0x7ffff000 bytes.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `fd`, `offset` or `length` is not a number, or `buffer` not a view.
 *   `ERR_INVALID_ARG_VALUE`: `buffer` has lost its memory (detached, shrunk).
 * @throws RangeError `ERR_OUT_OF_RANGE`: `fd` is not an integer 0 … 2³¹−1; `offset` or `length` is not an integer, or
 *   not inside `buffer`. Nothing was read.
 * @throws SystemError any error of read(2): `EBADF`, `EISDIR`, `ECONNRESET`, `EIO`, …
 */
export function read(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  return sysBinding().read(fd, bytes, offset, checkRange(bytes, offset, length));
}

/**
 * Writes from `buffer`: write(2).
 *
 * Returns the number of bytes that were written, which may be fewer than `length`; `WOULD_BLOCK` when there is no
 * space. SIGPIPE never ends the process, whatever its disposition.
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length how many bytes to write; by default the rest of `buffer`.
 * @throws as `read()`.
 * @throws SystemError `EPIPE`: the peer, or the read end, is closed. Any other error of write(2).
 */
export function write(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  return sysBinding().write(fd, bytes, offset, checkRange(bytes, offset, length));
}

/**
 * Reads into several buffers, and fills each before the next: readv(2).
 *
 * Returns what `read()` returns; 0 for an empty array. One call uses the first 1024 buffers.
 *
 * @throws as `read()`; `ERR_INVALID_ARG_TYPE` also where `buffers` is not an array of views.
 */
export function readv(fd: number, buffers: readonly ArrayBufferView[]): number {
  checkFd(fd);
  return sysBinding().readv(fd, bytesOfEach(buffers));
}

/**
 * Writes several buffers, one after the other, in one call: writev(2).
 *
 * Returns what `write()` returns. The bytes that were written may end inside any of the buffers. One call uses the
 * first 1024 buffers.
 *
 * @throws as `write()`; `ERR_INVALID_ARG_TYPE` also where `buffers` is not an array of views.
 */
export function writev(fd: number, buffers: readonly ArrayBufferView[]): number {
  checkFd(fd);
  return sysBinding().writev(fd, bytesOfEach(buffers));
}
