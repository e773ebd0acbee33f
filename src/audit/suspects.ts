import { binding } from '../addon/binding.js';
import { READABLE, WRITABLE } from '../interest.js';
import { ClosedNumbers } from './closed-numbers.js';
import { Oracle } from './oracle.js';
import type { Registration } from './registration.js';
import { asksForNothing, type Verdict, verdictOnBlocking, verdictOnSilence } from './rules.js';

/** An edge registration that so many looks in a row find ready has no event, although the poller may have others. */
const MOST_SIGHTINGS = 5;

/** Reports a fault of a registration. Returns the error to throw, in the mode 'throw'. */
export type Tell = (registration: Registration, verdict: Verdict, kind?: string) => Error | undefined;

/** The registrations of one poller that may turn out to be at fault without an event that shows it. */
export class Suspects {
  readonly #registrations: ReadonlyMap<number, Registration>;
  readonly #tell: Tell;
  readonly #oracle = new Oracle();
  /** Those whose mode was not judged yet. */
  readonly #fresh = new Set<Registration>();
  /** Those that are silent until somebody uses them. */
  readonly #silent = new Set<Registration>();
  readonly #closed: ClosedNumbers;
  /** The descriptor of the poller; set when it is open. */
  pollerFd = -1;
  /** Other threads may read, re-arm and close: what needs all of that is not judged. */
  #isShared = false;

  constructor(registrations: ReadonlyMap<number, Registration>, tell: Tell) {
    this.#registrations = registrations;
    this.#tell = tell;
    this.#closed = new ClosedNumbers(registrations);
  }

  get isEmpty(): boolean {
    return this.#silent.size + this.#fresh.size + this.#closed.size === 0;
  }

  get hasSilent(): boolean {
    return this.#silent.size > 0;
  }

  get isShared(): boolean {
    return this.#isShared;
  }

  shared(): void {
    this.#isShared = true;
    this.#silent.clear();
  }

  /** Somebody has set the mode of `registration`. */
  addFresh(registration: Registration): void {
    this.#fresh.add(registration);
  }

  /** `registration` reports nothing more until somebody uses it. */
  addSilent(registration: Registration): void {
    if (!this.#isShared) this.#silent.add(registration);
  }

  forget(registration: Registration): void {
    this.#fresh.delete(registration);
    this.#silent.delete(registration);
  }

  /** The number of `registration`, a descriptor that was `kind`, was closed or given to another file. */
  noteClosed(registration: Registration, kind = registration.kind): void {
    if (registration.isGone || this.#isShared) return;
    this.forget(registration);
    this.#closed.note(registration, kind);
  }

  lookForClosed(everywhere: boolean): void {
    if (this.#isShared) return;
    if (everywhere) this.#closed.lookAtAll();
    else this.#closed.lookAtSome();
  }

  judgeFresh(): Error | undefined {
    let error: Error | undefined;
    for (const registration of this.#fresh) {
      if (registration.isGone) continue;
      if (asksForNothing(registration)) this.addSilent(registration);
      else error = this.#judge(registration, verdictOnBlocking(registration)) ?? error;
    }
    this.#fresh.clear();
    return error;
  }

  judgeClosed(): Error | undefined {
    const epollFd = binding().backend === 'epoll' ? this.pollerFd : undefined;
    let error: Error | undefined;
    for (const [registration, verdict, kind] of this.#closed.take(epollFd))
      error = this.#tell(registration, verdict, kind) ?? error;
    return error;
  }

  /**
   * `ms` more have passed in which the program waited. `isWhole`: nobody has used a descriptor in that time. Otherwise
   * it does not count for those that somebody has used since the last call.
   */
  passed(ms: number, isWhole: boolean): void {
    for (const registration of this.#silent) {
      if (isWhole || registration.isQuiet) registration.quietMs += ms;
      registration.isQuiet = true;
    }
  }

  /**
   * Judges those that nobody has used for `quietMs`, unless `isHeldBack` says that a write waits for room: then a
   * reader may wait on purpose.
   */
  judgeSilent(quietMs: number, isHeldBack: () => boolean): Error | undefined {
    return this.#judgeSilent(quietMs, isHeldBack, false);
  }

  #judgeSilent(quietMs: number, isHeldBack: () => boolean, isEnd: boolean): Error | undefined {
    let error: Error | undefined;
    let isHeld: boolean | undefined;
    for (const registration of this.#silent) {
      if (registration.isGone) this.#silent.delete(registration);
      if (registration.isGone || registration.quietMs < quietMs || (isHeld ??= isHeldBack())) continue;
      const verdict = verdictOnSilence(registration, this.#oracle);
      if (verdict?.[0] === 'POLLUX_EDGE_NOT_DRAINED' && this.#mayHaveEvent(registration, isEnd)) continue;
      // A registration that has fired is silent whatever happens; another one has its next event.
      if (verdict !== undefined || !registration.hasFired) this.#silent.delete(registration);
      registration.quietMs = 0;
      error = this.#judge(registration, verdict) ?? error;
    }
    return error;
  }

  /** The poller is closed, or the process ends. A mode that was left without an interest was no pause. */
  judgeAtEnd(quietMs: number, isHeldBack: () => boolean): Error | undefined {
    const error = this.judgeFresh();
    for (const registration of this.#silent) if (asksForNothing(registration)) registration.quietMs = quietMs;
    return this.#judgeSilent(quietMs, isHeldBack, true) ?? error;
  }

  /**
   * Whether the readiness of an edge registration may be news, whose event the next wait, or the next turn of the loop,
   * delivers.
   */
  #mayHaveEvent(registration: Registration, isEnd: boolean): boolean {
    return ++registration.sightings < (this.isPollerReady() ? MOST_SIGHTINGS : isEnd ? 1 : 2);
  }

  /** Whether a write to a descriptor of this poller waits for room. */
  awaitsRoom(): boolean {
    for (const { awaitsRoom, fd } of this.#registrations.values())
      if (awaitsRoom && this.#oracle.readinessOf(fd, WRITABLE) === 0) return true;
    return false;
  }

  /** Whether the kernel has events for the poller now. */
  isPollerReady(): boolean {
    return this.#oracle.readinessOf(this.pollerFd, READABLE) !== 0;
  }

  close(): void {
    this.#oracle.close();
  }

  #judge(registration: Registration, verdict: Verdict | undefined): Error | undefined {
    return verdict === undefined ? undefined : this.#tell(registration, verdict);
  }
}
