import { statfsSync } from 'node:fs';
import { accessMode, classify, type AccessMode } from 'pollux/sys';

/** What does not change about a file while it is registered. */
export interface WatchedFile {
  readonly isSocket: boolean;
  readonly mode: AccessMode;
  /**
   * Whether the kernel forgets an event as soon as anybody has polled for it: files such as /proc/self/mounts, and
   * triggers of /proc/pressure. Attributes of sysfs, such as the value of a GPIO pin, keep an event until it is read.
   */
  readonly forgetsEvents: boolean;
}

/** statfs(2) */
const SYSFS_MAGIC = 0x62656572;

/** @throws SystemError `EBADF`. */
export function watchedFile(fd: number): WatchedFile {
  const { kind } = classify(fd);
  return {
    isSocket: kind === 'socket',
    mode: accessMode(fd),
    forgetsEvents: kind === 'regular-file' && !isOfSysfs(fd),
  };
}

function isOfSysfs(fd: number): boolean {
  try {
    return statfsSync(`/proc/self/fd/${fd}`).type === SYSFS_MAGIC;
  } catch {
    // The runtime has no statfs(), or the system no such folder.
    return false;
  }
}
