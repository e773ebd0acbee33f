import { errorOf, eventsOf, numberOf } from './arguments.js';
import type { Advice } from './advice.js';
import type { Call } from './calls.js';
import type { Closed, Epoll } from './epoll.js';
import { type Epolls, hasDuplicate } from './epolls.js';
import type { Tell } from './findings.js';
import { bitsOf, type Registration, shownCall } from './registration.js';
import { judgeEvent, judgeSilence, type Moment, QUIET_MS, type Surroundings } from './rules.js';

/** The least time of waiting between two judgements of an epoll instance, in milliseconds. */
const JUDGE_MS = 50;
/** How long a descriptor that was closed without EPOLL_CTL_DEL is doubtful: it may be the program's habit. */
const DOUBT_MS = 2000;

const WENT_ON = 'the number was closed without EPOLL_CTL_DEL, and the program went on waiting';

/** Waits for events: what they bring, and what is judged when they end. */
export class Waits {
  readonly #epolls: Epolls;
  readonly #around: Surroundings;
  readonly #advice: Advice;
  readonly #tell: Tell;
  readonly #waiting = new Map<number, Epoll>();

  constructor(epolls: Epolls, around: Surroundings, advice: Advice, tell: Tell) {
    this.#epolls = epolls;
    this.#around = around;
    this.#advice = advice;
    this.#tell = tell;
  }

  /** The wait blocks, and other tasks go on. */
  began(epoll: Epoll, { pid, beganMs }: Call): void {
    epoll.waitBegins(beganMs);
    this.#waiting.set(pid, epoll);
  }

  /** The task ends in a wait. */
  exited(pid: number, timeMs: number): void {
    const epoll = this.#waiting.get(pid);
    if (epoll === undefined) return;
    this.#waiting.delete(pid);
    epoll.waitEnds(timeMs);
  }

  ended(epoll: Epoll, call: Call): void {
    if (this.#waiting.get(call.pid) !== epoll) {
      this.exited(call.pid, call.beganMs);
      epoll.waitBegins(call.beganMs);
    }
    this.#waiting.delete(call.pid);
    epoll.waitEnds(call.endedMs);
    // Where timestamps are missing or coarse, a wait that brought nothing has taken its timeout.
    const knownMs = call.endedMs - call.beganMs || 0;
    if (numberOf(call.result) === 0) epoll.waited(Math.max(0, timeoutOf(call) - knownMs));
    epoll.parting.length = 0;
    this.#judge(epoll);
    if (knownMs >= JUDGE_MS && epoll.closed.size > 0) this.#judgeReused(epoll, call);
    const [, list = ''] = call.args;
    const count = numberOf(call.result) ?? 0;
    if (count > 0) for (const { bits, data } of eventsOf(list)) this.#event(epoll, bits, data, call);
    if (errorOf(call.result) === undefined) this.#advice.waited(epoll, call, count);
  }

  #event(epoll: Epoll, text: string, data: string, call: Call): void {
    epoll.events++;
    const registration = epoll.withData(data);
    if (registration === undefined) return;
    const bits = bitsOf(text);
    if (registration.isGhost) {
      registration.delivered(call, bits);
      this.#tellGhost(registration, `${text} was reported for it after it was closed`, true);
      return;
    }
    const { isEdge, isUndrained, isPrompted, quietMs, event, firstRead, lastRead, readSince } = registration;
    const isLeft = isEdge && isUndrained && quietMs >= QUIET_MS && registration.description.isReadable !== false;
    registration.delivered(call, bits);
    // The event before is the one that was not drained: it stays what is shown.
    if (isLeft || isPrompted) {
      if (!isPrompted) registration.promptedQuietMs = quietMs;
      Object.assign(registration, {
        isPrompted: true,
        promptedAtWaits: epoll.waits,
        event,
        firstRead,
        lastRead,
        readSince,
      });
    }
    if (isEdge || registration.isOneshot) epoll.suspects.add(registration);
    // Several threads that wait at a time are told of the same event before anybody can act on it.
    if (call.beganAt <= registration.eventAt) return;
    registration.eventAt = call.endedAt;
    const isAfterEnd = call.beganAt > registration.description.endedAt;
    judgeEvent(registration, bits, isAfterEnd, this.#around, this.#tell);
  }

