import { nowMs } from '../../host.js';
import * as sys from '../../sys.js';

/** The pace of looking again for what another socket or thread did, and the patience: less than a clause has by default. */
const PAUSE_MS = 0.2;
export const PATIENCE_MS = 4000;
/** What a connection moves by itself after the writer was told to wait. */
const SETTLE_MS = 10;
/** A sleep that lasted so much longer than it should says nothing of what the kernel had the time to do. */
const BUSY_MS = 5;
const MOST_SETTLES = 50;
const CHUNK = Buffer.alloc(65536, 'x');
const MESSAGE = Buffer.alloc(1024, 'x');

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread. */
export function sleep(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

/** Looks until `condition` holds. */
export function until(what: string, condition: () => boolean): void {
  const deadline = nowMs() + PATIENCE_MS;
  while (!condition()) {
    if (nowMs() > deadline) throw new Error(`${what}: not in ${PATIENCE_MS} ms`);
    sleep(PAUSE_MS);
  }
}

/** Writes `text` to `fd`, all of it. */
export function send(fd: number, text = 'x'): void {
  const bytes = Buffer.from(text);
  const length = sys.write(fd, bytes);
  if (length !== bytes.length) throw new Error(`write(${fd}) took ${length} of ${bytes.length} bytes`);
}

/** Reads up to `length` bytes of `fd`: the number of bytes, 0 at the end, `WOULD_BLOCK`. */
export function receive(fd: number, length = 65536): number {
  return sys.read(fd, Buffer.alloc(length));
}

/** Reads `fd` until it says `WOULD_BLOCK` or ends. */
export function drain(fd: number): void {
  while (receive(fd) > 0);
}

/** Returns when `length` bytes wait to be read from `fd`; of a datagram socket, a message of that size. */
export function arrived(fd: number, length = 1): void {
  until(`${length} bytes on ${fd}`, () => sys.bytesReadable(fd) >= length);
}

/** Returns when the peer of `fd` is known to have finished, nothing being left to read. */
export function ended(fd: number): void {
  const buffer = Buffer.alloc(1);
  until(`the end of ${fd}`, () => sys.recv(fd, buffer, 0, 1, sys.MSG_PEEK) === 0);
}

/** Returns when the TCP connection `fd` is known to be over in both directions, by a reset; its error stays pending. */
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

/** Writes to `fd` until it says `WOULD_BLOCK`, and goes on saying so. */
export function fill(fd: number, kind: string): void {
  const chunk = kind.includes('datagram') || kind.includes('seqpacket') ? MESSAGE : CHUNK;
  const write = (): boolean => sys.write(fd, chunk) !== sys.WOULD_BLOCK;
  while (write());
  if (!kind.startsWith('TCP')) return;
  for (let calm = 0, settles = 0; calm < 3 && settles < MOST_SETTLES; settles++) {
    const wasCalm = settle();
    let isFull = true;
    while (write()) isFull = false;
    calm = isFull ? calm + Number(wasCalm) : 0;
  }
}

/** Sleeps while a connection moves what it will; false where the machine was too busy for that to say anything. */
function settle(): boolean {
  const start = performance.now();
  sleep(SETTLE_MS);
  return performance.now() - start < SETTLE_MS + BUSY_MS;
}

/** Reads from `reader` until nothing is left that `writer` wrote. */
export function relieve(reader: number, kind: string): void {
  drain(reader);
  if (!kind.startsWith('TCP')) return;
  for (let calm = 0; calm < 3; calm++) {
    sleep(1);
    if (receive(reader) > 0) calm = 0;
  }
}
