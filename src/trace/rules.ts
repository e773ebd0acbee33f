import type { Description } from './description.js';
import type { Registration } from './registration.js';
import type { Tell } from './findings.js';

/** How long nobody uses a descriptor, in milliseconds in which the program waits for events, until it is forgotten. */
export const QUIET_MS = 100;
/** As long as nobody closes anything, and no next event comes, the program may still mean to come back. */
const LONG_MS = 5000;
/** How many reports in a row, without a reaction, are "over and over". */
const REPEATS = 20;
/** After a read that returned 0, so many more events tell that the program goes on asking. */
const ENDS_AFTER_READ = 4;

/** When a registration is judged. */
export type Moment = 'waits' | 'closes' | 'ends';

const LEAST_QUIET: Readonly<Record<Moment, number>> = { waits: LONG_MS, closes: QUIET_MS, ends: QUIET_MS / 2 };
/** As above, where the trace shows how much is left to read, and the descriptor is closed or the program ends. */
const LEAST_QUIET_WITH_PROOF = 20;

const DRAINED_KINDS: readonly string[] = ['stream', 'datagram', 'listener', 'pipe', 'terminal', 'unknown'];
const BLOCKING_KINDS: readonly string[] = ['stream', 'datagram', 'listener', 'pipe'];

/** What the rules ask of the rest of the program. */
export interface Surroundings {
  /** A write of the trace waits for room: a reader may hold back on purpose. */
  readonly isHeldBack: boolean;
  /** The trace does not show all that is read. */
  readonly isBlind: boolean;
}

/** Judges what a registration has left undone. Returns whether it was told. */
export function judgeSilence(registration: Registration, moment: Moment, around: Surroundings, tell: Tell): boolean {
  const { isAmbiguous, description } = registration;
  if (isAmbiguous || description.isPolled) return false;
  if (isLeftUndone(registration, moment, around, tell)) return true;
  return moment !== 'waits' && !around.isBlind && judgeBlocking(registration, tell);
}

function isLeftUndone(registration: Registration, moment: Moment, around: Surroundings, tell: Tell): boolean {
  if (registration.quietMs < leastQuiet(registration, moment) || registration.epoll.remembers) return false;
  if (registration.wantsNothing) return judgeNoInterest(registration, moment, tell);
  if (around.isHeldBack || around.isBlind) return false;
  if (registration.isOneshot) return judgeDisarmed(registration, moment, tell);
  return registration.isEdge && judgeEdge(registration, moment, tell);
}

/** How long nobody may use the descriptor; less where data is certainly left, and the program has begun to read. */
export function leastQuiet({ description, readSince }: Registration, moment: Moment): number {
  const isProven = (description.unread ?? 0) > 0 && moment !== 'waits' && readSince !== 'nothing';
  return isProven ? LEAST_QUIET_WITH_PROOF : LEAST_QUIET[moment];
}

function judgeNoInterest(registration: Registration, moment: Moment, tell: Tell): boolean {
  if (registration.events > 0 || moment === 'closes') return false;
  tell(
    registration,
    'POLLUX_NO_INTEREST',
    `it is registered with ${registration.interest}, which asks for nothing`,
    [],
  );
  return true;
}

function judgeDisarmed(registration: Registration, moment: Moment, tell: Tell): boolean {
  const { description, hasFired, event, lastRead, isUndrained } = registration;
  if (!hasFired || !registration.wantsRead || description.hasEnded) return false;
  if (!BLOCKING_KINDS.includes(description.kind)) return false;
  // Without the other end in the trace, silence until the end tells: a oneshot that is to hear more is armed again.
  const isReady = description.isReadable ?? (moment === 'ends' || isUndrained);
  if (!isReady || (moment === 'closes' && !((description.unread ?? 0) > 0))) return false;
  const seen = disarmedInWords(registration, `while the program waited for ${inMs(registration)}`);
  tell(registration, 'POLLUX_ONESHOT_NOT_REARMED', seen, [event, lastRead]);
  return true;
}

export function disarmedInWords({ description }: Registration, when: string): string {
  const left = leftOf(description);
  return `its oneshot has fired, ${left === undefined ? '' : `${left}, `}and nobody has re-armed it ${when}`;
}

/** What is left to read, in words; undefined: the trace shows one end only. */
function leftOf({ unread, isPeerGone, kind }: Description): string | undefined {
  if (unread === undefined) return undefined;
  const unit = kind === 'datagram' ? 'message' : kind === 'listener' ? 'connection' : 'byte';
  if (unread > 0) return `${unread} ${unit}${unread === 1 ? ' is' : 's are'} left to read`;
  return isPeerGone ? 'its peer has closed' : 'its peer sends no more';
}

function inMs({ quietMs }: Registration): string {
  return `${Math.round(quietMs)} ms`;
}

