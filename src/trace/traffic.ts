import type { Call } from './calls.js';
import type { Description } from './description.js';
import type { Epolls } from './epolls.js';
import type { Tell } from './findings.js';
import { type ReadSince, type Registration, shownCall } from './registration.js';
import {
  disarmedInWords,
  judgeBlocking,
  judgePrompted,
  leastQuiet,
  type Surroundings,
  undrainedInWords,
} from './rules.js';
import { bytesOfMessages, type Transfer } from './transfers.js';

/** What is read and written, and what that says of the registrations. */
export class Traffic implements Surroundings {
  readonly #epolls: Epolls;
  readonly #tell: Tell;
  /** Descriptions whose last write waits for room. */
  readonly #held = new Set<Description>();
  /** io_uring reads and writes, of which the trace shows nothing. */
  hasRings = false;
  /** A call of read(2) was seen: each program makes some, so that a trace without any leaves reads out. */
  hasReads: boolean;

  constructor(epolls: Epolls, tell: Tell, isWhole: boolean) {
    this.hasReads = isWhole;
    this.#epolls = epolls;
    this.#tell = tell;
  }

  get isBlind(): boolean {
    return this.hasRings || !this.hasReads;
  }

  get isHeldBack(): boolean {
    return this.#held.size > 0;
  }

  forget(description: Description): void {
    this.#held.delete(description);
  }

  /** A call has told the program something of `description`, or has changed it. `isDrain`: perhaps it has read. */
  acted(description: Description, isDrain: boolean): void {
    for (const registration of this.#epolls.watchersOf(description)) {
      registration.used();
      registration.ends = 0;
      if (isDrain) registration.isUndrained = false;
    }
  }

  wrote(description: Description, { length, wanted, error, messages }: Transfer, call: Call): void {
    if (isInterruption(error)) return;
    const isWhole = length !== undefined && (wanted === undefined || length >= wanted);
    description.writtenAt = call.endedAt;
    if (length !== undefined) description.written += description.kind === 'datagram' ? messages : bytesOfMessages(call);
    if (isWhole || (error !== undefined && error !== 'EAGAIN')) this.#held.delete(description);
    else this.#held.add(description);
    description.hasAnswered = isWhole;
    if (error !== undefined && error !== 'EAGAIN') description.isBroken = true;
    for (const registration of this.#epolls.watchersOf(description)) {
      registration.used();
      registration.rooms = 0;
      registration.readBetweenRooms = false;
      if (error !== 'EAGAIN') registration.ends = 0;
      if (length !== undefined && length > 0) registration.endsAfterRead = 0;
    }
  }

  /** A connection was accepted, or was not. */
  accepted(description: Description, call: Call, error: string | undefined): void {
    if (isInterruption(error)) return;
    description.kind = 'listener';
    this.#noteMemory(description);
    const outcome: Outcome = error === undefined ? 'one' : 'dry';
    for (const registration of this.#epolls.watchersOf(description))
      this.#readOf(registration, outcome, error === undefined ? 1 : undefined, true, call);
  }

  read(description: Description, transfer: Transfer, call: Call): void {
    const { length, error, isPeek, mayBlock } = transfer;
    if (isInterruption(error)) return;
    this.#noteMemory(description);
    if (length !== undefined && length > 0) {
      description.hasAnswered = false;
      if (!isPeek) description.taken += description.kind === 'datagram' ? transfer.messages : bytesOfMessages(call);
    }
    noteEnd(description, transfer, call);
    for (const registration of this.#epolls.watchersOf(description)) {
      const outcome = isPeek && length !== undefined ? 'peek' : outcomeOf(registration, transfer);
      this.#readOf(registration, outcome, length, mayBlock, call);
      if (length === undefined && error !== 'EAGAIN') registration.ends = 0;
    }
  }

  #readOf(
    registration: Registration,
    outcome: Outcome,
    length: number | undefined,
    mayBlock: boolean,
    call: Call,
  ): void {
    const { epoll } = registration;
    if (registration.isEdge || registration.isOneshot) {
      registration.lastRead = shownCall(call);
      registration.firstRead ??= registration.lastRead;
      if (registration.isPrompted) this.#prompted(registration);
      if (registration.isEdge && mayBlock && registration.events > 0) {
        epoll.suspects.add(registration);
        if (++registration.blockingReads > 1 && !this.isBlind) judgeBlocking(registration, this.#tell);
      }
    } else if (length === 0) registration.lastRead = shownCall(call);
    registration.used();
    if (length !== undefined && length > 0) {
      registration.ends = registration.endsAfterRead = 0;
      registration.readBetweenRooms = true;
    }
    if (outcome === 'dry') registration.isUndrained = false;
    else if (outcome !== 'peek') registration.readSince = outcome;
  }

  /** Whether the program reads without having been told to. */
  #noteMemory(description: Description): void {
    const watchers = this.#epolls.watchersOf(description);
    if (description.isPolled || watchers.size !== 1) return;
    for (const registration of watchers) this.#noteMemoryOf(registration);
  }

