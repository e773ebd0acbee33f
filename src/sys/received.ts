import { sysBinding } from '../addon/binding.js';
import { RECEIVED } from '../addon/exports.js';
import type { AnyAddress } from '../sys-types.js';

/** What the addon tells of the last message. */
export const received = new Int32Array(RECEIVED.WORDS);

let lastSender: AnyAddress;

/** The sender of the last message, which `fd` has received, in an object of its own. */
export function sender(fd: number): AnyAddress {
  if (received[RECEIVED.OTHER_SENDER] !== 0) lastSender = sysBinding().describeSender(fd, received);
  const last = lastSender;
  if ('host' in last) return { family: last.family, host: last.host, port: last.port };
  return 'path' in last
    ? { family: last.family, path: last.path }
    : { family: last.family, raw: Buffer.from(last.raw) };
}

/** Whether the last message was longer than its buffer. */
export function wasTruncated(): boolean {
  return received[RECEIVED.TRUNCATED] !== 0;
}

/** The bytes of each datagram that the last call of `receiveSegments()` brought. */
export function segmentSize(): number {
  return received[RECEIVED.SEGMENT]!;
}
