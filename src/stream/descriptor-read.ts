import { sysBinding } from '../addon/binding.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import type { SystemError } from '../errors.js';
import { HANGUP, READ_CLOSED } from '../interest.js';
import { bytesReadable } from '../sys/descriptors.js';
import { read } from '../sys/streams.js';
import type { DescriptorTraits } from './descriptor-traits.js';

const SLAB_BYTES = 64 * 1024;

let shared: Buffer | undefined;

/** How many bytes a stream reads at once by default. */
export const DEFAULT_READ_BYTES = SLAB_BYTES;

/**
 * Reads up to `most` bytes of `fd`. `readiness` was reported; `isFirst`: this is the first read since then.
 *
 * @returns undefined: there is nothing to read now; null: the end.
 * @throws SystemError what read(2) says.
 */
export function readNext(
  fd: number,
  most: number,
  traits: DescriptorTraits,
  readiness: number,
  isFirst: boolean,
): Buffer | null | undefined {
  const isHangup = (readiness & HANGUP) !== 0;
  try {
    const bytes = readSome(fd, most);
    if (bytes === undefined || bytes.length > 0) return bytes;
    if (traits.hasEmptyMessages) {
      const isClosed = (readiness & (HANGUP | READ_CLOSED)) !== 0;
      return isClosed && isEmpty(fd) ? null : bytes;
    }
    return isHangup || isEnd(fd, traits, isFirst) ? null : undefined;
  } catch (error) {
    // Linux: reading a pty whose other side is closed fails with EIO, once all data is read.
    if (traits.kind !== 'terminal' || (error as SystemError).code !== 'EIO') throw error;
    if (isHangup) return null;
    // It may have hung up since the event: the next event says so.
    if (isFirst) throw error;
    return undefined;
  }
}

/** Whether a read that returned 0 is the end, although no event has reported a hangup. */
function isEnd(fd: number, { kind }: DescriptorTraits, isFirst: boolean): boolean {
  switch (kind) {
    case 'terminal':
      return sysBinding().terminalHasEnded(fd);
    case 'character-device':
    case 'kernel-object':
      // After other data of the same event, 0 may mean that there is no more now; the next event will tell.
      return isFirst;
    default:
      return true;
  }
}

/** Whether no message is left to read. */
function isEmpty(fd: number): boolean {
  try {
    return bytesReadable(fd) === 0;
  } catch {
    // Some families do not count (ENOTTY, EOPNOTSUPP): an empty message of theirs cannot be told from the end.
    return true;
  }
}

/**
 * The result keeps at most twice its length in memory: a small result is copied out of a slab that all streams of the
 * thread share; one that fills half of the slab keeps the slab.
 */
function readSome(fd: number, most: number): Buffer | undefined {
  const slab = most > SLAB_BYTES ? Buffer.allocUnsafeSlow(most) : (shared ??= Buffer.allocUnsafeSlow(SLAB_BYTES));
  const length = read(fd, slab, 0, most);
  if (length === WOULD_BLOCK) return undefined;
  if (length * 2 < slab.length) return Buffer.from(slab.subarray(0, length));
  if (slab === shared) shared = undefined;
  return slab.subarray(0, length);
}
