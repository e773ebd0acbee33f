import { sysBinding } from '../addon/binding.js';
import { LOCKS, type WOULD_BLOCK } from '../addon/exports.js';
import { checkFd, checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue } from '../errors.js';
import { supported } from './errors.js';

export type LockKind = 'flock' | 'ofd';

export interface UnlockOptions {
  /**
   * `'flock'`, the default: flock(2), which locks the whole file. `'ofd'`: a lock of the open file by fcntl(2), for a
   * range of bytes; it also excludes the fcntl(2) locks of other processes (Linux, macOS). On local files the two kinds
   * do not affect each other.
   */
  readonly kind?: LockKind | undefined;
  /** The first byte, with `'ofd'`; 0 by default. */
  readonly start?: number | undefined;
  /** How many bytes, with `'ofd'`; 0, the default: up to the end of the file, also after the file has grown. */
  readonly length?: number | undefined;
}

export interface LockOptions extends UnlockOptions {
  /** true by default: nobody else can have a lock. false: others can have shared locks. */
  readonly exclusive?: boolean | undefined;
}

const UNLOCK_NAMES: NamesOf<UnlockOptions> = { kind: true, start: true, length: true };
const NAMES: NamesOf<LockOptions> = { exclusive: true, ...UNLOCK_NAMES };
const MOST = Number.MAX_SAFE_INTEGER;

/**
 * Locks a file: flock(2), or F_OFD_SETLK of fcntl(2). Returns 0, or `WOULD_BLOCK` when somebody else has a lock that
 * excludes this one. No poller reports the end of that lock: try again later.
 *
 * The lock belongs to the open file. It ends with `unlock()`, or when the last descriptor of the open file is closed,
 * also in other processes. Opening the file once more makes another open file, whose locks exclude this one. Where the
 * open file has a lock already, the lock changes between shared and exclusive; if flock(2) fails to change a lock, the
 * lock may be lost.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option of another form; a range without
 *   `kind: 'ofd'`.
 * @throws RangeError `ERR_OUT_OF_RANGE`: not an integer 0 … 2⁵³−1.
 * @throws Error `ERR_NOT_SUPPORTED`: this kernel has no range locks of open files.
 * @throws SystemError `EBADF`: not open; with `'ofd'` also not open for writing (exclusive) or reading (shared).
 *   `ENOLCK`, `EINVAL`, `EOVERFLOW`, `EOPNOTSUPP`.
 */
export function lock(fd: number, options: LockOptions = {}): 0 | typeof WOULD_BLOCK {
  checkFd(fd);
  checkOptions(options, NAMES);
  const { exclusive = true } = options;
  if (typeof exclusive !== 'boolean') throw invalidType('options.exclusive', 'of type boolean', exclusive);
  return change(fd, exclusive ? LOCKS.exclusive : LOCKS.shared, options);
}

/**
 * Ends a lock, or, with `kind: 'ofd'`, the part of the lock that is in the range. Does nothing where there is no lock.
 *
 * @throws as `lock()`.
 */
export function unlock(fd: number, options: UnlockOptions = {}): void {
  checkFd(fd);
  checkOptions(options, UNLOCK_NAMES);
  change(fd, LOCKS.unlocked, options);
}

function change(fd: number, wanted: number, options: UnlockOptions): 0 | typeof WOULD_BLOCK {
  const { kind = 'flock', start, length } = options;
  if (kind !== 'flock' && kind !== 'ofd') throw invalidValue('options.kind', "must be 'flock' or 'ofd'", kind);
  if (kind === 'flock') {
    if (start !== undefined) throw invalidValue('options.start', "needs kind: 'ofd'", start);
    if (length !== undefined) throw invalidValue('options.length', "needs kind: 'ofd'", length);
    return sysBinding().changeLock(fd, wanted) as 0 | typeof WOULD_BLOCK;
  }
  if (start !== undefined) checkInteger(start, 'options.start', 0, MOST);
  if (length !== undefined) checkInteger(length, 'options.length', 0, MOST);
  const result = sysBinding().changeRangeLock(fd, wanted, start ?? 0, length ?? 0);
  return supported(result, 'locks of open files (F_OFD_SETLK)') as 0 | typeof WOULD_BLOCK;
}
