import { EDGE, ERROR, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import { bytesReadable, classify } from 'pollux/sys';

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

/** The interest of pollux for the events of a registration. */
export function interestOf(events: number): number {
  let interest = 0;
  if (events & BITS.EPOLLIN) interest |= READABLE;
  if (events & BITS.EPOLLOUT) interest |= WRITABLE;
  if (events & BITS.EPOLLPRI) interest |= PRIORITY;
  if (events & BITS.EPOLLRDHUP) interest |= READ_CLOSED;
  // For pollux a registration without interest is paused. For epoll it reports errors and hangups, as PRIORITY does.
  if (interest === 0) interest = PRIORITY;
  if (events & BITS.EPOLLET) interest |= EDGE;
  if (events & BITS.EPOLLONESHOT) interest |= ONESHOT;
  return interest;
}

/** The events that epoll reports where pollux reports `readiness`, of a registration that asked for `asked`. */
export function eventsOf(fd: number, readiness: number, asked: number): number {
  let events = 0;
  if (readiness & WRITABLE) events |= BITS.EPOLLOUT;
  if (readiness & PRIORITY) events |= BITS.EPOLLPRI;
  if (readiness & READ_CLOSED) events |= BITS.EPOLLRDHUP;
  if (readiness & ERROR) events |= BITS.EPOLLERR;
  if (readiness & HANGUP) events |= BITS.EPOLLHUP;
  if (readiness & READABLE && ((readiness & (ERROR | HANGUP)) === 0 || hasInput(fd, readiness))) events |= BITS.EPOLLIN;
  return events & (asked | UNASKED);
}

/**
 * Whether epoll says EPOLLIN beside an error or a hangup, where pollux is READABLE anyway: there is something to read,
 * or a socket has been told that nothing more comes.
 */
function hasInput(fd: number, readiness: number): boolean {
  try {
    return ((readiness & READ_CLOSED) !== 0 && classify(fd).kind === 'socket') || bytesReadable(fd) > 0;
  } catch {
    // ENOTTY: not every device says how much there is to read.
    return true;
  }
}
