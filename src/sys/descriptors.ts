import { constants } from 'node:fs';
import { sysBinding } from '../addon/binding.js';
import { checkFd } from '../arguments.js';
import { invalidType } from '../errors.js';
import type { AccessMode, Classification } from '../sys-types.js';
import { pathBytes } from './buffers.js';
import { aboutPath } from './errors.js';
import { openFlags, type OpenFlags } from './open-flags.js';
import { bothHandedOut, forget, handedOut } from './remembered-numbers.js';

/**
 * Opens a file, FIFO or device, non-blocking and close-on-exec, and never as the controlling terminal: open(2). The
 * number is the kernel's; in some runtimes that of `openSync()` of `node:fs` is not.
 *
 * @param flags a word of `node:fs` (`'r'`, `'r+'`, `'wx'`, …) or the `O_` flags of its `constants`; `O_RDONLY` by
 *   default. A file that O_CREAT makes has mode 0o666, less the umask.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: `path` contains a NUL, or `flags` is not a known
 *   word.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `flags` is not an integer 0 … 2³¹−1.
 * @throws SystemError, with `path`: `ENOENT`, `EACCES`, `EMFILE`, …; `ENXIO`: a FIFO that nobody reads was opened for
 *   writing.
 */
export function open(path: string, flags: number | OpenFlags = constants.O_RDONLY): number {
  const bytes = pathBytes(path);
  const wanted = openFlags(flags);
  return handedOut(aboutPath(path, () => sysBinding().open(bytes, wanted)));
}

/**
 * Closes a descriptor: close(2). `remove()` it from its pollers first.
 *
 * The descriptor is closed even if an error is thrown, except for `EBADF`. A signal is not an error.
 *
 * @throws SystemError `EBADF`: not open. `EIO`, `ENOSPC`, `EDQUOT`: data of a file could not be stored.
 */
export function close(fd: number): void {
  checkFd(fd);
  forget(fd);
  sysBinding().close(fd);
}

/**
 * Makes a second descriptor of the same open file, close-on-exec: F_DUPFD_CLOEXEC of fcntl(2).
 *
 * The two descriptors share position and non-blocking mode: `setNonBlocking()` of one changes the other.
 *
 * @throws SystemError `EBADF`, `EMFILE`.
 */
export function dup(fd: number): number {
  checkFd(fd);
  return handedOut(sysBinding().dup(fd));
}

/**
 * Makes a pipe, both ends non-blocking and close-on-exec: pipe2(2).
 *
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left.
 */
export function pipe(): [readEnd: number, writeEnd: number] {
  return bothHandedOut(sysBinding().pipe());
}

/**
 * Sets or clears the non-blocking mode: O_NONBLOCK of fcntl(2). The mode belongs to the open file, so it changes for
 * every descriptor of that file, also in other processes (standard input, for example).
 *
 * @param on true by default.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `on` is not a boolean.
 * @throws SystemError `EBADF`.
 */
export function setNonBlocking(fd: number, on = true): void {
  checkFd(fd);
  if (typeof on !== 'boolean') throw invalidType('on', 'of type boolean', on);
  sysBinding().setNonBlocking(fd, on);
}

/**
 * Whether `fd` is in non-blocking mode.
 *
 * @throws SystemError `EBADF`.
 */
export function isNonBlocking(fd: number): boolean {
  checkFd(fd);
  return sysBinding().isNonBlocking(fd);
}

/**
 * What a descriptor was opened for: O_ACCMODE of fcntl(2). A socket is `'read-write'`, even after `shutdown()`.
 *
 * @throws SystemError `EBADF`.
 */
export function accessMode(fd: number): AccessMode {
  checkFd(fd);
  return sysBinding().accessMode(fd);
}

/**
 * How many bytes can be read without blocking: FIONREAD. For a datagram socket: the size of the next message, 0 also
 * where that message is empty.
 *
 * The kernel counts in 32 bits: for a regular file of more than 2 GiB use `node:fs`.
 *
 * @throws SystemError `EINVAL`: a listening socket. `ENOTTY`: a descriptor without such a count. `EOVERFLOW`: more than
 *   32 bits can count. `EBADF`.
 */
export function bytesReadable(fd: number): number {
  checkFd(fd);
  return sysBinding().bytesReadable(fd);
}

/**
 * The kind of file that `fd` is, and whether a poller accepts it. The file is neither read nor changed. On Linux the
 * call needs one free descriptor for a moment.
 *
 * @throws SystemError `EBADF`: not open. `EMFILE`, `ENFILE`, `ENOMEM`. `ELOOP`: pollers nested too deep to add it.
 */
export function classify(fd: number): Classification {
  checkFd(fd);
  return sysBinding().classify(fd);
}
