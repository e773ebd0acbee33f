import { describeBits, EDGE, ONESHOT, READABLE } from '../interest.js';
import type { Counted } from './inspect.js';
import { identityOf } from './kernel-list.js';
import { kindInWords } from './kinds.js';
import { framesOf, stackHere } from './stack.js';

/** What an audit knows of one registration. */
export class Registration {
  readonly fd: number;
  interest: number;
  generation: number;
  readonly identity: string | undefined;
  readonly #kind: string;
  readonly #place = stackHere();
  readonly sinceMs: number;
  /** How many events were delivered; the readiness and the time of the last. */
  events = 0;
  last = 0;
  lastMs = 0;
  /** Edge mode: READABLE was delivered, and no read has said WOULD_BLOCK, or 0, since. */
  isUndrained = false;
  /** Oneshot mode: the event was delivered, and nobody has re-armed. */
  hasFired = false;
  /** The last read has returned 0. */
  hasEnded = false;
  /** The last write has said WOULD_BLOCK, or has taken a part. */
  awaitsRoom = false;
  /** The program may leave the registration disarmed. */
  mayPause = false;
  /** Its event was lost with a batch, which was told: the silence that follows is no finding of its own. */
  wasOverwritten = false;
  /** The descriptor was closed, which was told. */
  isGone = false;
  /** How long nobody has used the descriptor, in milliseconds of waiting. */
  quietMs = 0;
  /** Whether nobody has used the descriptor since the last look at the silent ones. */
  isQuiet = false;
  /** How many looks in a row have found it ready without an event. */
  sightings = 0;
  /** How many events in a row had an end, an end after a read of 0, or room, without a reaction. */
  ends = 0;
  endsAfterRead = 0;
  rooms = 0;
  /** What the kernel counted half-way to "over and over", to see whether somebody else reads or writes. */
  witness: readonly number[] = [];

  constructor(fd: number, interest: number, generation: number, nowMs: number) {
    this.fd = fd;
    this.interest = interest;
    this.generation = generation;
    this.sinceMs = nowMs;
    this.identity = identityOf(fd);
    this.#kind = kindInWords(fd);
  }

  /** What the descriptor is; where it was closed meanwhile, what it was. */
  get kind(): string {
    return this.isSameFile() ? kindInWords(this.fd) : this.#kind;
  }

  /** The stack of the registration, a line for each frame. */
  get stack(): string[] {
    return framesOf(this.#place);
  }

  get isEdge(): boolean {
    return (this.interest & (EDGE | ONESHOT)) === EDGE;
  }

  get isOneshot(): boolean {
    return (this.interest & ONESHOT) !== 0;
  }

  get interestInWords(): string {
    return describeBits(this.interest);
  }

  /** Whether the number is still the file that was registered. */
  isSameFile(): boolean {
    return this.identity !== undefined && identityOf(this.fd) === this.identity;
  }

  delivered(readiness: number, nowMs: number): void {
    this.events++;
    this.last = readiness;
    this.lastMs = nowMs;
    this.#used();
  }

  counts(nowMs: number): NonNullable<ReturnType<Counted['of']>> {
    const { sinceMs, events, last, lastMs, stack } = this;
    const lastEvent = events === 0 ? undefined : { readiness: describeBits(last), agoMs: nowMs - lastMs };
    return { ageMs: nowMs - sinceMs, events, lastEvent, registeredAt: stack };
  }

  /** modify() has re-armed the registration. */
  modified(interest: number, generation: number): void {
    if (interest !== this.interest) this.ends = this.rooms = 0;
    if ((interest & READABLE) === 0) this.endsAfterRead = 0;
    this.interest = interest;
    this.generation = generation;
    this.isUndrained = this.hasFired = this.wasOverwritten = false;
    this.#used();
  }

  /** A read of at most `wanted` bytes returned `length`; −1: it would block. */
  hasRead(length: number, wanted: number): void {
    this.#used();
    if (length > 0) {
      this.ends = this.endsAfterRead = 0;
      this.hasEnded = false;
    }
    if (length > 0 || wanted === 0) return;
    this.isUndrained = false;
    if (length === 0) this.hasEnded = true;
  }

  /** A write of `wanted` bytes returned `length`; −1: it would block. */
  hasWritten(length: number, wanted: number): void {
    this.#used();
    this.rooms = 0;
    this.awaitsRoom = length < wanted;
    if (length > 0) this.ends = this.endsAfterRead = 0;
  }

  /** Somebody has asked for the error of the descriptor, or has shut it down, or a call about it has failed. */
  hasActed(): void {
    this.#used();
    this.ends = 0;
    this.isUndrained = false;
  }

  /** An event has come, or the program has done something with the descriptor. */
  #used(): void {
    this.quietMs = this.sightings = 0;
    this.isQuiet = false;
  }
}
