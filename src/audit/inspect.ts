import type { KernelRegistration, PollerInspection, RegistrationInspection } from '../audit-types.js';
import { describeBits, EDGE, EXCLUSIVE, ONESHOT, readinessBits } from '../interest.js';
import { identityOf, inodeIn, kernelEntries, type KernelEntry } from './kernel-list.js';
import { kindInWords } from './kinds.js';

/** What an inspection asks of a poller. */
export interface Inspected {
  readonly backend: string;
  readonly fd: number;
  readonly closed: boolean;
  readonly size: number;
  readonly capacity: number;
  /** Interest, mode and the backend's own bits of a registration; −1: not registered. */
  flagsOf(fd: number): number;
  dataOf(fd: number): unknown;
  /** What an audit has counted; undefined without audit. */
  readonly counted: Counted | undefined;
}

export interface Counted {
  of(fd: number): Pick<RegistrationInspection, 'ageMs' | 'events' | 'lastEvent' | 'registeredAt'> | undefined;
}

/** A registration of kqueue that has fired (native/bsd/registration.h). */
const DISARMED = 1 << 16;
/** Descriptors are looked for below this number: Linux allows no more by default (/proc/sys/fs/nr_open). */
const MOST_FDS = 1 << 20;

/** See `Poller.inspect()`. */
export function inspectPoller(poller: Inspected): PollerInspection {
  const { backend, fd, closed, size, capacity, counted } = poller;
  const entries = closed || backend !== 'epoll' ? undefined : kernelEntries(fd);
  const found = closed ? [] : registrationsOf(poller);
  const registered = new Map(found);
  // The waker of the poller is an entry of no registration, and its descriptor is open.
  const known = entries?.filter((entry) => registered.has(entry.fd) || kindInWords(entry.fd) !== 'eventfd');
  return {
    backend,
    fd,
    closed,
    size,
    capacity,
    audited: counted !== undefined,
    registrations: found.map(([fd, flags]) => registrationOf(poller, fd, flags, entriesOf(fd, entries))),
    kernel: known?.map(shown).sort((one, other) => one.fd - other.fd),
    differences: known === undefined ? [] : differencesBetween(registered, known),
  };
}

function registrationsOf(poller: Inspected): Array<[fd: number, flags: number]> {
  const found: Array<[number, number]> = [];
  const { size } = poller;
  for (let fd = 0; fd < MOST_FDS && found.length < size; fd++) {
    const flags = poller.flagsOf(fd);
    if (flags !== -1) found.push([fd, flags]);
  }
  return found;
}

function registrationOf(
  poller: Inspected,
  fd: number,
  flags: number,
  entries: readonly KernelEntry[] | undefined,
): RegistrationInspection {
  return {
    fd,
    kind: kindInWords(fd),
    interest: describeBits(readinessBits(flags)),
    mode: modeOf(flags),
    armed: isArmed(poller.backend, flags, entries),
    data: poller.dataOf(fd),
    ...poller.counted?.of(fd),
  };
}

/** `level`, `edge`, `oneshot` or `edge|oneshot`, with `|exclusive`. */
export function modeOf(interest: number): string {
  const words = [
    (interest & EDGE) !== 0 ? 'edge' : '',
    (interest & ONESHOT) !== 0 ? 'oneshot' : '',
    (interest & EXCLUSIVE) !== 0 ? 'exclusive' : '',
  ].filter((word) => word !== '');
  return (interest & (EDGE | ONESHOT)) === 0 ? ['level', ...words].join('|') : words.join('|');
}

function isArmed(backend: string, flags: number, entries: readonly KernelEntry[] | undefined): boolean | undefined {
  if (readinessBits(flags) === 0) return false;
  if ((flags & ONESHOT) === 0) return true;
  if (backend !== 'epoll') return (flags & DISARMED) === 0;
  const entry = entries?.at(-1);
  return entry === undefined ? undefined : readinessBits(entry.watched) !== 0;
}

function entriesOf(fd: number, entries: readonly KernelEntry[] | undefined): readonly KernelEntry[] | undefined {
  return entries?.filter((entry) => entry.fd === fd);
}

function shown({ fd, watched, inode }: KernelEntry): KernelRegistration {
  return { fd, watched: describeBits(readinessBits(watched) === 0 ? 0 : watched), inode };
}

function differencesBetween(registered: ReadonlyMap<number, number>, entries: readonly KernelEntry[]): string[] {
  const differences: string[] = [];
  for (const [fd, flags] of registered) {
    const own = entries.filter((entry) => entry.fd === fd);
    const identity = identityOf(fd);
    if (identity === undefined) {
      differences.push(
        own.length === 0
          ? `fd ${fd} is registered here, and was closed: the kernel has no entry of it`
          : `fd ${fd} is registered here, and was closed while a duplicate keeps its entry in the kernel`,
      );
    } else if (own.length === 0) {
      differences.push(
        `fd ${fd} is registered here, and the kernel has no entry of it: the number is another file now`,
      );
    } else if (own.every(({ inode }) => inode !== inodeIn(identity))) {
      differences.push(`fd ${fd} is registered here, and is another file now than the one that the kernel watches`);
    } else if (readinessBits(flags) !== 0 && !own.some((entry) => watches(entry.watched, flags))) {
      differences.push(
        `fd ${fd}: ${describeBits(flags & 0xffff)} is registered here, and the kernel watches ${describeBits(own.at(-1)!.watched)}`,
      );
    }
    if (own.length > 1)
      differences.push(`fd ${fd} has ${own.length} entries in the kernel: of files that had the number`);
  }
  for (const { fd } of entries) {
    if (!registered.has(fd)) differences.push(`fd ${fd} is watched by the kernel, and is not registered here`);
  }
  return differences;
}

/** Whether the kernel watches what `flags` ask for. A oneshot entry that has fired watches nothing. */
function watches(watched: number, flags: number): boolean {
  const bits = readinessBits(watched);
  if (bits === 0 && (watched & ONESHOT) !== 0 && (flags & ONESHOT) !== 0) return true;
  return (bits & readinessBits(flags)) === readinessBits(flags);
}