function judgeEdge(registration: Registration, moment: Moment, tell: Tell): boolean {
  const { description, event, firstRead, lastRead, isUndrained, readSince } = registration;
  if (!registration.wantsRead || !DRAINED_KINDS.includes(description.kind)) return false;
  if (!isUndrained) return judgeEndInEdge(registration, moment, tell);
  if (moment === 'closes' && readSince === 'nothing' && description.isReadable !== true) return false;
  if (description.isReadable === false) return false;
  const calls = [event, firstRead, lastRead];
  if (isEndAlone(registration)) {
    const { sawHangup } = registration;
    if (moment === 'closes' || description.hasAnswered) return false;
    const bit = sawHangup ? 'EPOLLHUP was reported' : 'the peer sends no more';
    const seen = `${bit}, and in edge mode nobody has read to the end, or closed the descriptor, since`;
    tell(registration, sawHangup ? 'POLLUX_END_IGNORED' : 'POLLUX_HALF_CLOSE_MISSED', seen, calls);
    return true;
  }
  tell(
    registration,
    'POLLUX_EDGE_NOT_DRAINED',
    undrainedInWords(registration, `while the program waited for ${inMs(registration)}`),
    calls,
  );
  return true;
}

/** Whether nothing but the end is left to be read, as far as the trace tells. */
function isEndAlone({ description, sawReadClosed, sawHangup, readSince }: Registration): boolean {
  const { unread } = description;
  if (unread !== undefined) return unread <= 0;
  return (sawReadClosed || sawHangup) && (readSince === 'nothing' || readSince === 'short');
}

export function undrainedInWords({ description, readSince }: Registration, when: string): string {
  const left = leftOf(description);
  const read =
    description.kind === 'listener' && readSince === 'one' ? 'one connection was accepted' : READ_IN_WORDS[readSince];
  return `an edge was delivered, ${read}${left === undefined ? '' : `, ${left}`}, and no read has said EAGAIN ${when}`;
}

const READ_IN_WORDS: Readonly<Record<Registration['readSince'], string>> = {
  nothing: 'nobody has read',
  full: 'the last read filled its buffer',
  short: 'the last read came before the end',
  one: 'one message was taken',
};

/** In edge mode a read has returned 0, and nothing more was done. */
function judgeEndInEdge(registration: Registration, moment: Moment, tell: Tell): boolean {
  const { description, event, lastRead, interest, events } = registration;
  if (!description.hasEnded || moment === 'closes' || events === 0 || description.hasAnswered) return false;
  const seen = `a read returned 0, and the interest is still ${interest} after ${inMs(registration)} of waiting`;
  tell(registration, 'POLLUX_HALF_CLOSE_MISSED', seen, [event, lastRead]);
  return true;
}

/** The read that the next event prompted: what was left before, nobody had remembered. */
export function judgePrompted(registration: Registration, around: Surroundings, quietMs: number, tell: Tell): void {
  const { epoll, isAmbiguous, description, event, firstRead, lastRead } = registration;
  if (isAmbiguous || around.isBlind || around.isHeldBack || epoll.remembers || description.isPolled) return;
  const seen = undrainedInWords(registration, `for ${Math.round(quietMs)} ms, until the next event came`);
  registration.isTold = true;
  tell(registration, 'POLLUX_EDGE_NOT_DRAINED', seen, [event, firstRead, lastRead]);
}

/**
 * Edge mode over a descriptor that blocks. It is told when a loop reads on, which would block at last, or at the end: a
 * program that reads once has the fault of an edge that is not drained, if anything is left.
 */
export function judgeBlocking(registration: Registration, tell: Tell): boolean {
  const { description, blockingReads, isEdge, event, lastRead } = registration;
  if (blockingReads === 0 || !isEdge || description.isNonBlocking !== false) return false;
  if (registration.isTold || !BLOCKING_KINDS.includes(description.kind)) return false;
  registration.isTold = true;
  const seen = `it is registered with ${registration.interest}, and is read in blocking mode`;
  tell(registration, 'POLLUX_BLOCKING_DESCRIPTOR', seen, [event, lastRead]);
  return true;
}

/** Counts an event that was delivered in level mode, or after a re-arm. */
export function judgeEvent(
  registration: Registration,
  bits: ReadonlySet<string>,
  isAfterEnd: boolean,
  around: Surroundings,
  tell: Tell,
): void {
  const { description, isEdge, event } = registration;
  if (isEdge || registration.isAmbiguous || around.isBlind) return;
  if (description.hasEnded && registration.wantsRead && (bits.has('EPOLLIN') || hasEnd(bits))) {
    if (isAfterEnd && ++registration.endsAfterRead === ENDS_AFTER_READ) {
      const seen = `a read returned 0, the interest is still ${registration.interest}, and the end is reported again and again`;
      tell(registration, 'POLLUX_HALF_CLOSE_MISSED', seen, [registration.lastRead, event]);
    }
    return;
  }
  if (hasEnd(bits)) {
    if (++registration.ends !== REPEATS) return;
    const names = [...bits].join('|');
    tell(registration, 'POLLUX_END_IGNORED', `${names} was reported ${REPEATS} times, and nobody acts on it`, [event]);
    return;
  }
  registration.ends = 0;
  if (bits.has('EPOLLOUT')) judgeRoom(registration, tell);
}

function hasEnd(bits: ReadonlySet<string>): boolean {
  return bits.has('EPOLLHUP') || bits.has('EPOLLERR') || bits.has('EPOLLRDHUP');
}

function judgeRoom(registration: Registration, tell: Tell): void {
  if (++registration.rooms < REPEATS) return;
  const { readBetweenRooms, event } = registration;
  registration.rooms = 0;
  registration.readBetweenRooms = false;
  const code = readBetweenRooms ? 'POLLUX_WRITABLE_LEFT_ON' : 'POLLUX_WRITABLE_SPIN';
  tell(registration, code, `EPOLLOUT was reported ${REPEATS} times, and nothing is written`, [event]);
}
