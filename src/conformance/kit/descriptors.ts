import { readdirSync, readlinkSync } from 'node:fs';
import * as sys from '../../sys.js';

/**
 * Directories that list all open descriptors. /dev/fd of the BSDs lists only some of them unless fdescfs(5) is mounted.
 */
const DIRECTORIES: Partial<Record<NodeJS.Platform, string>> = { linux: '/proc/self/fd', darwin: '/dev/fd' };
const DIRECTORY = DIRECTORIES[process.platform];
/** The limit of descriptors in the process that runs the clauses. */
const MOST_NUMBERS = 4096;
/** The kernel gives the lowest free number: after this many free numbers in a row, no open one is expected. */
const WIDEST_GAP = 64;

/** The open descriptors of this process, and what they are open on where the system shows that. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const fd of listedNumbers() ?? triedNumbers()) if (isOpen(fd)) open.set(fd, targetOf(fd));
  return open;
}

/** The numbers of the open descriptors, found without opening one. */
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

/** The numbers that the system lists as open; undefined where there is no list, as without /proc. */
function listedNumbers(): number[] | undefined {
  if (DIRECTORY === undefined) return undefined;
  try {
    return readdirSync(DIRECTORY).map(Number);
  } catch {
    return undefined;
  }
}

/** The open numbers, found by trying one after the other. */
function triedNumbers(): number[] {
  const open: number[] = [];
  for (let fd = 0; fd <= (open.at(-1) ?? 0) + WIDEST_GAP; fd++) if (isOpen(fd)) open.push(fd);
  return open;
}

/** The descriptors of `now` that are not in `before`, as in `5 (pipe:[123]), 7 (anon_inode:[eventpoll])`. */
export function leftOver(before: ReadonlyMap<number, string>, now: ReadonlyMap<number, string>): string | undefined {
  const extra = [...now].filter(([fd, target]) => before.get(fd) !== target);
  if (extra.length === 0) return undefined;
  return extra.map(([fd, target]) => (target === '' ? `${fd}` : `${fd} (${target})`)).join(', ');
}

/** False for the descriptor through which the list was read, which is closed now. */
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
