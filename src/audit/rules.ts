import { readFileSync } from 'node:fs';
import { sysBinding } from '../addon/binding.js';
import {
  describeBits,
  EDGE,
  ERROR,
  HANGUP,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  readinessBits,
  WRITABLE,
} from '../interest.js';
import type { AuditCode } from '../audit-types.js';
import type { Oracle } from './oracle.js';
import type { Registration } from './registration.js';

/** A fault of one registration: its code, and what was seen. */
export type Verdict = readonly [code: AuditCode, seen: string];

const ENDS = READ_CLOSED | HANGUP | ERROR;
/** After a read that returned 0, so many more events tell that the program goes on asking. */
const ENDS_AFTER_READ = 4;

/** Files that report each change as an edge, read or not; a poller in a poller, and a process, which is never read. */
const NEVER_DRAINED = /^(eventfd|timerfd|epoll instance|process|kernel object)$/;

/** Files whose readiness is gone once it was asked for (/proc/pressure, /proc/self/mounts). */
const MAY_NOT_BE_ASKED = /^regular file/;

/** Whether the registration has a mode and no interest. */
export function asksForNothing({ interest }: Registration): boolean {
  return (interest & (EDGE | ONESHOT)) !== 0 && readinessBits(interest) === 0;
}

/** Whether the drain loop of the registration would block. */
export function verdictOnBlocking(registration: Registration): Verdict | undefined {
  const { interest, fd, kind } = registration;
  if ((interest & EDGE) === 0 || NEVER_DRAINED.test(kind) || isNonBlocking(fd)) return undefined;
  return ['POLLUX_BLOCKING_DESCRIPTOR', `it is registered with ${describeBits(interest)}, and is in blocking mode`];
}

function isNonBlocking(fd: number): boolean {
  try {
    return sysBinding().isNonBlocking(fd);
  } catch {
    return true;
  }
}

/** Counts an event that was delivered in level mode, or after a re-arm. `repeats`: how many are over and over. */
export function verdictOnEvent(registration: Registration, readiness: number, repeats: number): Verdict | undefined {
  if (registration.isEdge) return undefined;
  if ((readiness & ENDS) !== 0) return verdictOnEnd(registration, readiness, repeats);
  registration.ends = registration.endsAfterRead = 0;
  return (readiness & WRITABLE) === 0 ? undefined : verdictOnRoom(registration, repeats);
}

function verdictOnEnd(registration: Registration, readiness: number, repeats: number): Verdict | undefined {
  if (registration.hasEnded && (registration.interest & READABLE) !== 0) {
    if (++registration.endsAfterRead < ENDS_AFTER_READ) return undefined;
    const asked = registration.interestInWords;
    return [
      'POLLUX_HALF_CLOSE_MISSED',
      `a read returned 0, the interest is still ${asked}, and ${describeBits(readiness)} is reported again`,
    ];
  }
  if (!isOverAndOver(registration, ++registration.ends, repeats, () => unreadBytes(registration.fd))) return undefined;
  registration.ends = 0;
  return ['POLLUX_END_IGNORED', `${describeBits(readiness)} was reported ${repeats} times, and nobody acts on it`];
}

function verdictOnRoom(registration: Registration, repeats: number): Verdict | undefined {
  if (!isOverAndOver(registration, ++registration.rooms, repeats, () => writesElsewhere(repeats))) return undefined;
  registration.rooms = 0;
  return ['POLLUX_WRITABLE_SPIN', `WRITABLE was reported ${repeats} times, and nothing is written`];
}

/**
 * Whether `count` reaches `repeats` while one of the numbers of `witness` is the same half-way and at the end: somebody
 * may act without pollux/sys.
 */
function isOverAndOver(
  registration: Registration,
  count: number,
  repeats: number,
  witness: () => readonly number[],
): boolean {
  if (count === Math.ceil(repeats / 2)) registration.witness = witness();
  if (count < repeats) return false;
  const before = registration.witness;
  if (witness().some((number, index) => number === before[index])) return true;
  registration.ends = registration.rooms = 0;
  return false;
}

/** How much is left to read, which somebody else may do. */
function unreadBytes(fd: number): readonly number[] {
  try {
    return [sysBinding().bytesReadable(fd)];
  } catch {
    return [0];
  }
}

/**
 * How many calls of write(2) this process has made, in units of `repeats`, and what it has written beside 8 bytes a
 * call, which a runtime writes to an eventfd to wake its loop: proc(5), /proc/PID/io.
 */
function writesElsewhere(repeats: number): readonly number[] {
  try {
    const counts = readFileSync('/proc/self/io', 'latin1');
    const [calls, bytes] = [/^syscw: (\d+)$/m, /^wchar: (\d+)$/m].map((line) => Number(line.exec(counts)?.[1] ?? 0));
    return [Math.floor(calls! / repeats), bytes! - 8 * calls!];
  } catch {
    return [0];
  }
}

/** Why the silence of a registration, which nobody has used for a while, is a fault; undefined where it is none. */
export function verdictOnSilence(registration: Registration, oracle: Oracle): Verdict | undefined {
  const { fd, interest, kind } = registration;
  if (asksForNothing(registration)) {
    return ['POLLUX_NO_INTEREST', `it is registered with ${describeBits(interest)}, which asks for nothing`];
  }
  if (registration.wasOverwritten || registration.mayPause || MAY_NOT_BE_ASKED.test(kind)) return undefined;
  if (registration.isOneshot) return verdictOnDisarmed(registration, oracle);
  if (!registration.isEdge || (interest & READABLE) === 0 || NEVER_DRAINED.test(kind)) return undefined;
  const ready = oracle.readinessOf(fd, READABLE);
  if ((ready & READABLE) === 0) return undefined;
  if (registration.hasEnded && (ready & ENDS) !== 0) {
    return ['POLLUX_HALF_CLOSE_MISSED', `a read returned 0, and the interest is still ${describeBits(interest)}`];
  }
  if (!registration.isUndrained) return undefined;
  return [
    'POLLUX_EDGE_NOT_DRAINED',
    `an edge was delivered, and the descriptor is still ${describeBits(ready)} without having said WOULD_BLOCK since`,
  ];
}

function verdictOnDisarmed(registration: Registration, oracle: Oracle): Verdict | undefined {
  const { fd, interest, hasFired, hasEnded, awaitsRoom } = registration;
  if (!hasFired || hasEnded) return undefined;
  // A descriptor that has room is no news, unless a write waits for it.
  const asked = readinessBits(interest) & (awaitsRoom ? ~0 : ~WRITABLE);
  const ready = oracle.readinessOf(fd, asked) & (asked | (readinessBits(interest) & (READABLE | PRIORITY) ? ENDS : 0));
  if (ready === 0) return undefined;
  return [
    'POLLUX_ONESHOT_NOT_REARMED',
    `its oneshot has fired, the descriptor is ${describeBits(ready)}, and nobody has re-armed it`,
  ];
}
