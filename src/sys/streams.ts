import { sysBinding } from '../addon/binding.js';
import { checkFd } from '../arguments.js';
import { bytesOf, bytesOfEach, checkRange } from './buffers.js';

/**
 * Reads what is there into `buffer`: read(2).
 *
 * Returns the number of bytes, up to `length`; 0 at the end of the file, for an empty datagram, where a terminal with
 * VMIN 0 has nothing, and where `length` is 0, which takes nothing; `WOULD_BLOCK` when nothing is there. On a
 * descriptor that is not non-blocking it blocks the thread.
 *
 * @param buffer any typed array, Buffer or DataView, also over a SharedArrayBuffer.
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length the most to read, in bytes; by default what `buffer` has after `offset`. One call moves 0x7ffff000
 *   bytes at the most.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `fd`, `offset` or `length` is no number, `buffer` no view.
 *   `ERR_INVALID_ARG_VALUE`: the memory of `buffer` is gone (detached, shrunk).
 * @throws RangeError `ERR_OUT_OF_RANGE`: `fd` is not an integer 0 … 2³¹−1; `offset` and `length` are not integers, or
 *   not inside `buffer`. Nothing was read.
 * @throws SystemError whatever read(2) says: `EBADF`, `EISDIR`, `ECONNRESET`, `EIO`, …
 */
export function read(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  return sysBinding().read(fd, bytes, offset, checkRange(bytes, offset, length));
}

/**
 * Writes bytes of `buffer`: write(2).
 *
 * Returns the number of bytes that were taken, which may be fewer than `length`; `WOULD_BLOCK` when there is no space.
 * SIGPIPE never ends the process, whatever it does about that signal.
 *
 * @param offset where in `buffer` to begin, in bytes; 0 by default.
 * @param length how much to write, in bytes; by default what `buffer` has after `offset`.
 * @throws as `read()`.
 * @throws SystemError `EPIPE`: the peer, or the read end, is closed. Whatever else write(2) says.
 */
export function write(fd: number, buffer: ArrayBufferView, offset = 0, length?: number): number {
  checkFd(fd);
  const bytes = bytesOf(buffer);
  return sysBinding().write(fd, bytes, offset, checkRange(bytes, offset, length));
}

/**
 * Reads into several buffers, each filled before the next: readv(2).
 *
 * Returns as `read()`. One call uses the first 1024 buffers. An empty array reads nothing: 0.
 *
 * @throws as `read()`, with `ERR_INVALID_ARG_TYPE` where `buffers` is no array of views.
 */
export function readv(fd: number, buffers: readonly ArrayBufferView[]): number {
  checkFd(fd);
  return sysBinding().readv(fd, bytesOfEach(buffers));
}

/**
 * Writes several buffers as one: writev(2).
 *
 * Returns as `write()`: the number of bytes that were taken, which may end inside any of the buffers. One call uses the
 * first 1024 buffers.
 *
 * @throws as `write()`, with `ERR_INVALID_ARG_TYPE` where `buffers` is no array of views.
 */
export function writev(fd: number, buffers: readonly ArrayBufferView[]): number {
  checkFd(fd);
  return sysBinding().writev(fd, bytesOfEach(buffers));
}