  #judge(epoll: Epoll): void {
    for (const registration of epoll.fresh) {
      this.#advice.registered(registration);
      if (registration.wantsNothing) epoll.suspects.add(registration);
    }
    epoll.fresh.clear();
    if (epoll.ghosts.size > 0) this.#judgeGhosts(epoll, QUIET_MS);
    for (const closed of epoll.doubtful)
      if (epoll.waitedMs - closed.atMs >= DOUBT_MS) this.#tellClosed(epoll, closed, WENT_ON);
    if (epoll.waitedMs - epoll.judgedAtMs < JUDGE_MS) return;
    epoll.judgedAtMs = epoll.waitedMs;
    for (const registration of epoll.suspects) this.judge(registration, 'waits');
  }

  judge(registration: Registration, moment: Moment): void {
    const { suspects } = registration.epoll;
    if (!suspects.has(registration)) return;
    if (judgeSilence(registration, moment, this.#around, this.#tell)) suspects.delete(registration);
    else if (moment === 'closes') this.#judgeParting(registration);
  }

  /** Where the program ends without another wait, what it closes now was open until its end. */
  #judgeParting(registration: Registration): void {
    const epoll = this.#epolls.at(registration.epoll.description);
    judgeSilence(registration, 'ends', this.#around, (...finding) => epoll?.parting.push(() => this.#tell(...finding)));
  }

  /**
   * A number that was closed without EPOLL_CTL_DEL is another file now, which was ready during the whole wait, and
   * which nobody has registered or read.
   */
  #judgeReused(epoll: Epoll, { beganAt }: Call): void {
    for (const [fd, closed] of epoll.closed) {
      const description = closed.registration.table.slots.get(fd)?.description;
      if (description === undefined || !((description.unread ?? 0) > 0)) continue;
      if (description.peer!.writtenAt >= beganAt || this.#epolls.watchersOf(description).size > 0) continue;
      epoll.closed.delete(fd);
      this.#tellClosed(
        epoll,
        closed,
        'the number was closed without EPOLL_CTL_DEL, and is another file now, which is ready and not registered',
      );
    }
  }

  #judgeGhosts(epoll: Epoll, leastMs: number): void {
    for (const registration of epoll.ghosts) {
      const { table, description, closedAtMs, closedAtWaits } = registration;
      const isForLong = epoll.waitedMs - closedAtMs >= leastMs;
      const isHere = epoll.waits > closedAtWaits && hasDuplicate(table, description);
      if (description.holders > 0 && (isForLong || isHere))
        this.#tellGhost(registration, 'it was closed, and a duplicate keeps its registration alive', false);
    }
  }

  #tellGhost(registration: Registration, seen: string, hasEvent: boolean): void {
    const { closed, event } = registration;
    this.#tell(registration, 'POLLUX_GHOST', seen, [closed, hasEvent ? event : undefined]);
  }

  #tellClosed(epoll: Epoll, closed: Closed, seen: string, evidence?: Call): void {
    epoll.doubtful.delete(closed);
    const { registration } = closed;
    const shown = evidence === undefined ? undefined : shownCall(evidence);
    this.#tell(registration, 'POLLUX_CLOSED_WHILE_REGISTERED', seen, [registration.closed, shown]);
  }

  /** A call about `fd` has said that there is no such descriptor, or no such registration. */
  refused(epoll: Epoll, fd: number, call: Call): void {
    const closed = epoll.closed.get(fd);
    if (closed !== undefined)
      this.#tellClosed(
        epoll,
        closed,
        'the number was closed without EPOLL_CTL_DEL, and then used as if it were open',
        call,
      );
  }

  /** Nobody holds the epoll instance any more. */
  close(epoll: Epoll): void {
    for (const registration of epoll.suspects) this.judge(registration, 'ends');
    this.#judgeGhosts(epoll, QUIET_MS / 2);
    for (const closed of epoll.doubtful) if (epoll.waits > closed.atWaits) this.#tellClosed(epoll, closed, WENT_ON);
    for (const tell of epoll.parting) tell();
    if (!epoll.remembers) epoll.late?.tell();
    this.#advice.ended(epoll);
    this.#epolls.close(epoll);
  }

  /** The trace ends while programs run. */
  end(timeMs: number): void {
    for (const pid of [...this.#waiting.keys()]) this.exited(pid, timeMs);
    for (const epoll of [...this.#epolls.all]) this.close(epoll);
  }
}

function timeoutOf({ name, args }: Call): number {
  if (name !== 'epoll_pwait2') return Math.max(0, Number.parseInt(args[3] ?? '0', 10) || 0);
  const [, seconds = '0', nanoseconds = '0'] = /tv_sec=(\d+), tv_nsec=(\d+)/.exec(args[3] ?? '') ?? [];
  return Number(seconds) * 1000 + Number(nanoseconds) / 1e6;
}
