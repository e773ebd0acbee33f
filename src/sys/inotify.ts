import { endianness } from 'node:os';
import { sysBinding } from '../addon/binding.js';
import { checkFd, checkInteger } from '../arguments.js';
import { outOfRange } from '../errors.js';
import { bytesOf, pathBytes } from './buffers.js';
import { aboutPath, supported } from './errors.js';
import { handedOut } from './remembered-numbers.js';

const INOTIFY = 'inotify(7)';

// The kernel's numbers, alike on every architecture: inotify(7).

/** It was read from. */
export const IN_ACCESS = 0x0001;
/** It was written to or truncated. */
export const IN_MODIFY = 0x0002;
/** Its owner, permissions, times, links or extended attributes have changed. */
export const IN_ATTRIB = 0x0004;
/** A descriptor that was open for writing was closed: what was written can be read now. */
export const IN_CLOSE_WRITE = 0x0008;
/** A descriptor that was open for reading only was closed. */
export const IN_CLOSE_NOWRITE = 0x0010;
/** It was opened. */
export const IN_OPEN = 0x0020;
/** An entry was moved out of the directory; the event with the same `cookie` says where to. */
export const IN_MOVED_FROM = 0x0040;
/** An entry was moved into the directory. */
export const IN_MOVED_TO = 0x0080;
/** An entry of the directory was made. */
export const IN_CREATE = 0x0100;
/** An entry of the directory was removed. */
export const IN_DELETE = 0x0200;
/** What is watched was removed itself. */
export const IN_DELETE_SELF = 0x0400;
/** What is watched was moved itself. */
export const IN_MOVE_SELF = 0x0800;

/** Events: its file system was unmounted. */
export const IN_UNMOUNT = 0x2000;
/** Events, of the watch −1: too many were waiting, and some are lost. Look at everything again. */
export const IN_Q_OVERFLOW = 0x4000;
/** Events: the watch is gone, by `inotifyRemoveWatch()` or because what it watched is. */
export const IN_IGNORED = 0x8000;
/** Events: it is about a directory. */
export const IN_ISDIR = 0x40000000;

/** Asked for: fail with ENOTDIR unless it is a directory. */
export const IN_ONLYDIR = 0x01000000;
/** Asked for: of a symbolic link, the link. */
export const IN_DONT_FOLLOW = 0x02000000;
/** Asked for: nothing about entries that the directory no longer has. */
export const IN_EXCL_UNLINK = 0x04000000;
/** Asked for: fail with EEXIST where the file is watched already (Linux 4.18). */
export const IN_MASK_CREATE = 0x10000000;
/** Asked for: in addition to what the watch asks for already, not in its place. */
export const IN_MASK_ADD = 0x20000000;
/** Asked for: one event, then the watch is gone. */
export const IN_ONESHOT = 0x80000000;

/** struct inotify_event: watch, mask, cookie and the length of the name. */
const HEADER_BYTES = 16;
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** What has happened to a file. */
export interface InotifyEvent {
  /** What `inotifyAddWatch()` returned; −1 with `IN_Q_OVERFLOW`. */
  readonly watch: number;
  /** Made of the `IN_` bits above. */
  readonly mask: number;
  /** The same for both events of a move; 0 otherwise. */
  readonly cookie: number;
  /** The entry of the watched directory that it is about; `''` when it is about what is watched itself. */
  readonly name: string;
}

/**
 * Makes an inotify instance, a descriptor that is readable when something has happened to what it watches:
 * inotify_init1(2). Linux only. Non-blocking and close-on-exec.
 *
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no inotify.
 * @throws SystemError `EMFILE`: no descriptor is left, or the user has as many instances as
 *   /proc/sys/fs/inotify/max_user_instances allows. `ENFILE`, `ENOMEM`.
 */
export function inotifyInit(): number {
  return handedOut(supported(sysBinding().inotifyInit(), INOTIFY));
}

/**
 * Watches a file, or a directory and the entries in it, and returns the number of the watch: inotify_add_watch(2). A
 * file that is watched already keeps its number, and what is asked of it is replaced (`IN_MASK_ADD`: extended).
 *
 * @param mask one or more of the `IN_` bits from `IN_ACCESS` to `IN_MOVE_SELF`, and of those that say "asked for". 32
 *   bits: with `IN_ONESHOT` among them, `|` makes a negative number, which is as good.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: `path` contains a NUL. RangeError
 *   `ERR_OUT_OF_RANGE`.
 * @throws SystemError, with `path`: `ENOENT`, `EACCES`, `ENOTDIR`; `ENOSPC`: the user has as many watches as
 *   /proc/sys/fs/inotify/max_user_watches allows; `EINVAL`: `fd` is no inotify instance, or `mask` asks for nothing;
 *   `EBADF`.
 */
export function inotifyAddWatch(fd: number, path: string, mask: number): number {
  checkFd(fd);
  const bytes = pathBytes(path);
  checkInteger(mask, 'mask', -0x80000000, 0xffffffff);
  return supported(
    aboutPath(path, () => sysBinding().inotifyAddWatch(fd, bytes, mask >>> 0)),
    INOTIFY,
  );
}

/**
 * Ends a watch: inotify_rm_watch(2). Its last event is `IN_IGNORED`; those before it stay to be read.
 *
 * @param watch what `inotifyAddWatch()` returned.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`.
 * @throws SystemError `EINVAL`: no such watch, or `fd` is no inotify instance. `EBADF`.
 */
export function inotifyRemoveWatch(fd: number, watch: number): void {
  checkFd(fd);
  checkInteger(watch, 'watch', 0, 0x7fffffff);
  supported(sysBinding().inotifyRemoveWatch(fd, watch), INOTIFY);
}

/**
 * The events in what was read from an inotify instance. Reads end between events, so that what one `read()` returned,
 * or one chunk of an `FdStream`, is whole; a buffer of 4096 bytes is large enough for any event, and one that is too
 * small makes `read()` fail with EINVAL. Names are taken for UTF-8.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: `bytes` ends within an event.
 */
export function inotifyEvents(bytes: ArrayBufferView): InotifyEvent[] {
  const { buffer, byteOffset, length } = bytesOf(bytes, 'bytes');
  const view = new DataView(buffer, byteOffset, length);
  const events: InotifyEvent[] = [];
  for (let start = 0; start < length; ) {
    const end =
      start + HEADER_BYTES + (start + HEADER_BYTES <= length ? view.getUint32(start + 12, IS_LITTLE_ENDIAN) : 0);
    if (end > length) throw outOfRange('bytes', 'must end where an event ends', `${length} bytes`);
    events.push({
      watch: view.getInt32(start, IS_LITTLE_ENDIAN),
      mask: view.getUint32(start + 4, IS_LITTLE_ENDIAN),
      cookie: view.getUint32(start + 8, IS_LITTLE_ENDIAN),
      name: nameIn(Buffer.from(buffer, byteOffset + start + HEADER_BYTES, end - start - HEADER_BYTES)),
    });
    start = end;
  }
  return events;
}

/** A name is padded with NULs. */
function nameIn(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
