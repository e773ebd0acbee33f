import { constants } from 'node:os';
import { FAULTS_FILE } from './preloaded.js';
import { moduleOfPackage } from './paths.js';

export type Errno = keyof typeof constants.errno;

/** What test/native/faults can make fail, of the calls that the addon makes. */
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

/** From here on the `nth` call, and the `times` − 1 after it, fail. Allocations have no errno. */
export function fail(call: Call, errno: Errno | number = 'ENOMEM', nth = 1, times = 1): void {
  native.fail({ call, errno: typeof errno === 'number' ? errno : constants.errno[errno], nth, times });
}

/** No call fails any more; counting begins anew. */
export function clear(): void {
  native.clear();
}

/** How often the addon has made `call` since `clear()`. */
export function calls(call: Call): number {
  return native.calls()[call];
}
