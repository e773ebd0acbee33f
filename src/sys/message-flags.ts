import { invalidType, notSupported, outOfRange } from '../errors.js';
import { KERNEL_LACKS_IT } from '../addon/sys-calls.js';

// Numbered alike on every platform, so that they are constants before the addon is loaded;
// native/common/message_flags.h has the same list.

/** Receive without taking: the next call sees the same bytes. */
export const MSG_PEEK = 0x01;
/** Urgent data of TCP, out of band: one byte that overtakes the others. */
export const MSG_OOB = 0x02;
/** Receive: return the datagram's real length, also where it is more than the buffer holds (Linux). */
export const MSG_TRUNC = 0x04;
/** Do not block, even where the descriptor does. */
export const MSG_DONTWAIT = 0x08;
/** Send to the directly connected network only. */
export const MSG_DONTROUTE = 0x10;
/** Send: more will follow at once, so that TCP fills its segments and UDP its datagram (Linux). */
export const MSG_MORE = 0x20;
/** Send: this ends a record (seqpacket). */
export const MSG_EOR = 0x40;

const ALL = MSG_PEEK | MSG_OOB | MSG_TRUNC | MSG_DONTWAIT | MSG_DONTROUTE | MSG_MORE | MSG_EOR;

/** Throws unless `flags` is made of the flags above. */
export function checkFlags(flags: unknown): asserts flags is number {
  if (typeof flags !== 'number') throw invalidType('flags', 'of type number', flags);
  if ((flags & ALL) !== flags) throw outOfRange('flags', 'must be made of the MSG_ flags of pollux/sys', flags);
}

/** `result`, unless it says that the kernel lacks a flag. */
export function supported<Result>(result: Result): Result {
  if (result === KERNEL_LACKS_IT) throw notSupported('This kernel lacks one of the flags');
  return result;
}
