import { fstatSync, readFileSync, statSync, type Stats } from 'node:fs';
import { EDGE, EXCLUSIVE, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../interest.js';
import { STATS_ONLY_ITS_OWN } from '../runtime.js';

/** One entry of an epoll instance, as /proc/self/fdinfo shows it. */
export interface KernelEntry {
  readonly fd: number;
  /** The readiness bits and the mode, as this package numbers them. A oneshot entry without readiness is disarmed. */
  readonly watched: number;
  readonly inode: number;
}

/** The bits of epoll (sys/epoll.h) and those of this package. EPOLLERR and EPOLLHUP are watched always. */
const TRANSLATION = [
  [0x001, READABLE],
  [0x002, PRIORITY],
  [0x004, WRITABLE],
  [0x2000, READ_CLOSED],
  [0x1000_0000, EXCLUSIVE],
  [0x4000_0000, ONESHOT],
  [0x8000_0000, EDGE],
] as const;

function fromKernel(events: number): number {
  return TRANSLATION.reduce((bits, [kernel, bit]) => ((events & kernel) !== 0 ? bits | bit : bits), 0);
}

/** The entries of the epoll instance `pollerFd`; undefined where the kernel does not show them. */
export function kernelEntries(pollerFd: number): KernelEntry[] | undefined {
  if (process.platform !== 'linux') return undefined;
  let text: string;
  try {
    text = readFileSync(`/proc/self/fdinfo/${pollerFd}`, 'utf8');
  } catch {
    return undefined;
  }
  // The simulator of kqueue is an epoll instance underneath, whose entries are its own.
  return [...text.matchAll(/^tfd:\s*(\d+) events:\s*([0-9a-f]+).*?(?:ino:([0-9a-f]+).*)?$/gm)].map(
    ([, fd, events, inode]) => ({
      fd: Number(fd),
      watched: fromKernel(parseInt(events!, 16)),
      inode: parseInt(inode ?? '0', 16),
    }),
  );
}

/** Tells one file from another that later has the same number: device and inode. undefined: the number is closed. */
export function identityOf(fd: number): string | undefined {
  try {
    const { dev, ino } = statOf(fd);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Of the file that `fd` is. stat(2) of its name in these folders is fstat(2): proc(5), fd(4). */
function statOf(fd: number): Stats {
  if (!STATS_ONLY_ITS_OWN) return fstatSync(fd);
  return statSync(`${process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd'}/${fd}`);
}

/** The inode in what `identityOf()` returned. */
export function inodeIn(identity: string): number {
  return Number(identity.slice(identity.indexOf(':') + 1));
}