  #noteMemoryOf(registration: Registration): void {
    const { description } = registration;
    const { epoll, events, isUndrained, isPrompted, quietMs, isEdge, isOneshot } = registration;
    if (epoll.remembers || !(isEdge || isOneshot)) return;
    const isLost = isOneshot && registration.hasFired && (description.unread ?? 0) > 0;
    if (!isUndrained && !isLost) {
      // A read directly after a dry one belongs to the same event.
      if (events === 0 || epoll.waits > registration.usedAtWaits) epoll.remembers = true;
    } else if (!isPrompted && quietMs >= leastQuiet(registration, 'closes')) {
      epoll.lates++;
      if (epoll.lates > 1) epoll.remembers = true;
      else if (description.isReadable === true && (isLost || registration.readSince !== 'nothing'))
        this.#noteLate(registration);
    }
  }

  #noteLate(registration: Registration): void {
    const { epoll, event, firstRead, lastRead, quietMs, isOneshot } = registration;
    const when = `for ${Math.round(quietMs)} ms in which the program waited`;
    const code = isOneshot ? 'POLLUX_ONESHOT_NOT_REARMED' : 'POLLUX_EDGE_NOT_DRAINED';
    const seen = isOneshot ? disarmedInWords(registration, when) : undrainedInWords(registration, when);
    epoll.late = { tell: () => this.#tell(registration, code, seen, [event, firstRead, lastRead]) };
  }

  #prompted(registration: Registration): void {
    const { epoll, promptedAtWaits, promptedQuietMs } = registration;
    registration.isPrompted = false;
    if (epoll.waits === promptedAtWaits) judgePrompted(registration, this, promptedQuietMs, this.#tell);
  }
}

/** What a read says: nothing is left; it only looked; or what ReadSince says. */
type Outcome = 'dry' | 'peek' | Exclude<ReadSince, 'nothing'>;

function outcomeOf(registration: Registration, { length, wanted, messages }: Transfer): Outcome {
  const { description, sawReadClosed, sawHangup } = registration;
  if (length === undefined || length === 0) return 'dry';
  const { isReadable, kind } = description;
  if (isReadable === false) return 'dry';
  if (kind === 'datagram' || kind === 'listener') {
    return wanted !== undefined && messages > 1 && length < wanted ? 'dry' : 'one';
  }
  if (wanted === undefined) return 'dry';
  if (length >= wanted) return 'full';
  // epoll(7), Q9: a short read of a stream is the end of what is there, unless the peer sends no more.
  const isEndLeft = isReadable === true ? (description.unread ?? 1) <= 0 : sawReadClosed || sawHangup;
  return isEndLeft && registration.isEdge ? 'short' : 'dry';
}

function noteEnd(description: Description, { length, wanted, error, isPeek }: Transfer, call: Call): void {
  if (error !== undefined && error !== 'EAGAIN') description.isBroken = description.kind !== 'datagram';
  if (length !== 0 || wanted === 0 || description.kind === 'datagram' || description.kind === 'terminal') return;
  if (isPeek && wanted === undefined) return;
  description.hasEnded = true;
  description.endedAt = call.endedAt;
}

/** The call is made again, or was never made. */
function isInterruption(error: string | undefined): boolean {
  return error === 'EINTR' || (error?.startsWith('ERESTART') ?? false);
}
