import { binding } from '../addon/binding.js';
import { nowMs } from '../addon/clock.js';
import { type Binding, LAYOUT } from '../addon/exports.js';
import type { AuditOptions } from '../audit-types.js';
import { clearTimer, setTimer } from '../host.js';
import { describeBits, EDGE, EXCLUSIVE, ONESHOT, READABLE } from '../interest.js';
import { HandlerTimes } from './handler-times.js';
import type { Counted } from './inspect.js';
import { type BatchClass, watchedBatch } from './looks.js';
import { Registration } from './registration.js';
import { Reporter } from './report.js';
import { verdictOnEvent } from './rules.js';
import { type AuditSettings, settingsFrom } from './settings.js';
import { Suspects, type Tell } from './suspects.js';
import { anyAwaitsRoom, joinThread, leaveThread } from './thread.js';

const { EVENT_WORDS, FD, READINESS, GENERATION } = LAYOUT;
/** What a wait that does not block counts for at most as time in which nobody used a descriptor. */
const LOOK_MS = 5;

/** Watches how one poller is used, from between the poller and the addon. */
export class PollerAudit {
  readonly binding: Binding;
  readonly counted: Counted = { of: (fd) => this.#registrations.get(fd)?.counts(nowMs()) };
  readonly #settings: AuditSettings;
  readonly #reporter: Reporter;
  readonly #addon = binding();
  readonly #registrations = new Map<number, Registration>();
  readonly #suspects: Suspects;
  readonly #times: HandlerTimes;
  #handle = -1;
  #memory: Int32Array = new Int32Array(0);
  /** The batch that the program has. */
  #length = 0;
  #seen = new Uint8Array(0);
  #lastWaitMs = nowMs();
  /** The host's event loop delivers the batches. */
  #isHosted = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: boolean | AuditOptions | undefined) {
    this.#settings = settingsFrom(options);
    this.#reporter = new Reporter(this.#settings);
    this.#times = new HandlerTimes(this.#settings.slowHandlerMs);
    this.#suspects = new Suspects(this.#registrations, this.#tell);
    this.binding = { ...this.#addon, ...this.#watchedCalls() };
  }

  /** The class `Base` of batches, which tells this audit what the program looks at. */
  batchOf<Base extends BatchClass>(Base: Base): Base {
    return watchedBatch(Base, { looked: (index) => this.#looked(index) });
  }

  shared(): void {
    this.#suspects.shared();
  }

  allowPauses(fd: number): void {
    const registration = this.#registrations.get(fd);
    if (registration !== undefined) registration.mayPause = true;
  }

  registration(fd: number): Registration | undefined {
    return this.#registrations.get(fd);
  }

  awaitsRoom(): boolean {
    return this.#suspects.awaitsRoom();
  }

  closing(fd: number): (() => void) | undefined {
    const registration = this.#registrations.get(fd);
    if (registration === undefined || !registration.isSameFile()) return undefined;
    const { kind } = registration;
    return () => {
      this.#suspects.noteClosed(registration, kind);
      this.#keepTime();
    };
  }

  exit(): void {
    const errors = [this.#judgeAtEnd()];
    this.#suspects.lookForClosed(true);
    errors.push(this.#suspects.judgeClosed());
    for (const registration of this.#registrations.values()) {
      const { fd, isGone } = registration;
      if (isGone || this.#suspects.isShared || this.#addon.flagsOf(this.#handle, fd) === -1) continue;
      errors.push(this.#tell(registration, ['POLLUX_NEVER_REMOVED', 'it is still registered when the process exits']));
    }
    for (const error of errors) if (error !== undefined) console.error(error);
  }

  #watchedCalls(): Partial<Binding> {
    const addon = this.#addon;
    return {
      open: (capacity, memory) => this.#begin(addon.open(capacity, memory), capacity, memory),
      attach: (id, capacity, memory) => {
        this.shared();
        return this.#begin(addon.attach(id, capacity, memory), capacity, memory);
      },
      add: (handle, fd, interest) => this.#add(handle, fd, interest),
      modify: (handle, fd, interest) => this.#modify(handle, fd, interest),
      remove: (handle, fd) => this.#remove(handle, fd),
      wait: (handle, timeoutMs) => this.#wait(handle, timeoutMs),
      close: (handle) => this.#close(handle),
      openHostPoll: (handle, withThread, onBatch) => this.#openHostPoll(handle, withThread, onBatch),
    };
  }

  #begin(handle: number, capacity: number, memory: Int32Array): number {
    if (handle < 0) return handle;
    this.#handle = handle;
    this.#memory = memory;
    this.#seen = new Uint8Array(capacity);
    this.#suspects.pollerFd = this.#addon.describe(handle).fd;
    joinThread(this);
    return handle;
  }

  #close(handle: number): void {
    const error = this.#judgeAtEnd();
    clearTimer(this.#timer);
    leaveThread(this);
    this.#handle = -1;
    this.#suspects.close();
    this.#addon.close(handle);
    throwFirst(error);
  }

  #add(handle: number, fd: number, interest: number): number {
    const generation = this.#addon.add(handle, fd, interest);
    const old = this.#registrations.get(fd);
    // The kernel took the number as a new one, so the old file was closed without remove().
    if (old !== undefined) this.#suspects.noteClosed(old);
    const error = this.#suspects.judgeClosed();
    if (error !== undefined) {
      this.#addon.remove(handle, fd);
      this.#forget(old);
      throw error;
    }
    this.#forget(old);
    this.#begun(new Registration(fd, interest, generation, nowMs()));
    return generation;
  }

  #modify(handle: number, fd: number, interest: number): number {
    let generation: number;
    try {
      generation = this.#addon.modify(handle, fd, interest);
    } catch (error) {
      this.#judgeRefused(fd);
      throw error;
    }
    const known = this.#registrations.get(fd) ?? new Registration(fd, interest, generation, nowMs());
    known.modified(interest, generation);
    this.#begun(known);
    return generation;
  }

  #begun(registration: Registration): void {
    this.#registrations.set(registration.fd, registration);
    this.#suspects.addFresh(registration);
    this.#keepTime();
  }

  #remove(handle: number, fd: number): void {
    try {
      this.#addon.remove(handle, fd);
    } catch (error) {
      this.#judgeRefused(fd);
      throw error;
    }
    this.#forget(this.#registrations.get(fd));
  }

  #forget(registration: Registration | undefined): void {
    if (registration === undefined) return;
    this.#registrations.delete(registration.fd);
    this.#suspects.forget(registration);
  }

