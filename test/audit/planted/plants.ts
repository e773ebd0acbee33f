import type { AuditCode } from 'pollux';
import * as sys from 'pollux/sys';

/** A program with one fault. It returns the descriptor that the fault is about, and removes and closes the others. */
export interface Plant {
  readonly code: AuditCode;
  /** What the program is, in a few words: part of the title of its test. */
  readonly says: string;
  run(): number | Promise<number>;
}

/** Two connected sockets, the second with `bytes` bytes on their way to the first. */
export function pairWith(bytes: number): [a: number, b: number] {
  const [a, b] = sys.socketPair();
  if (bytes > 0) sys.write(b, new Uint8Array(bytes));
  return [a, b];
}

export function readSome(fd: number): number {
  return sys.read(fd, new Uint8Array(10));
}

export function closeAll(...fds: readonly number[]): void {
  for (const fd of fds) sys.close(fd);
}

/** Keeps the thread busy for `ms` milliseconds. */
export function work(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
