import { sysBinding } from '../addon/binding.js';
import { checkFd, checkInteger } from '../arguments.js';
import { invalidType } from '../errors.js';
import type { Pty, WindowSize } from '../sys-types.js';
import { forget } from './remembered-numbers.js';

/**
 * Makes a pseudoterminal and unlocks its other side: pty(7), posix_openpt(3). Non-blocking and close-on-exec.
 *
 * Before the other side is opened for the first time, `read()` returns `WOULD_BLOCK`. After its last descriptor is
 * closed, `read()` throws EIO on Linux and returns 0 elsewhere, until it is opened again; `FdStream` takes both for the
 * end. `write()` then works until the buffer is full, and returns `WOULD_BLOCK` from then on, although a poller reports
 * `WRITABLE` beside `HANGUP`: give up writing.
 *
 * @throws SystemError `EMFILE`, `ENFILE`: no descriptor is left. `ENOSPC`, `EAGAIN`: no pseudoterminal is left.
 *   `ENOENT`: the system has no /dev/ptmx.
 */
export function openPty(): Pty {
  const pty = sysBinding().openPty();
  forget(pty.fd);
  return pty;
}

/**
 * The size of a terminal, from either side: TIOCGWINSZ. Both numbers are 0 where nobody has set the size.
 *
 * @throws SystemError `ENOTTY`: no terminal. `EBADF`.
 */
export function windowSize(fd: number): WindowSize {
  checkFd(fd);
  return sysBinding().windowSize(fd);
}

/**
 * Sets the size of a terminal, from either side: TIOCSWINSZ. If the size changes, the programs in the foreground get
 * SIGWINCH.
 *
 * @param size both 0 … 65535.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`.
 * @throws SystemError `ENOTTY`: no terminal. `EBADF`.
 */
export function setWindowSize(fd: number, size: WindowSize): void {
  checkFd(fd);
  if (typeof size !== 'object' || size === null) throw invalidType('size', 'an object', size);
  const { columns, rows } = size;
  checkInteger(columns, 'size.columns', 0, 0xffff);
  checkInteger(rows, 'size.rows', 0, 0xffff);
  sysBinding().setWindowSize(fd, columns, rows);
}
