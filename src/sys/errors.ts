import { sysBinding } from '../addon/binding.js';
import { KERNEL_LACKS_IT } from '../addon/exports.js';
import { checkInteger } from '../arguments.js';
import { describeErrno, UNNAMED } from '../errno.js';
import { notSupported, systemError, withFields, type SystemError } from '../errors.js';

/**
 * The name of an error number as `takeError()` returns it: `'ECONNREFUSED'` for 111 on Linux. `''` for 0, and
 * `UNKNOWN_` and the number where neither libuv nor the kernel's headers name it.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: not an integer 0 … 2³¹−1.
 */
export function errorName(errno: number): string {
  checkInteger(errno, 'errno', 0, 0x7fffffff);
  if (errno === 0) return '';
  const [name] = describeErrno(errno);
  if (!name.startsWith(UNNAMED)) return name;
  try {
    // The addon knows the names of the kernel's headers.
    sysBinding();
  } catch {
    return name;
  }
  return describeErrno(errno)[0];
}

/** Returns `result`, unless the addon says with it that this kernel lacks `what`. */
export function supported<Result>(result: Result, what: string): Result {
  if (result === KERNEL_LACKS_IT) throw notSupported(`This kernel lacks ${what}`);
  return result;
}

/** Returns what `call` returns. A system error that `call` throws gets the path, as the errors of `node:fs` have it. */
export function aboutPath(path: string, call: () => number): number {
  try {
    return call();
  } catch (error) {
    const { errno, syscall, fd } = error as Partial<SystemError>;
    if (errno === undefined) throw error;
    const named = systemError(errno, `${syscall} '${path}'`, -1);
    throw withFields(named, fd === undefined ? { syscall, path } : { syscall, path, fd });
  }
}
