import { sysBinding } from '../addon/binding.js';
import { ARGUMENTS } from '../addon/exports.js';
import { checkFd, checkInteger } from '../arguments.js';
import { invalidType, outOfRange } from '../errors.js';
import { bytesOf, checkRange } from './buffers.js';

const MOST_REQUEST = 2 ** 32 - 1;
/** No kernel maps memory below 65536, so a number up to here is not an address that a driver could write to. */
const MOST_SAFE_NUMBER = 65535;
const MOST_NUMBER = 2 ** 32 - 1;
const NOTHING = new Uint8Array(0);

/**
 * Makes a request to the driver of a descriptor: ioctl(2). Returns what the driver returns, usually 0; `WOULD_BLOCK`
 * where the driver returns EAGAIN.
 *
 * @param request 0 … 2³²−1: the number in the header of the driver, on this kernel and processor.
 * @param argument bytes, which the driver reads and may replace, or a number, which is passed by value; 0 by default.
 *   The driver works on a copy: nothing outside the view changes, and what it writes beyond the view is dropped.
 *   A structure that holds a pointer cannot be passed.
 * @throws TypeError `ERR_INVALID_ARG_TYPE`; `ERR_INVALID_ARG_VALUE`: the view has lost its memory.
 * @throws RangeError `ERR_OUT_OF_RANGE`: no such request; a view that is shorter than the size in the request; a number
 *   that is not an integer −1 … 65535, or −1 … 2³²−1 where the request says that the driver only reads: a greater one
 *   could be an address to write to. No system call was made.
 * @throws SystemError `ENOTTY`: the driver does not know the request. `EFAULT`: the request takes bytes, not a number.
 *   `EPERM`, `EINVAL`, `EBADF`, any error of the driver.
 */
export function ioctl(fd: number, request: number, argument: number | ArrayBufferView = 0): number {
  checkFd(fd);
  checkInteger(request, 'request', 0, MOST_REQUEST);
  if (typeof argument === 'number') {
    const most = sysBinding().requestOnlyReads(request) ? MOST_NUMBER : MOST_SAFE_NUMBER;
    checkInteger(argument, 'argument', -1, most);
    return sysBinding().ioctl(fd, request, ARGUMENTS.number, argument, NOTHING, 0, 0);
  }
  if (!ArrayBuffer.isView(argument)) throw invalidType('argument', 'of type number or an ArrayBufferView', argument);
  const bytes = bytesOf(argument, 'argument');
  const length = checkRange(bytes, 0, undefined);
  const wanted = sysBinding().requestBytes(request);
  if (length < wanted) throw outOfRange('argument', `must have at least the ${wanted} bytes of the request`, length);
  return sysBinding().ioctl(fd, request, ARGUMENTS.bytes, 0, bytes, 0, length);
}
