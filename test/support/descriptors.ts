import { nativeAddon } from './paths.js';

/** Descriptors and signals that neither Node nor pollux/sys makes: test/native/descriptors. */
export interface Descriptors {
  /** Non-blocking and close-on-exec, like every descriptor below except as noted. */
  eventFd(initial: number): number;
  /** Expires once, `delayMs` from now. */
  timerFd(delayMs: number): number;
  /** Reports files that are created in and deleted from the directory `path`. */
  inotify(path: string): number;
  /** Readable once the process has ended. */
  pidFd(pid: number): number;
  rawSocket(family: number, type: number, protocol: number): number;
  makeFifo(path: string): void;
  /**
   * open(2), because `openSync()` of node:fs does not return the kernel's number in every runtime. Blocking unless the
   * flags say otherwise.
   */
  openFile(path: string, flags: number): number;
  ptyMaster(): number;
  /** The slave of `master`, in raw mode. */
  ptySlave(master: number): number;
  /** Sets how reads of a terminal end: `canonical` 1 at a line or ^D, 0 once `vmin` bytes are there. */
  terminalMode(fd: number, canonical: 0 | 1, vmin: number): void;
  /** Makes `to` another name of the open file `from`, closing what `to` was. */
  dup2(from: number, to: number): number;
  /** poll(2) on one descriptor: a witness that is not the poller under test. */
  poll(fd: number, events: number, timeoutMs: number): number;
  /** Sends SIGALRM to this process at that interval, which is below a second; 0 ends the signals. */
  alarmEvery(microseconds: number): void;
  /** Sets the soft limit of descriptors; returns the former one. */
  limitDescriptors(most: number): number;
  /** The bytes that malloc has allocated so far in the whole process. */
  mallocBytes(): number;
}

export const POLLIN = 0x001;
export const POLLPRI = 0x002;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLRDHUP = 0x2000;

export const descriptors = require(nativeAddon('descriptors')) as Descriptors;

export const PATIENCE_MS = 10_000;

/**
 * Returns when poll(2) reports one of `events`, or POLLERR or POLLHUP, for `fd`: what another
 * socket did may take a moment to arrive.
 */
export function untilPolled(fd: number, events: number): number {
  const seen = descriptors.poll(fd, events, PATIENCE_MS);
  if (seen === 0) throw new Error(`poll: nothing of 0x${events.toString(16)} on ${fd} in ${PATIENCE_MS} ms`);
  return seen;
}
