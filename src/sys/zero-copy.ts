import { sysBinding } from '../addon/binding.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType } from '../errors.js';
import { supported } from './errors.js';

const NO_OFFSET = -1;
const MOST = Number.MAX_SAFE_INTEGER;

export interface SpliceOptions {
  /** Where to read in the file `inFd`, in bytes; undefined: at its position, which then moves. */
  readonly inOffset?: number | undefined;
  /** Where to write in the file `outFd`, in bytes; undefined: at its position, which then moves. */
  readonly outOffset?: number | undefined;
  /** More data follows at once, so that TCP fills its segments; false by default. */
  readonly more?: boolean | undefined;
}

const NAMES: NamesOf<SpliceOptions> = { inOffset: true, outOffset: true, more: true };

/**
 * Sends bytes of a file without copying them through this process: sendfile(2).
 *
 * Returns the number of bytes that were sent, which may be fewer than `count`; 0 at the end of the file, and where
 * `count` is 0; `WOULD_BLOCK` when `outFd` has no space.
 *
 * @param outFd a socket; on Linux any descriptor that is not opened for appending.
 * @param inFd a regular file, or another file that can be mapped: not a pipe, not a socket.
 * @param offset where in the file to begin, in bytes; the position of the file then stays. null: at the position, which
 *   then moves.
 * @param count bytes, 0 … 2⁵³−1. One call moves 0x7ffff000 at the most.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: not a descriptor, or not an integer 0 …
 *   2⁵³−1.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no sendfile(2).
 * @throws SystemError `EPIPE`: the peer is gone. `EINVAL`: not for these kinds of file. `EOVERFLOW`: no file is that
 *   long. `EBADF`, `EIO`.
 */
export function sendFile(outFd: number, inFd: number, offset: number | null, count: number): number {
  checkFd(outFd, 'outFd');
  checkFd(inFd, 'inFd');
  if (offset !== null) checkInteger(offset, 'offset', 0, MOST);
  checkInteger(count, 'count', 0, MOST);
  return supported(sysBinding().sendFile(outFd, inFd, offset ?? NO_OFFSET, count), 'sendfile(2)');
}

/**
 * Moves bytes between two descriptors, one of which is a pipe, without copying them through this process: splice(2).
 * Linux only.
 *
 * Returns the number of bytes that were moved, which may be fewer than `count`; 0 at the end of the input, and where
 * `count` is 0; `WOULD_BLOCK` when the input is empty or the output full: the kernel does not say which of the two.
 *
 * @param count bytes, 0 … 2⁵³−1. One call moves 0x7ffff000 at the most, and never more than a pipe holds.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: not a descriptor, or not an integer 0 …
 *   2⁵³−1.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no splice(2).
 * @throws SystemError `EINVAL`: neither is a pipe, or not for this kind of file. `ESPIPE`: an offset for a pipe.
 *   `EPIPE`, `EBADF`.
 */
export function splice(inFd: number, outFd: number, count: number, options: SpliceOptions = {}): number {
  checkFd(inFd, 'inFd');
  checkFd(outFd, 'outFd');
  checkInteger(count, 'count', 0, MOST);
  checkOptions(options, NAMES);
  const { inOffset, outOffset, more = false } = options;
  if (inOffset !== undefined) checkInteger(inOffset, 'options.inOffset', 0, MOST);
  if (outOffset !== undefined) checkInteger(outOffset, 'options.outOffset', 0, MOST);
  if (typeof more !== 'boolean') throw invalidType('options.more', 'of type boolean', more);
  const from = inOffset ?? NO_OFFSET;
  const to = outOffset ?? NO_OFFSET;
  return supported(sysBinding().splice(inFd, from, outFd, to, count, more), 'splice(2)');
}
