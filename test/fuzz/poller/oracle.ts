import { EDGE, ERROR, EXCLUSIVE, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP } from '../../support/descriptors.js';
import { BACKEND, KERNEL } from '../../support/facts.js';
import type { File } from './file.js';

const ASKABLE = READABLE | WRITABLE | PRIORITY | READ_CLOSED;
const OVER = POLLHUP | POLLERR;
const IS_EPOLL = BACKEND === 'epoll';

/** How many records of one registration the kernel may have at most: kqueue has one for each filter. */
export const RECORDS_OF_ONE = IS_EPOLL ? 1 : 3;

/** Whether a registration with this interest can be reported at all. */
export function asksForSomething(interest: number): boolean {
  return (interest & ASKABLE) !== 0;
}

/** The bits that an event may have for `interest`: those asked for, hangup and error, and the end beside READABLE. */
export function askedBits(interest: number): number {
  const asked = interest & ASKABLE;
  if (asked === 0) return 0;
  return asked | HANGUP | ERROR | ((asked & READABLE) !== 0 ? READ_CLOSED : 0);
}

/** The bits of poll(2) that make an event for `interest`. */
export function pollBits(interest: number): number {
  if (!asksForSomething(interest)) return 0;
  let bits = OVER;
  if (interest & READABLE) bits |= POLLIN | POLLRDHUP;
  if (interest & WRITABLE) bits |= POLLOUT;
  if (interest & PRIORITY) bits |= POLLPRI;
  if (interest & READ_CLOSED) bits |= POLLRDHUP;
  return bits;
}

/** The readiness that poll(2)'s bits mean according to the promises. */
function translate(revents: number, interest: number): number {
  const isOver = (revents & OVER) !== 0;
  let bits = 0;
  if (interest & READABLE && (isOver || revents & (POLLIN | POLLRDHUP))) bits |= READABLE;
  if (interest & WRITABLE && (isOver || revents & POLLOUT)) bits |= WRITABLE;
  if (interest & PRIORITY && revents & POLLPRI) bits |= PRIORITY;
  if (interest & (READABLE | READ_CLOSED) && revents & (POLLRDHUP | POLLHUP)) bits |= READ_CLOSED;
  if (revents & POLLHUP) bits |= HANGUP;
  if (revents & POLLERR) bits |= ERROR;
  return bits;
}

/** The bits that have to be in an event of `file` while poll(2) says `revents`; 0: no event has to come. */
export function mustBits(file: File, revents: number, interest: number): number {
  // A socket that was never connected promises nothing.
  if (!asksForSomething(interest) || file.kind === 'fresh') return 0;
  if (IS_EPOLL) {
    // EPOLLRDHUP is refused beside EPOLLEXCLUSIVE.
    return (
      translate(interest & EXCLUSIVE ? revents & ~POLLRDHUP : revents, interest) &
      ~(interest & EXCLUSIVE ? READ_CLOSED : 0)
    );
  }
  return mustBitsOfKqueue(file, revents, interest);
}

/** The bits that an event of `file` may have while poll(2) says `revents`. */
export function mayBits(file: File, revents: number, interest: number): number {
  if (!asksForSomething(interest)) return 0;
  if (IS_EPOLL) return translate(revents, interest);
  return mayBitsOfKqueue(file, revents, interest);
}

/**
 * Data and room to write are reported alike on all kernels. Which end counts as a hangup where Linux says POLLHUP
 * differs by kind of file (docs/internals/kernels.md), and is left to the clauses of the conformance suite.
 */
function mustBitsOfKqueue(file: File, revents: number, interest: number): number {
  if (file.kind === 'poller' || file.kind === 'event') return 0;
  let bits = 0;
  if (interest & READABLE && revents & POLLIN && !(revents & POLLERR)) bits |= READABLE;
  // The simulator is not told when a pseudoterminal has room again.
  const isTold = file.kind !== 'pty' && !file.shutWrite && (revents & OVER) === 0;
  if (interest & WRITABLE && revents & POLLOUT && isTold) bits |= WRITABLE;
  return bits;
}

/**
 * Whether `add()` refuses a file that poll(2) accepts: NetBSD reports neither room nor the end to the writer of a FIFO.
 */
export function isDeaf(file: File): boolean {
  return KERNEL === 'netbsd' && file.kind === 'fifo' && file.isWriteEnd && file.peer!.references > 0;
}

function mayBitsOfKqueue(file: File, revents: number, interest: number): number {
  const asked = askedBits(interest);
  if (file.kind === 'fresh' || file.kind === 'poller' || file.kind === 'event' || (revents & OVER) !== 0) return asked;
  // macOS counts what is unread at both ends of a FIFO (vfs_vnops.c, vnode_readable_data_count).
  if (file.kind === 'fifo' && KERNEL === 'darwin') return asked;
  let bits = 0;
  if (revents & (POLLIN | POLLRDHUP)) bits |= READABLE;
  if (revents & POLLOUT || file.shutWrite || revents & POLLRDHUP) bits |= WRITABLE;
  // Pipes of these two kernels carry data both ways, which Linux's poll(2) does not know.
  if (file.kind === 'pipe' && (KERNEL === 'freebsd' || KERNEL === 'openbsd')) bits |= WRITABLE;
  // macOS reports the urgent byte until the mark has been read (uipc_socket.c, filt_soread_common). For other sockets
  // the simulator uses recv(MSG_OOB) of Linux.
  if (revents & POLLPRI || ((file.hadOutOfBand || file.kind !== 'tcp') && KERNEL !== 'freebsd' && KERNEL !== 'netbsd'))
    bits |= PRIORITY;
  if (revents & POLLRDHUP || file.shutRead || file.peer?.shutWrite === true) bits |= READ_CLOSED | READABLE;
  if (file.shutWrite && (revents & POLLRDHUP || file.shutRead)) bits |= HANGUP;
  return bits & asked;
}

export function isEdge(interest: number): boolean {
  return (interest & EDGE) !== 0;
}

export function isOneshot(interest: number): boolean {
  return (interest & ONESHOT) !== 0;
}

/** Whether on this kernel it is certain both when an edge of `file` comes and when none comes. */
export function hasExactEdges(file: File): boolean {
  return IS_EPOLL && file.isImmediate;
}