  /** A change was refused: the number may have been closed behind the poller's back. */
  #judgeRefused(fd: number): void {
    const registration = this.#registrations.get(fd);
    if (registration === undefined || this.#addon.has(this.#handle, fd)) return;
    this.#suspects.noteClosed(registration);
    this.#forget(registration);
    throwFirst(this.#suspects.judgeClosed());
  }

  /** Waits in parts, between which it looks at those that are silent. Returns what wait() of the addon returns. */
  #wait(handle: number, timeoutMs: number): number {
    const { slowHandlerMs } = this.#settings;
    const begun = nowMs();
    const lastMs = Math.min(begun - this.#lastWaitMs, LOOK_MS);
    // A program that waits for long has done nothing since the last event but handle it.
    throwFirst(this.#endBatch(timeoutMs < 0 || timeoutMs > slowHandlerMs), this.#suspects.judgeFresh());
    this.#suspects.lookForClosed(false);
    throwFirst(this.#suspects.judgeClosed());
    const result = this.#waitInParts(handle, timeoutMs < 0 ? Infinity : timeoutMs, begun);
    this.#lastWaitMs = nowMs();
    const error = this.#beginBatch(result >>> 1);
    this.#throwInPlaceOfBatch(timeoutMs === 0 ? this.#judgeSilent(lastMs, false) : undefined, error);
    return result;
  }

  /** The program gets the first of `errors`, and the batch with a later wait: an edge or oneshot tells it again. */
  #throwInPlaceOfBatch(...errors: ReadonlyArray<Error | undefined>): void {
    if (errors.every((error) => error === undefined)) return;
    for (let index = 0; index < this.#length; index++) {
      const registration = this.#registrationAt(index);
      if (registration === undefined || (registration.interest & (EDGE | ONESHOT)) === 0) continue;
      const { fd, interest } = registration;
      try {
        registration.modified(interest, this.#addon.modify(this.#handle, fd, interest & ~EXCLUSIVE));
      } catch {
        // The number was closed: there is nothing to tell again.
      }
    }
    this.#length = 0;
    throwFirst(...errors);
  }

  #waitInParts(handle: number, timeoutMs: number, begun: number): number {
    const { quietMs } = this.#settings;
    for (let restMs = timeoutMs; ; restMs = Math.max(0, timeoutMs - (nowMs() - begun))) {
      const partMs = this.#suspects.hasSilent ? Math.min(restMs, quietMs / 2) : restMs;
      const result = this.#addon.wait(handle, partMs === Infinity ? -1 : partMs);
      if (result !== 0) return result;
      if (partMs > 0) throwFirst(this.#judgeSilent(partMs, true));
      if (partMs >= restMs) return result;
    }
  }

  #openHostPoll(handle: number, withThread: boolean, onBatch: (result: number) => void): void {
    this.#addon.openHostPoll(handle, withThread, (result) => {
      if (result < 0) return onBatch(result);
      this.#suspects.lookForClosed(false);
      const errors = [
        this.#endBatch(false),
        this.#suspects.judgeFresh(),
        this.#suspects.judgeClosed(),
        this.#beginBatch(result >>> 1),
      ];
      try {
        onBatch(result);
      } finally {
        this.#times.pause(nowMs(), this.#isAnyReady);
        for (const error of errors) if (error !== undefined) this.#addon.raise(error);
      }
    });
    this.#isHosted = true;
    this.#keepTime();
  }

