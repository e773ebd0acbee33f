import { spawnSync } from 'node:child_process';
import { backends } from 'pollux';

/** The backend that the tests run on. */
export const BACKEND = backends()[0]!;

/** kqueue on Linux is the simulator, which is slow. */
export const IS_SIMULATED = BACKEND === 'kqueue' && process.platform === 'linux';

/** The kernel of the backend: a simulated one is what KQUEUE_PERSONALITY says. */
export const KERNEL: string = IS_SIMULATED ? process.env['KQUEUE_PERSONALITY'] || 'freebsd' : process.platform;

/** The system calls that errors name: that of a registration, and those that open a poller in turn. */
export const SYSCALLS =
  BACKEND === 'epoll'
    ? { change: 'epoll_ctl', open: ['epoll_create1', 'eventfd'] }
    : { change: 'kevent', open: ['kqueue', 'kqueue'] };

/**
 * The error for a registration whose number now belongs to the poller itself. Only Linux and FreeBSD check for it
 * (kqueue_register()).
 */
export const OWN_NUMBER = KERNEL === 'linux' || KERNEL === 'freebsd' ? 'EINVAL' : 'ENOENT';

const LACKS = {
  exclusive: when(BACKEND === 'kqueue', 'kqueue has nothing like EPOLLEXCLUSIVE'),
  priority: when(KERNEL === 'freebsd' || KERNEL === 'netbsd', `${KERNEL} has no EVFILT_EXCEPT`),
  fifoHangup: when(KERNEL === 'darwin', 'darwin tells neither end of a named FIFO that the other has gone'),
  fifoWriters: when(KERNEL === 'netbsd', 'netbsd tells a writer of a FIFO nothing, and pollux refuses it'),
  terminalHangup: when(KERNEL === 'netbsd', 'netbsd tells neither side of a terminal that the other has gone'),
  oneWayPipes: when(KERNEL === 'freebsd' || KERNEL === 'openbsd', `${KERNEL} has pipes that carry data both ways`),
  listenerShutdown: when(KERNEL !== 'linux', 'only Linux takes shutdown() of a listening socket'),
  inotify: when(process.platform !== 'linux', `${process.platform} has no inotify`),
  procMounts: when(
    KERNEL !== 'linux',
    `${KERNEL} has no regular file that can be waited for, as Linux has /proc/self/mounts`,
  ),
  networkNamespaces: when(KERNEL !== 'linux', `${KERNEL} has no network namespaces`),
};

/** Why the kernel cannot do what a test is about; undefined where it can. */
export function lackOf(feature: keyof typeof LACKS): string | undefined {
  return LACKS[feature];
}

function when(isLacking: boolean, reason: string): string | undefined {
  return isLacking ? reason : undefined;
}

/** The commands that give a shell its own network, in which IPv6 sockets serve IPv6 alone by default. */
const SEPARATE = 'echo 1 > /proc/sys/net/ipv6/bindv6only && ip link set lo up';

/** Why no process can have its own network here; undefined where one can. */
export function lackOfSeparateNetwork(): string | undefined {
  const lack = lackOf('networkNamespaces');
  if (lack !== undefined) return lack;
  const { status } = spawnSync('unshare', ['-rn', 'sh', '-c', SEPARATE]);
  return when(status !== 0, 'unshare(2), sysctl net.ipv6.bindv6only or ip(8) is not there, or not allowed');
}

/** The command line that runs `command` in its own network. */
export function inSeparateNetwork(...command: string[]): string[] {
  return ['unshare', '-rn', 'sh', '-c', `${SEPARATE} && exec "$@"`, 'sh', ...command];
}

/** Why no process can have its own host name here; undefined where one can. */
export function lackOfSeparateUts(): string | undefined {
  if (KERNEL !== 'linux') return `${KERNEL} has no UTS namespaces`;
  const [command, ...args] = inSeparateUts('sh', '-c', 'echo pollux > /proc/sys/kernel/hostname');
  return when(
    spawnSync(command!, args).status !== 0,
    'unshare(2) of the UTS namespace is not allowed, or unshare(1) is not there',
  );
}

/** The command line that runs `command` with a host name of its own. */
export function inSeparateUts(...command: string[]): string[] {
  return ['unshare', '-ru', ...command];
}
