import { constants } from 'node:os';
import { FAULTS_FILE } from './preloaded.js';
import { moduleOfPackage } from './paths.js';

export type Errno = keyof typeof constants.errno;

/** The calls of the addon that test/native/faults can make fail. */
export type Call =
  | 'epoll_create1'
  | 'epoll_ctl'
  | 'epoll_wait'
  | 'epoll_pwait2'
  | 'eventfd'
  | 'write'
  | 'read'
  | 'socket'
  | 'accept4'
  | 'accept'
  | 'socketpair'
  | 'pipe2'
  | 'connect'
  | 'open'
  | 'ioctl'
  | 'inotify_init1'
  | 'inotify_init'
  | 'timerfd_create'
  | 'pidfd_open'
  | 'pthread_create'
  | 'malloc'
  | 'calloc'
  | 'realloc';

interface Faults {
  fail(plan: { call: Call; errno: number; nth: number; times: number }): void;
  calls(): Record<Call, number>;
  clear(): void;
  watch(file: string): void;
}

const native = require(FAULTS_FILE) as Faults;
const { addonFile } = require(moduleOfPackage('addon/binding.js')) as { addonFile(): string };

native.watch(addonFile());

/** Makes the `nth` call from now on fail, and the `times` − 1 calls after it. Allocations have no errno. */
export function fail(call: Call, errno: Errno | number = 'ENOMEM', nth = 1, times = 1): void {
  native.fail({ call, errno: typeof errno === 'number' ? errno : constants.errno[errno], nth, times });
}

/** Lets all calls succeed again, and sets the counts to 0. */
export function clear(): void {
  native.clear();
}

/** How often the addon has made `call` since `clear()`. */
export function calls(call: Call): number {
  return native.calls()[call];
}
