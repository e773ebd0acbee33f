import { readFileSync } from 'node:fs';
import * as sys from 'pollux/sys';
import { PATIENCE_MS, POLLOUT, descriptors } from './descriptors.js';
import { Channel, KINDS as KINDS_OF_CLAUSES, type Kind, type Pair, addressOf, fill as fillKind } from './kit.js';
import type { Scope } from './scope.js';

/** The kinds that clauses do not open. Tests check with them what clauses prove for the others. */
export const WITHOUT_CLAUSES = ['pty', 'eventfd'] as const;

export type AnyKind = Kind | (typeof WITHOUT_CLAUSES)[number];

export const KINDS: readonly AnyKind[] = [...KINDS_OF_CLAUSES, ...WITHOUT_CLAUSES];

/** How long a terminal moves data by itself after a write has said WOULD_BLOCK. */
const SETTLE_MS = 50;
const BUSY_MS = 10;
const MOST_LOOKS = 40;

/** One end to read from, empty, and one to write to. */
export function openPair(scope: Scope, kind: AnyKind): Pair {
  if (kind === 'pty') return ptyPair(scope);
  if (kind !== 'eventfd') return scope.open.pair(kind);
  const fd = scope.own(descriptors.eventFd(0));
  return [fd, fd];
}

/** A pair that counts its unread messages. */
export function openChannel(scope: Scope, kind: AnyKind): Channel {
  if (kind === 'pty') return new Channel(ptyPair(scope), false);
  return kind === 'eventfd' ? new Counter(openPair(scope, kind)) : scope.open.channel(kind);
}

/** An eventfd: each message adds 1 to its count, and one read takes the whole count. */
class Counter extends Channel {
  #count = 0;

  constructor(ends: Pair) {
    super(ends, true);
  }

  override send(): void {
    if (sys.write(this.writer, numberOf(1n)) !== 8) throw new Error(`write(${this.writer}) took nothing`);
    this.#count++;
  }

  override receive(): void {
    const buffer = Buffer.alloc(8);
    const length = sys.read(this.reader, buffer);
    if (length !== 8) throw new Error(`read(${this.reader}) returned ${length}`);
    const count = Number(buffer.readBigUInt64LE());
    if (count !== this.#count) throw new Error(`the count of ${this.reader} is ${count}, not ${this.#count}`);
    this.#count = 0;
  }

  override drain(): void {
    if (this.#count > 0) this.receive();
    const length = sys.read(this.reader, Buffer.alloc(8));
    if (length !== sys.WOULD_BLOCK) throw new Error(`read(${this.reader}) returned ${length}, more than was sent`);
  }
}

/** Writes to `fd` until nothing more fits, also a little later. */
export function fill(fd: number, kind: AnyKind): void {
  if (kind === 'eventfd') sys.write(fd, numberOf(2n ** 64n - 2n));
  else if (kind === 'pty') fillTerminal(fd);
  else fillKind(fd, kind);
}

function fillTerminal(master: number): void {
  const chunk = Buffer.alloc(65536);
  const fillUp = (): void => {
    while (sys.write(master, chunk) !== sys.WOULD_BLOCK);
  };
  fillUp();
  for (let looks = 0; looks < MOST_LOOKS && !staysFull(master, SETTLE_MS); looks++) fillUp();
}

/** Whether `writer` stays full for `settleMs`. False where the machine was too busy to tell. */
function staysFull(writer: number, settleMs: number): boolean {
  const start = performance.now();
  const isFull = descriptors.poll(writer, POLLOUT, settleMs) === 0;
  return isFull && performance.now() - start < settleMs + BUSY_MS;
}

/** Reads from `reader` until `writer` has room again. */
export function relieve(reader: number, writer: number): void {
  const buffer = Buffer.alloc(65536);
  do {
    while (sys.read(reader, buffer) !== sys.WOULD_BLOCK);
  } while (descriptors.poll(writer, POLLOUT, 1) === 0);
}

/** The slave of a pseudoterminal in raw mode, and its master. */
export function ptyPair(scope: Scope): [slave: number, master: number] {
  const master = scope.own(descriptors.ptyMaster());
  return [scope.own(descriptors.ptySlave(master)), master];
}

/**
 * Returns when `count` connections wait to be accepted from an IPv4 listener, as Linux lists it. The connecting side
 * sees a connection a little earlier than the listener does.
 */
export function untilQueued(listener: number, count: number): void {
  const port = addressOf(listener).port.toString(16).toUpperCase().padStart(4, '0');
  const queue = new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} 00000000:0000 0A [0-9A-F]{8}:([0-9A-F]{8})`, 'm');
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const queued = parseInt(queue.exec(readFileSync('/proc/net/tcp', 'utf8'))?.[1] ?? '0', 16);
    if (queued === count) return;
    if (performance.now() > deadline) throw new Error(`${queued} of ${count} connections in ${PATIENCE_MS} ms`);
    descriptors.poll(listener, 0, 1);
  }
}

function numberOf(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}
