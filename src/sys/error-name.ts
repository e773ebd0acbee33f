import { checkInteger } from '../arguments.js';
import { nameOfErrno, UNNAMED } from '../errors.js';
import { native } from '../addon/native.js';

/**
 * The name of an error number as `takeError()` returns it: `'ECONNREFUSED'` for 111 on Linux. `''` for 0,
 * and `UNKNOWN_` and the number where neither libuv nor the kernel's headers name it.
 *
 * @throws TypeError `ERR_INVALID_ARG_TYPE`. RangeError `ERR_OUT_OF_RANGE`: not an integer 0 … 2³¹−1.
 */
export function errorName(errno: number): string {
  checkInteger(errno, 'errno', 0, 0x7fffffff);
  if (errno === 0) return '';
  const name = nameOfErrno(errno);
  if (!name.startsWith(UNNAMED)) return name;
  try {
    // The addon has the kernel's names.
    native();
  } catch {
    return name;
  }
  return nameOfErrno(errno);
}
