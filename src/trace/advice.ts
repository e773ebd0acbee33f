import type { Call } from './calls.js';
import type { Epoll } from './epoll.js';
import type { About, Tell } from './findings.js';
import { type Registration, shownCall } from './registration.js';

/** How often something unwise is done until it is told. */
const CANCELLED = 10;
const SINGLES = 100;
const MODIFICATIONS = 100;

/** What is merely unwise. */
export class Advice {
  readonly #tell: Tell;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** A wait has come to its end, with `count` events. */
  waited(epoll: Epoll, call: Call, count: number): void {
    if (epoll.waits === 1) this.#inherited(epoll);
    const isOne = call.args[2] === '1' && count === 1;
    const isImmediate = call.endedMs - call.beganMs < 1;
    epoll.singles = isOne && isImmediate ? epoll.singles + 1 : 0;
    if (epoll.singles !== SINGLES) return;
    const seen = `${SINGLES} waits in a row had room for one event, and returned at once: more were ready`;
    this.#tell(ofEpoll(epoll), 'POLLUX_WAIT_PER_EVENT', seen, [shownCall(call)]);
  }

  #inherited(epoll: Epoll): void {
    const { fd, description, owner } = epoll;
    if (owner.table.slots.get(fd)?.description !== description || owner.table.slots.get(fd)!.closesOnExec !== false)
      return;
    const seen = 'the epoll instance is open in every program that is executed';
    this.#tell(ofEpoll(epoll), 'POLLUX_EPOLL_INHERITED', seen, []);
  }

  /** The first wait after EPOLL_CTL_ADD. */
  registered(registration: Registration): void {
    const { table, fd, description } = registration;
    if (description.kind === 'listener' && table.slots.get(fd)?.closesOnExec === false) {
      const seen = 'the listener is open in every program that is executed, and its port stays in use while one runs';
      this.#tell(registration, 'POLLUX_LISTENER_INHERITED', seen, []);
    }
  }

  /** epoll_ctl has refused `interest`. */
  refused(epoll: Epoll, call: Call, interest: string): void {
    if (!interest.includes('EPOLLEXCLUSIVE') || !call.result.includes('EINVAL')) return;
    const seen = 'EPOLLEXCLUSIVE was refused: it is for EPOLL_CTL_ADD, and for EPOLLIN, EPOLLOUT and EPOLLET alone';
    this.#tell(ofEpoll(epoll), 'POLLUX_EXCLUSIVE_MISUSED', seen, [shownCall(call)]);
  }

  /** epoll_ctl has changed `registration`; `isMod` tells EPOLL_CTL_MOD from EPOLL_CTL_DEL. */
  changed(epoll: Epoll, registration: Registration, call: Call, isMod: boolean): void {
    const { bits, changedAt, description } = registration;
    const isUnseen = changedAt === epoll.epoch && epoll.waiters === 0;
    if (isUnseen && ++epoll.cancelled === CANCELLED) {
      const seen = `${CANCELLED} times epoll_ctl was called again for the same descriptor before the next wait`;
      this.#tell(registration, 'POLLUX_CTL_CANCELLED', seen, [registration.added, shownCall(call)]);
    }
    registration.changedAt = epoll.epoch;
    if (!isMod || bits.has('EPOLLONESHOT') || bits.has('EPOLLET') || description.kind === 'epoll') return;
    if (++epoll.modifications !== MODIFICATIONS || epoll.modifications * 2 < epoll.events) return;
    const seen = `${MODIFICATIONS} calls of EPOLL_CTL_MOD for ${epoll.events} events`;
    this.#tell(registration, 'POLLUX_MODIFY_STORM', seen, [registration.added, shownCall(call)]);
  }

  /** Nobody holds the epoll instance any more. */
  ended(epoll: Epoll): void {
    const { closedCount, lastClosed } = epoll;
    if (lastClosed !== undefined && epoll.closesByHabit) {
      const seen = `${closedCount} descriptors were closed without EPOLL_CTL_DEL, this one last`;
      this.#tell(lastClosed, 'POLLUX_CLOSE_WITHOUT_DEL', seen, [lastClosed.closed]);
    }
    for (const registration of epoll.registrations()) {
      const { bits, description, events } = registration;
      if (!bits.has('EPOLLEXCLUSIVE') || events === 0 || description.mostWatchers > 1) continue;
      const seen = 'EPOLLEXCLUSIVE does nothing: no other epoll instance watches the descriptor';
      this.#tell(registration, 'POLLUX_EXCLUSIVE_MISUSED', seen, []);
    }
  }
}

/** What is told of an epoll instance itself. */
function ofEpoll({ fd, description, owner, made }: Epoll): About {
  return { fd, description, process: owner.process, interest: '', added: made };
}
