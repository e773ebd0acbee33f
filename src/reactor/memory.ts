// What a reactor makes in the middle of a batch, where a lack of memory must not cost the rest of the batch.
import { constants } from 'node:os';
import { type SystemError, systemError } from '../errors.js';
import { SubmissionQueue } from '../sys/submission-queue.js';

/** A queue in place of one that keeps memory which is not used any more. undefined: ENOMEM; the old one will do. */
export function newQueue(capacity: number): SubmissionQueue | undefined {
  try {
    return new SubmissionQueue({ capacity });
  } catch {
    return undefined;
  }
}

/** Memory of `length` bytes. undefined: there is none. */
export function memoryOf(length: number): Uint8Array | undefined {
  try {
    return new Uint8Array(new ArrayBuffer(length));
  } catch {
    return undefined;
  }
}

/** The error where there is no memory for what is received or sent. */
export function outOfMemory(fd: number): SystemError {
  return systemError(-constants.errno.ENOMEM, 'malloc', fd);
}