  /** In the host's event loop a timer tells how long nobody has used a descriptor. It keeps no process alive. */
  #keepTime(): void {
    if (!this.#isHosted || this.#timer !== undefined || this.#suspects.isEmpty) return;
    const { quietMs } = this.#settings;
    this.#timer = setTimer(() => {
      this.#timer = undefined;
      if (this.#handle === -1) return;
      const errors = [this.#suspects.judgeFresh(), this.#suspects.judgeClosed(), this.#judgeSilent(quietMs / 2, false)];
      this.#keepTime();
      throwFirst(...errors);
    }, quietMs / 2);
    this.#timer.unref?.();
  }

  #judgeSilent(partMs: number, isWhole: boolean): Error | undefined {
    this.#suspects.passed(partMs, isWhole);
    return this.#suspects.judgeSilent(this.#settings.quietMs, anyAwaitsRoom);
  }

  #judgeAtEnd(): Error | undefined {
    return this.#suspects.judgeAtEnd(this.#settings.quietMs / 2, anyAwaitsRoom);
  }

  /** The batch that the program has is about to be replaced. `isLoop`: the program has done nothing but handle it. */
  #endBatch(isLoop: boolean): Error | undefined {
    let error: Error | undefined;
    for (let index = 0; index < this.#length; index++) {
      if (this.#seen[index] !== 0) continue;
      const registration = this.#registrationAt(index);
      if (registration === undefined || (registration.interest & (EDGE | ONESHOT)) === 0) continue;
      registration.wasOverwritten = true;
      const seen = `a wait replaced ${describeBits(this.#readinessAt(index))}, which nobody had looked at`;
      error = this.#tell(registration, ['POLLUX_BATCH_OVERWRITTEN', seen]) ?? error;
    }
    this.#length = 0;
    if (isLoop) this.#times.pause(nowMs(), this.#isAnyReady);
    else this.#times.stop();
    return error;
  }

  /** A batch has come. */
  #beginBatch(length: number): Error | undefined {
    const now = nowMs();
    this.#length = length;
    this.#seen.fill(0, 0, length);
    let error: Error | undefined;
    for (let index = 0; index < length; index++) {
      const registration = this.#registrationAt(index);
      if (registration !== undefined) error = this.#delivered(registration, this.#readinessAt(index), now) ?? error;
    }
    return this.#judgeTime(this.#times.resume(length, (index) => this.#fdAt(index))) ?? error;
  }

  #delivered(registration: Registration, readiness: number, now: number): Error | undefined {
    registration.delivered(readiness, now);
    if (registration.isOneshot) registration.hasFired = true;
    else if (registration.isEdge && (readiness & READABLE) !== 0) registration.isUndrained = true;
    if ((registration.interest & (EDGE | ONESHOT)) !== 0) {
      this.#suspects.addSilent(registration);
      this.#keepTime();
    }
    const verdict = verdictOnEvent(registration, readiness, this.#settings.repeats);
    if (verdict === undefined || this.#suspects.isShared) return undefined;
    if (registration.isSameFile()) return this.#tell(registration, verdict);
    this.#suspects.noteClosed(registration);
    return this.#suspects.judgeClosed();
  }

  #looked(index: number): void {
    if (index >= this.#length) return;
    this.#seen[index] = 1;
    const error = this.#judgeTime(this.#times.looked(index, this.#fdAt(index), nowMs()));
    if (error !== undefined && this.#isHosted) this.#addon.raise(error);
    else throwFirst(error);
  }

  #judgeTime(slow: readonly [fd: number, ms: number] | undefined): Error | undefined {
    const registration = slow === undefined ? undefined : this.#registrations.get(slow[0]);
    if (registration === undefined) return undefined;
    const seen = `its event was handled for ${Math.round(slow![1])} ms while other descriptors were ready`;
    return this.#tell(registration, ['POLLUX_SLOW_HANDLER', seen]);
  }

  #fdAt(index: number): number {
    return this.#memory[index * EVENT_WORDS + FD]!;
  }

  #readinessAt(index: number): number {
    return this.#memory[index * EVENT_WORDS + READINESS]!;
  }

  /** The registration of an event; undefined where the event is stale, or another thread has registered it. */
  #registrationAt(index: number): Registration | undefined {
    const fd = this.#fdAt(index);
    const generation = this.#memory[index * EVENT_WORDS + GENERATION]!;
    const registration = this.#registrations.get(fd);
    if (registration === undefined || registration.generation !== generation) return undefined;
    return this.#addon.isCurrent(this.#handle, fd, generation) ? registration : undefined;
  }

  readonly #isAnyReady = (): boolean => this.#suspects.isPollerReady();

  readonly #tell: Tell = (registration, [code, seen], kind = registration.kind) => {
    const { fd, interestInWords: interest, stack: registeredAt } = registration;
    return this.#reporter.tell({ code, fd, kind, interest, seen, registeredAt });
  };
}

function throwFirst(...errors: ReadonlyArray<Error | undefined>): void {
  for (const error of errors) if (error !== undefined) throw error;
}
