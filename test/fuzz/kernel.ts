import { nativeAddon } from '../support/paths.js';

interface KernelView {
  /** poll(2) of pairs [descriptor, events] without waiting; the events are written into the table. */
  poll(table: Int32Array, count: number): number;
  isOpen(fd: number): boolean;
}

/** The kernel's own answers: test/native/fuzz. */
export const kernel = require(nativeAddon('fuzz')) as KernelView;
