import { readdirSync, readlinkSync } from 'node:fs';
import * as sys from '../../sys.js';

/** Where the system lists them all. The BSDs have a fixed part of them in /dev/fd, unless fdescfs(5) is mounted. */
const DIRECTORIES: Partial<Record<NodeJS.Platform, string>> = { linux: '/proc/self/fd', darwin: '/dev/fd' };
const DIRECTORY = DIRECTORIES[process.platform];
/** A lane has no more descriptors than these. */
const MOST_NUMBERS = 4096;
/** The kernel gives the lowest free number: after so many that are free, none is expected to be open. */
const WIDEST_GAP = 64;

/** The descriptors of this process, and what they are open on as far as the system tells. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const fd of listedNumbers() ?? triedNumbers()) if (isOpen(fd)) open.set(fd, targetOf(fd));
  return open;
}

/** Which numbers are in use, found out without a descriptor. */
export function openNumbers(): number[] {
  return allNumbers().filter(isOpen);
}

export function highestUnusedNumber(): number {
  return allNumbers()
    .reverse()
    .find((fd) => !isOpen(fd))!;
}

function allNumbers(): number[] {
  return Array.from({ length: MOST_NUMBERS }, (_, fd) => fd);
}

/** Numbers of which the system says that they are open; undefined where it does not say, as without /proc. */
function listedNumbers(): number[] | undefined {
  if (DIRECTORY === undefined) return undefined;
  try {
    return readdirSync(DIRECTORY).map(Number);
  } catch {
    return undefined;
  }
}

/** The numbers that are open, tried one after the other. */
function triedNumbers(): number[] {
  const open: number[] = [];
  for (let fd = 0; fd <= (open.at(-1) ?? 0) + WIDEST_GAP; fd++) if (isOpen(fd)) open.push(fd);
  return open;
}

/** `5 (pipe:[123]), 7 (anon_inode:[eventpoll])`: those of `now` that `before` has not. */
export function leftOver(before: ReadonlyMap<number, string>, now: ReadonlyMap<number, string>): string | undefined {
  const extra = [...now].filter(([fd, target]) => before.get(fd) !== target);
  if (extra.length === 0) return undefined;
  return extra.map(([fd, target]) => (target === '' ? `${fd}` : `${fd} (${target})`)).join(', ');
}

/** The descriptor that the list was read through is closed by now. */
function isOpen(fd: number): boolean {
  try {
    sys.isNonBlocking(fd);
    return true;
  } catch {
    return false;
  }
}

function targetOf(fd: number): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
