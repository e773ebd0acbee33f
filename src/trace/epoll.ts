import type { Description } from './description.js';
import type { Instance, Owner, Registration, ShownCall } from './registration.js';

/** A descriptor that was closed as the last of its file, without EPOLL_CTL_DEL. */
export interface Closed {
  readonly registration: Registration;
  readonly atMs: number;
  readonly atWaits: number;
}

/** A program that closes more than so many descriptors without EPOLL_CTL_DEL does so on purpose. */
const MOST_CLOSED = 8;

/** One epoll instance. */
export class Epoll implements Instance {
  readonly description: Description;
  readonly fd: number;
  readonly made: ShownCall;
  readonly owner: Owner;
  /** By descriptor: several where a number was used again while a duplicate keeps the old one. */
  readonly #byFd = new Map<number, Set<Registration>>();
  readonly #byData = new Map<string, Set<Registration>>();
  /** Registrations that may turn out to be faults. */
  readonly suspects = new Set<Registration>();
  /** Registrations whose mode is to be looked at. */
  readonly fresh = new Set<Registration>();
  /** Poller in a poller: who waits for this one, waits for those as well. */
  readonly inners = new Set<Epoll>();
  /** What was closed without EPOLL_CTL_DEL, by descriptor; and what of it may be a fault. */
  readonly closed = new Map<number, Closed>();
  readonly doubtful = new Set<Closed>();
  /** Registrations that nobody can end. */
  readonly ghosts = new Set<Registration>();
  /** What would be told if the program ended before its next wait. */
  readonly parting: Array<() => void> = [];
  /** A read came late, and without an event: a fault, unless the program turns out to remember what is ready. */
  late: { readonly tell: () => void } | undefined;
  lates = 0;
  /** How many were closed without EPOLL_CTL_DEL. */
  closedCount = 0;
  lastClosed: Registration | undefined;
  /** How long the program has waited, in milliseconds, and how often. */
  waitedMs = 0;
  waits = 0;
  judgedAtMs = 0;
  /** Changes with every wait that begins or ends. */
  epoch = 0;
  waiters = 0;
  #waitingSinceMs = NaN;
  /** The program reads without an event as well: it remembers what is ready, and is not bound to the next event. */
  remembers = false;
  events = 0;
  modifications = 0;
  cancelled = 0;
  singles = 0;

  constructor(description: Description, fd: number, made: ShownCall, owner: Owner) {
    this.description = description;
    this.fd = fd;
    this.made = made;
    this.owner = owner;
  }

  *registrations(): Generator<Registration> {
    for (const each of this.#byFd.values()) yield* each;
  }

  add(registration: Registration): void {
    put(this.#byFd, registration.fd, registration);
    put(this.#byData, registration.data, registration);
    this.#markAmbiguous(registration.data);
  }

  remove(registration: Registration): void {
    take(this.#byFd, registration.fd, registration);
    take(this.#byData, registration.data, registration);
    this.suspects.delete(registration);
    this.fresh.delete(registration);
    this.ghosts.delete(registration);
  }

  setData(registration: Registration, change: () => void): void {
    take(this.#byData, registration.data, registration);
    change();
    put(this.#byData, registration.data, registration);
    this.#markAmbiguous(registration.data);
  }

  #markAmbiguous(data: string): void {
    const same = this.#byData.get(data)!;
    const alive = [...same].filter(({ isGhost }) => !isGhost);
    if (alive.length > 1) for (const registration of alive) registration.isAmbiguous = true;
  }

  /** The registration of `fd` for `description`. */
  of(fd: number, description: Description): Registration | undefined {
    for (const registration of this.#byFd.get(fd) ?? [])
      if (registration.description === description) return registration;
    return undefined;
  }

  /** The registration with this data; undefined: none, or one of several. */
  withData(data: string): Registration | undefined {
    const same = this.#byData.get(data);
    if (same === undefined) return undefined;
    if (same.size === 1) return same.values().next().value;
    const alive = [...same].filter(({ isGhost }) => !isGhost);
    return alive.length === 1 ? alive[0] : undefined;
  }

  waitBegins(timeMs: number): void {
    this.epoch++;
    if (this.waiters++ === 0) this.#waitingSinceMs = timeMs;
  }

  waitEnds(timeMs: number): void {
    this.waitsUntil(timeMs);
    this.epoch++;
    this.waits++;
    this.waiters--;
  }

  /** Counts the time up to now, where somebody waits. */
  waitsUntil(timeMs: number): void {
    if (this.waiters > 0 && timeMs > this.#waitingSinceMs) {
      this.waited(timeMs - this.#waitingSinceMs);
      this.#waitingSinceMs = timeMs;
    }
  }

  waited(ms: number): void {
    this.waitedMs += ms;
    for (const inner of this.inners) if (inner !== this) inner.waitedMs += ms;
  }

  /** `registration` ended with its descriptor, and nobody had taken it away. */
  wasClosed(registration: Registration, isHarmless: boolean): void {
    this.closedCount++;
    this.lastClosed = registration;
    const closed: Closed = { registration, atMs: this.waitedMs, atWaits: this.waits };
    this.closed.set(registration.fd, closed);
    if (this.closesByHabit) this.doubtful.clear();
    else if (!isHarmless) this.doubtful.add(closed);
  }

  /** Whether the program closes so many without EPOLL_CTL_DEL that it is its way. */
  get closesByHabit(): boolean {
    return this.closedCount > MOST_CLOSED;
  }
}

function put<Key>(map: Map<Key, Set<Registration>>, key: Key, registration: Registration): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([registration]));
  else known.add(registration);
}

function take<Key>(map: Map<Key, Set<Registration>>, key: Key, registration: Registration): void {
  const known = map.get(key);
  if (known?.delete(registration) === true && known.size === 0) map.delete(key);
}
