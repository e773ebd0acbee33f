import type { Description } from './description.js';
import { Epoll } from './epoll.js';
import type { FdTable } from './processes.js';
import type { Owner, Registration, ShownCall } from './registration.js';

const NONE: ReadonlySet<Registration> = new Set();
/** Registrations of files that another process may hold, of which the trace shows nothing. */
const MOST_PASSED = 1000;

/** The epoll instances of a trace, and which descriptions they watch. */
export class Epolls {
  readonly #of = new Map<Description, Epoll>();
  readonly #watchers = new Map<Description, Set<Registration>>();
  readonly #passed = new Set<Registration>();

  /** How many there were. */
  opened = 0;

  get all(): Iterable<Epoll> {
    return this.#of.values();
  }

  at(description: Description): Epoll | undefined {
    return this.#of.get(description);
  }

  /** The epoll behind `description`, which `made` or first used. */
  open(description: Description, fd: number, made: ShownCall, owner: Owner): Epoll {
    let epoll = this.#of.get(description);
    if (epoll !== undefined) return epoll;
    this.#of.set(description, (epoll = new Epoll(description, fd, made, owner)));
    this.opened++;
    return epoll;
  }

  watchersOf(description: Description): ReadonlySet<Registration> {
    return this.#watchers.get(description) ?? NONE;
  }

  add(epoll: Epoll, registration: Registration): void {
    const { description } = registration;
    epoll.add(registration);
    const known = this.#watchers.get(description);
    if (known === undefined) this.#watchers.set(description, new Set([registration]));
    else known.add(registration);
    description.mostWatchers = Math.max(description.mostWatchers, this.watchersOf(description).size);
    const inner = this.#of.get(description);
    if (inner !== undefined) epoll.inners.add(inner);
  }

  remove(registration: Registration): void {
    const { description } = registration;
    const epoll = this.#of.get(registration.epoll.description);
    epoll?.remove(registration);
    const watchers = this.#watchers.get(description);
    if (watchers?.delete(registration) === true && watchers.size === 0) this.#watchers.delete(description);
    const inner = this.#of.get(description);
    if (inner !== undefined) epoll?.inners.delete(inner);
    this.#passed.delete(registration);
  }

  close(epoll: Epoll): void {
    for (const registration of [...epoll.registrations()]) this.remove(registration);
    this.#of.delete(epoll.description);
  }

  /** The trace shows nobody who still has the file of `registration`, and somebody may. */
  keepPassed(registration: Registration): void {
    this.#passed.add(registration);
    if (this.#passed.size <= MOST_PASSED) return;
    const [oldest] = this.#passed;
    this.remove(oldest!);
  }
}

/** Whether `table` has another descriptor of `description`. */
export function hasDuplicate(table: FdTable, description: Description): boolean {
  for (const slot of table.slots.values()) if (slot.description === description) return true;
  return false;
}
