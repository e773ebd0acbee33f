import { nowMs } from './clock.js';
import * as sys from '../../sys.js';

/** How often `until()` checks its condition. */
const PAUSE_MS = 0.2;
/** How long `until()` goes on: less than the time that a clause has by default. */
export const PATIENCE_MS = 4000;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

/** Blocks this thread until `condition` holds. */
export function until(what: string, condition: () => boolean): void {
  const deadline = nowMs() + PATIENCE_MS;
  while (!condition()) {
    if (nowMs() > deadline) throw new Error(`${what}: not in ${PATIENCE_MS} ms`);
    sleep(PAUSE_MS);
  }
}

/** The clock of a timer that has no other, in milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Blocks this thread until the clock of `monotonicMs()` shows `ms`. */
export function untilClock(ms: number): void {
  while (monotonicMs() < ms) sleep(ms - monotonicMs());
}

/** Returns when `length` bytes can be read from `fd`; from a datagram socket, a message of that size. */
export function arrived(fd: number, length = 1): void {
  until(`${length} bytes on ${fd}`, () => sys.bytesReadable(fd) >= length);
}

/** Returns when `fd`, which has nothing left to read, has reached the end of its stream. */
export function ended(fd: number): void {
  const buffer = Buffer.alloc(1);
  until(`the end of ${fd}`, () => sys.recv(fd, buffer, 0, 1, sys.MSG_PEEK) === 0);
}

/** Returns when the TCP connection `fd` has received a reset. The error of the socket stays pending. */
export function gone(fd: number): void {
  until(`the reset of ${fd}`, () => {
    try {
      sys.peerAddress(fd);
      return false;
    } catch {
      return true;
    }
  });
}
