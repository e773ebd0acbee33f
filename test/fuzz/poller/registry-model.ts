import { EXCLUSIVE, ONESHOT, PRIORITY, READ_CLOSED, type Poller } from 'pollux';
import type { File } from './file.js';
import { RECORDS_OF_ONE, isDeaf } from './oracle.js';
import type { Witness, World } from './world.js';

/** What a poller has to know of one number. */
export class Registration {
  readonly fd: number;
  readonly file: File;
  interest: number;
  /** The data that each view has given, by the index of the view. */
  readonly data: unknown[] = [];
  /** `'lost'`: its number was closed without remove(). */
  state: 'live' | 'lost' | 'ended' = 'live';
  /** add() or modify() has asked for an event of what is ready. */
  isDue = true;
  /** A oneshot that has fired. */
  isDisarmed = false;
  /** When the poller last reported the registration, or had nothing to report. */
  lookedAt: number;
  /** When its last event was delivered. */
  toldAt = 0;
  /** Its place among the registrations that the current wait goes through. */
  position = 0;
  /** How many waits with a full batch have left it out although an event was due. */
  misses = 0;

  constructor(fd: number, file: File, interest: number, clock: number) {
    this.fd = fd;
    this.file = file;
    this.interest = interest;
    this.lookedAt = clock;
  }

  rearm(interest: number, clock: number): void {
    this.interest = interest | (this.interest & EXCLUSIVE);
    this.isDue = true;
    this.isDisarmed = false;
    this.lookedAt = clock;
    this.misses = 0;
  }
}

/** The codes that a call with a descriptor number may fail with; `'ok'` means that it may succeed. */
export type Codes = readonly string[];

const OK: Codes = ['ok'];
const EITHER: Codes = ['ok', 'EEXIST'];
const GONE_OR_OK: Codes = ['ok', 'ENOENT', 'EBADF'];
const NOT_FOR_POLLERS: Codes = ['EPERM', 'ENOENT'];

/** What all views of one poller have in common. */
export class PollerModel implements Witness {
  readonly world: World;
  readonly file: File;
  readonly fd: number;
  readonly registrations = new Map<number, Registration>();
  /**
   * Registrations that the poller has dropped and the kernel may still have, because a duplicate of the descriptor is
   * open: epoll(7).
   */
  ghosts: Array<{ fd: number; file: File }> = [];
  /** The most registrations that the kernel has had at one time. */
  mostKnown = 0;
  isWakeDue = false;
  missedWakes = 0;
  views = 0;

  constructor(world: World, poller: Poller) {
    this.world = world;
    this.fd = poller.fd;
    this.file = world.enterPoller(poller.fd);
    world.witnesses.push(this);
  }

  onClose(fd: number, file: File): void {
    const registration = this.registrations.get(fd);
    if (registration?.state === 'live' && registration.file === file) registration.state = 'lost';
    if (file.references === 0 && this.ghosts.length > 0)
      this.ghosts = this.ghosts.filter((ghost) => ghost.file !== file);
  }

  /** The poller was closed. */
  end(): void {
    this.world.witnesses.splice(this.world.witnesses.indexOf(this), 1);
    this.world.leave(this.fd);
    this.world.touch(this.file);
  }

  /** After how many waits each registration, and a wake, must have been reported once. */
  roundsFor(capacity: number): number {
    return Math.ceil((RECORDS_OF_ONE * this.mostKnown + 2) / capacity) + 1;
  }

  codesOfAdd(fd: number): Codes {
    const file = this.world.fileOf(fd);
    if (file === undefined) return ['EBADF'];
    if (!file.isPollable) return ['EPERM'];
    const registration = this.registrations.get(fd);
    if (file === this.file) return ['EINVAL', 'ELOOP'];
    if (registration?.state === 'live') return ['EEXIST'];
    if (isDeaf(file)) return ['EPERM'];
    if (file.kind === 'poller') return ['ok', 'ELOOP', 'EINVAL', 'EEXIST'];
    return registration?.file === file || this.hasGhost(fd, file) ? EITHER : OK;
  }

  codesOfModify(fd: number, interest: number): Codes {
    const registration = this.registrations.get(fd);
    const isRefused =
      registration !== undefined &&
      (registration.interest & EXCLUSIVE) !== 0 &&
      (interest & (ONESHOT | PRIORITY | READ_CLOSED)) !== 0;
    if (registration?.state !== 'live') return this.#codesOfUnknown(fd, isRefused);
    return isRefused ? ['EINVAL'] : OK;
  }

  codesOfRemove(fd: number): Codes {
    return this.registrations.get(fd)?.state === 'live' ? OK : this.#codesOfUnknown(fd, false);
  }

  #codesOfUnknown(fd: number, isRefused: boolean): Codes {
    const file = this.world.fileOf(fd);
    if (file === undefined) return ['EBADF'];
    if (!file.isPollable) return NOT_FOR_POLLERS;
    if (file === this.file) return ['EINVAL', 'ENOENT'];
    const registration = this.registrations.get(fd);
    if (registration !== undefined && (registration.file === file || this.hasGhost(fd, file))) {
      return isRefused ? ['EINVAL', ...GONE_OR_OK] : GONE_OR_OK;
    }
    return ['ENOENT'];
  }

  /** Whether the number has a file again that was registered under that number before. */
  isBack(fd: number): boolean {
    const file = this.world.fileOf(fd);
    return file !== undefined && this.hasGhost(fd, file);
  }

  hasGhost(fd: number, file: File): boolean {
    return this.ghosts.some((ghost) => ghost.fd === fd && ghost.file === file);
  }

  /** add() has succeeded: a former registration of the number is over. */
  put(fd: number, interest: number): Registration {
    this.drop(fd);
    const registration = new Registration(fd, this.world.fileOf(fd)!, interest, this.world.clock);
    this.registrations.set(fd, registration);
    this.mostKnown = Math.max(this.mostKnown, this.registrations.size + this.ghosts.length);
    return registration;
  }

  /** The registration of a number is over; the kernel keeps that of a file that is open under another number. */
  drop(fd: number): void {
    const registration = this.registrations.get(fd);
    if (registration === undefined) return;
    if (registration.state === 'lost' && registration.file.references > 0)
      this.ghosts.push({ fd, file: registration.file });
    registration.state = 'ended';
    this.registrations.delete(fd);
  }

  /** modify() has succeeded for a number that was closed in between: the same file is back. */
  revive(fd: number): Registration {
    const former = this.registrations.get(fd)!;
    const file = this.world.fileOf(fd)!;
    const registration = former.file === file ? former : new Registration(fd, file, former.interest, this.world.clock);
    if (former.file !== file && former.file.references > 0) this.ghosts.push({ fd, file: former.file });
    former.data.forEach((data, view) => (registration.data[view] = data));
    registration.state = 'live';
    this.registrations.set(fd, registration);
    return registration;
  }
}
