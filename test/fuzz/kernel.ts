import { join } from 'node:path';

interface KernelView {
  /** poll(2) of pairs [descriptor, events] without waiting; the events are written into the table. */
  poll(table: Int32Array, count: number): number;
  isOpen(fd: number): boolean;
}

/** The kernel's own answers: test/native/fuzz. */
export const kernel = require(join(__dirname, '../../native/fuzz/build/Release/fuzz.node')) as KernelView;
