import * as sys from '../../sys.js';
import { type Kind, hasMessages } from './kinds.js';
import { ended, sleep, until } from './waiting.js';

/** How long a TCP connection is given to move data by itself after a write has said WOULD_BLOCK. */
const SETTLE_MS = 10;
/** A sleep that lasted this much too long shows a busy machine: the kernel may not have moved its data meanwhile. */
const BUSY_MS = 5;
const MOST_SETTLES = 50;
const CHUNK = Buffer.alloc(65536, 'x');
const MESSAGE = Buffer.alloc(1024, 'x');

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

/** Reads `fd` until it says `WOULD_BLOCK` or ends. Returns how many bytes there were. */
export function drain(fd: number): number {
  let total = 0;
  for (let length = receive(fd); length > 0; length = receive(fd)) total += length;
  return total;
}

/** Writes to `fd` until every further write says `WOULD_BLOCK`. */
export function fill(fd: number, kind: Kind): void {
  const chunk = hasMessages(kind) ? MESSAGE : CHUNK;
  const write = (): boolean => sys.write(fd, chunk) !== sys.WOULD_BLOCK;
  while (write());
  if (kind !== 'TCP') return;
  for (let calm = 0, settles = 0; calm < 3 && settles < MOST_SETTLES; settles++) {
    const wasCalm = settle();
    let isFull = true;
    while (write()) isFull = false;
    calm = isFull ? calm + Number(wasCalm) : 0;
  }
}

/** Sleeps while a connection moves its data. Returns false where the sleep lasted too long. */
function settle(): boolean {
  const start = performance.now();
  sleep(SETTLE_MS);
  return performance.now() - start < SETTLE_MS + BUSY_MS;
}

/** Reads from `reader` until nothing is left that the other end wrote. */
export function relieve(reader: number, kind: Kind): void {
  drain(reader);
  if (kind !== 'TCP') return;
  for (let calm = 0; calm < 3; calm++) {
    sleep(1);
    if (receive(reader) > 0) calm = 0;
  }
}

/**
 * Shuts down the writing of `peer`, and returns when `fd`, which has nothing to read, has reached the end of its
 * stream.
 */
export function finish(peer: number, fd: number): void {
  sys.shutdown(peer, 'write');
  ended(fd);
}

/** Sends one byte out of band, and returns when `fd` has received it. */
export function sendUrgent(peer: number, fd: number): void {
  sys.send(peer, Buffer.from('!'), 0, 1, sys.MSG_OOB);
  const buffer = Buffer.alloc(1);
  until(`urgent data on ${fd}`, () => {
    try {
      return sys.recv(fd, buffer, 0, 1, sys.MSG_OOB | sys.MSG_PEEK) === 1;
    } catch {
      return false;
    }
  });
}
