import { inodeIn, kernelEntries } from './kernel-list.js';
import type { Registration } from './registration.js';
import type { Verdict } from './rules.js';

/** How many registrations each look examines. */
const SCANNED = 4;

/**
 * The registrations of one poller whose numbers were closed, or given to another file, without remove(). That is a
 * fault, unless the poller is closed before it is used again.
 */
export class ClosedNumbers {
  readonly #registrations: ReadonlyMap<number, Registration>;
  /** With what the descriptor was. */
  readonly #noted = new Map<Registration, string>();
  #scan: Iterator<Registration> | undefined;

  constructor(registrations: ReadonlyMap<number, Registration>) {
    this.#registrations = registrations;
  }

  get size(): number {
    return this.#noted.size;
  }

  note(registration: Registration, kind: string): void {
    registration.isGone = true;
    this.#noted.set(registration, kind);
  }

  /** Looks at some registrations, in turn, for numbers that were closed without pollux/sys. */
  lookAtSome(): void {
    this.#look(SCANNED);
  }

  lookAtAll(): void {
    this.#scan = undefined;
    this.#look(Infinity);
  }

  #look(most: number): void {
    for (let count = Math.min(most, this.#registrations.size); count > 0; count--) {
      const { done, value } = (this.#scan ??= this.#registrations.values()).next();
      if (done === true) this.#scan = undefined;
      else if (!value.isGone && !value.isSameFile()) this.note(value, value.kind);
    }
  }

  /** The faults since the last call. `epollFd`, where there is one, knows what duplicates keep alive. */
  take(epollFd: number | undefined): Array<readonly [registration: Registration, verdict: Verdict, kind: string]> {
    if (this.#noted.size === 0) return [];
    const noted = [...this.#noted];
    this.#noted.clear();
    const entries = epollFd === undefined ? undefined : kernelEntries(epollFd);
    const kept = new Set(entries?.map(({ fd, inode }) => `${fd} ${inode}`));
    return noted.map(([registration, kind]) => {
      const { fd, identity = '' } = registration;
      return [registration, kept.has(`${fd} ${inodeIn(identity)}`) ? GHOST : CLOSED, kind];
    });
  }
}

const GHOST: Verdict = ['POLLUX_GHOST', 'it was closed without remove(), and a duplicate keeps its registration alive'];
const CLOSED: Verdict = [
  'POLLUX_CLOSED_WHILE_REGISTERED',
  'the number was closed, or given to another file, without remove()',
];
