import { EDGE, ERROR, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE, type Poller } from 'pollux';
import { bytesReadable } from 'pollux/sys';
import type { WatchedFile } from './watched-file.js';

/** The numbers of <sys/epoll.h>, which are the same on every processor that Linux runs on. */
export const BITS = {
  EPOLLIN: 0x001,
  EPOLLPRI: 0x002,
  EPOLLOUT: 0x004,
  EPOLLERR: 0x008,
  EPOLLHUP: 0x010,
  EPOLLRDHUP: 0x2000,
  EPOLLONESHOT: 0x40000000,
  EPOLLET: 0x80000000,
} as const;

/** Reported whether asked for or not, epoll_ctl(2). */
const UNASKED = BITS.EPOLLERR | BITS.EPOLLHUP;

/** The interest of pollux for the events of a registration with `poller`. */
export function interestOf(events: number, { capabilities }: Poller): number {
  let interest = 0;
  if (events & BITS.EPOLLIN) interest |= READABLE;
  if (events & BITS.EPOLLOUT) interest |= WRITABLE;
  if (events & BITS.EPOLLPRI) interest |= PRIORITY;
  if (events & BITS.EPOLLRDHUP) interest |= READ_CLOSED;
  // pollux pauses a registration without interest. epoll reports errors and hangups of it, as PRIORITY does. Where a
  // kernel has no such events, an edge of READ_CLOSED stands in, which is reported once.
  if (interest === 0) interest = capabilities.priority ? PRIORITY : READ_CLOSED | EDGE;
  if (events & BITS.EPOLLET) interest |= EDGE;
  if (events & BITS.EPOLLONESHOT) interest |= ONESHOT;
  return interest;
}

/** The events that epoll reports where pollux reports `readiness`, to a registration that asked for `asked`. */
export function eventsOf(fd: number, file: WatchedFile, readiness: number, asked: number): number {
  let events = 0;
  if (readiness & READABLE) events |= BITS.EPOLLIN;
  if (readiness & WRITABLE) events |= BITS.EPOLLOUT;
  if (readiness & PRIORITY) events |= BITS.EPOLLPRI;
  if (readiness & READ_CLOSED) events |= BITS.EPOLLRDHUP;
  if (readiness & ERROR) events |= BITS.EPOLLERR;
  if (readiness & HANGUP) events |= BITS.EPOLLHUP;
  if (readiness & (ERROR | HANGUP)) events &= ~impliedBits(fd, file, readiness);
  return events & (asked | UNASKED);
}

/**
 * What pollux says because of an error or a hangup, after which no call blocks, and epoll does not say: EPOLLIN where
 * there is nothing to read, EPOLLOUT of what is not open for writing, EPOLLRDHUP of what is no socket.
 */
function impliedBits(fd: number, { isSocket, mode }: WatchedFile, readiness: number): number {
  // A socket that gets nothing more has EPOLLIN until it is closed.
  if (isSocket) return readiness & READ_CLOSED || hasInput(fd) ? 0 : BITS.EPOLLIN;
  const ofReader = mode === 'read' ? BITS.EPOLLOUT : 0;
  return BITS.EPOLLRDHUP | ofReader | (mode !== 'write' && hasInput(fd) ? 0 : BITS.EPOLLIN);
}

function hasInput(fd: number): boolean {
  try {
    return bytesReadable(fd) > 0;
  } catch {
    // Not every device can say. A terminal that was hung up says EIO, and epoll all bits.
    return true;
  }
}
