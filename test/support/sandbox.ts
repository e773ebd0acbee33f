import { constants } from 'node:os';
import { nativeAddon } from './paths.js';

/** What test/native/sandbox refuses: a call, or some of its uses. */
export const REFUSABLE = [
  'epoll_create1',
  'epoll_wait',
  'epoll_pwait2',
  'epoll_ctl',
  'eventfd2',
  'accept4',
  'pipe2',
  'statx',
  'inotify_init1',
  'inotify_add_watch',
  'socket flags',
  'socketpair flags',
  'fcntl F_DUPFD_CLOEXEC',
  'pwritev2',
  'sendto',
  'sendmsg',
  'sendfile',
  'splice',
  'clock_nanosleep',
  'getrandom',
  'readv',
  'recvmsg',
  'ioctl TIOCGPTN',
] as const;

export type Refusable = (typeof REFUSABLE)[number];

interface Sandbox {
  refuse(call: string, errno: number): void;
}

/** Makes `call` fail with `errno` in every thread of this process from now on, by a filter of seccomp(2). */
export function refuse(call: Refusable, errno: 'ENOSYS' | 'EPERM'): void {
  const native = require(nativeAddon('sandbox')) as Sandbox;
  native.refuse(call, constants.errno[errno]);
}
