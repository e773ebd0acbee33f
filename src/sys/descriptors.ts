import { constants } from 'node:fs';
import { sysBinding } from '../addon/binding.js';
import { checkFd } from '../arguments.js';
import { invalidType, outOfRange } from '../errors.js';
import type { AccessMode, Classification } from '../sys-types.js';
import { pathBytes } from './buffers.js';
import { aboutPath } from './errors.js';
import { bothHandedOut, forget, handedOut } from './remembered-numbers.js';

/**
 * Opens a file, FIFO or device, non-blocking and close-on-exec, and never as the controlling terminal: open(2). The
 * number is the kernel's, which that of `openSync()` of `node:fs` is not in every runtime.
 *
 * @param flags what `constants` of `node:fs` has, `O_RDONLY` by default; a file that O_CREAT makes has mode 0o666, less
 *   the umask.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: `path` contains a NUL.
 * @throws RangeError `ERR_OUT_OF_RANGE`: `flags` is no 31-bit integer.
 * @throws SystemError, with `path`: `ENOENT`, `EACCES`, `EMFILE`, …; `ENXIO`: the writing end of a FIFO that nobody
 *   reads.
 */
export function open(path: string, flags: number = constants.O_RDONLY): number {
  const bytes = pathBytes(path);
  if (typeof flags !== 'number') throw invalidType('flags', 'of type number', flags);
  if (!Number.isInteger(flags) || flags < 0 || flags > 0x7fffffff)
    throw outOfRange('flags', 'must be a 31-bit integer', flags);
  return handedOut(aboutPath(path, () => sysBinding().open(bytes, flags)));
}

/**
 * Closes a descriptor: close(2). `remove()` it from its pollers first.
 *
 * The descriptor is closed whatever is thrown, save for `EBADF`. A signal is no error.
 *
 * @throws SystemError `EBADF`: not open. `EIO`, `ENOSPC`, `EDQUOT`: data of a file could not be stored.
 */
export function close(fd: number): void {
  checkFd(fd);
  forget(fd);
  sysBinding().close(fd);
}

/**
 * A second descriptor of the same open file, close-on-exec: F_DUPFD_CLOEXEC of fcntl(2).
 *
 * The two share position and non-blocking mode: it is as non-blocking as `fd` is, and `setNonBlocking()` on one changes
 * the other.
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
 * Makes a descriptor non-blocking, or blocking: O_NONBLOCK of fcntl(2). The mode is the open file's, so it changes for
 * every descriptor of it, in other processes too: think of standard input.
 *
 * @param on true by default.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`: `on` is no boolean.
 * @throws SystemError `EBADF`.
 */
export function setNonBlocking(fd: number, on = true): void {
  checkFd(fd);
  if (typeof on !== 'boolean') throw invalidType('on', 'of type boolean', on);
  sysBinding().setNonBlocking(fd, on);
}

/**
 * Whether calls on `fd` return `WOULD_BLOCK` rather than block.
 *
 * @throws SystemError `EBADF`.
 */
export function isNonBlocking(fd: number): boolean {
  checkFd(fd);
  return sysBinding().isNonBlocking(fd);
}

/**
 * What a descriptor was opened for: O_ACCMODE of fcntl(2). Sockets are `'read-write'`, whatever was shut down.
 *
 * @throws SystemError `EBADF`.
 */
export function accessMode(fd: number): AccessMode {
  checkFd(fd);
  return sysBinding().accessMode(fd);
}

/**
 * How many bytes can be read without blocking: FIONREAD. Of a datagram socket: the size of the next message, 0 also
 * where it is empty.
 *
 * The kernel counts in 32 bits: of a regular file beyond 2 GiB ask `node:fs`.
 *
 * @throws SystemError `EINVAL`: a listening socket. `ENOTTY`: a descriptor that does not count. `EOVERFLOW`: more than
 *   it can count. `EBADF`.
 */
export function bytesReadable(fd: number): number {
  checkFd(fd);
  return sysBinding().bytesReadable(fd);
}

/**
 * What `fd` is, and whether a poller takes it, by asking the kernel. Nothing of the file is read or changed. On Linux
 * it needs one free descriptor for a moment.
 *
 * @throws SystemError `EBADF`: not open. `EMFILE`, `ENFILE`, `ENOMEM`. `ELOOP`: pollers nested too deep to add it.
 */
export function classify(fd: number): Classification {
  checkFd(fd);
  return sysBinding().classify(fd);
}
