import type { Batch, Poller } from 'pollux';
import { describeBits } from '../bits.js';
import { Finding } from '../finding.js';
import type { File } from './file.js';
import {
  RECORDS_OF_ONE,
  askedBits,
  asksForSomething,
  hasExactEdges,
  isEdge,
  isOneshot,
  mayBits,
  mustBits,
  pollBits,
} from './oracle.js';
import type { PollerModel, Registration } from './registry-model.js';

/** One event of the batch that a view shows. */
interface Row {
  readonly registration: Registration;
  readonly readiness: number;
}

/** How often a check waits for what another thread of the kernel may still deliver, a millisecond each time. */
const MOST_LATE_LOOKS = 100;
const OVER = 0x18;

/** A view of a poller: share() and attach() make several views of one kernel object. */
export class View {
  readonly poller: Poller;
  readonly model: PollerModel;
  readonly capacity: number;
  readonly index: number;
  #rows: Row[] = [];
  #batch: Batch | undefined;

  constructor(poller: Poller, model: PollerModel, capacity: number, index: number) {
    this.poller = poller;
    this.model = model;
    this.capacity = capacity;
    this.index = index;
    model.views++;
  }

  /** Waits, and compares the batch with what poll(2) says before and after the wait. */
  look(timeoutMs: number): void {
    this.checkBatch();
    const { world, registrations } = this.model;
    const files: File[] = [];
    for (const registration of registrations.values()) registration.position = files.push(registration.file) - 1;
    const clock = ++world.clock;
    world.look(files);
    const before = files.map((file) => file.revents);
    const startNs = timeoutMs > 0 ? process.hrtime.bigint() : 0n;
    const batch = this.poller.wait(timeoutMs);
    if (timeoutMs > 0) checkTime(batch, timeoutMs, process.hrtime.bigint() - startNs);
    world.clock++;
    world.look(files);
    this.#take(batch, clock, before);
    this.#checkMissing(batch, clock, before);
    this.#checkWake(batch);
  }

  /**
   * Checks that the batch no longer shows registrations that were removed since the wait, and that everything else is
   * unchanged.
   */
  checkBatch(): void {
    this.#rows.forEach(({ registration, readiness }, index) => {
      if (registration.state === 'lost') return;
      const shown = this.#batch!.readinessAt(index);
      const isOver = registration.state === 'ended';
      if (shown !== (isOver ? 0 : readiness)) {
        throw new Finding(
          isOver ? 'stale' : 'batch',
          `event ${index} of ${registration.fd} shows ${describeBits(shown)} after it was ${isOver ? 'removed' : 'reported'} with ${describeBits(readiness)}`,
        );
      }
      this.#checkData(this.#batch!, index, isOver ? undefined : registration.data[this.index]);
    });
  }

  /** The last batch is not checked again. */
  forget(): void {
    this.#rows = [];
  }

  #take(batch: Batch, clock: number, before: readonly number[]): void {
    const { registrations } = this.model;
    if (batch.length > this.capacity)
      throw new Finding('capacity', `${batch.length} events in a batch of ${this.capacity}`);
    this.#batch = batch;
    this.#rows = [];
    const seen = new Set<number>();
    for (let index = 0; index < batch.length; index++) {
      const fd = batch.fdAt(index);
      const readiness = batch.readinessAt(index);
      const registration = registrations.get(fd);
      if (registration === undefined)
        throw new Finding('stale', `an event of ${fd}, which is not registered: ${describeBits(readiness)}`);
      if (seen.has(fd)) throw new Finding('merge', `two events of ${fd} in one batch`);
      seen.add(fd);
      this.#rows.push({ registration, readiness });
      this.#checkData(batch, index, registration.data[this.index]);
      this.#judge(registration, readiness, before[registration.position]!);
      registration.isDue = false;
      registration.isDisarmed = isOneshot(registration.interest);
      registration.lookedAt = clock;
      registration.toldAt = this.model.world.clock;
      registration.misses = 0;
    }
  }

  #checkData(batch: Batch, index: number, expected: unknown): void {
    const data = batch.dataAt(index);
    if (!Object.is(data, expected))
      throw new Finding('data', `event ${index} has the data ${String(data)}, expected ${String(expected)}`);
  }

  #judge(registration: Registration, readiness: number, before: number): void {
    const { file, interest } = registration;
    const fail = (rule: string, what: string): never => {
      const polled = `poll(2) says 0x${before.toString(16)}, then 0x${file.revents.toString(16)}`;
      throw new Finding(rule, `${nameOf(registration)} reports ${describeBits(readiness)}${what}; ${polled}`);
    };
    if (readiness === 0) fail('empty', '');
    if (!asksForSomething(interest)) fail('pause', '');
    if ((readiness & ~askedBits(interest)) !== 0) fail('unasked', '');
    if (registration.isDisarmed) fail('oneshot', ' after it has fired');
    if (registration.state === 'lost') {
      // The simulator cannot tell whether a number was closed when its earlier file is back under that number.
      const isBack = RECORDS_OF_ONE > 1 && this.model.isBack(registration.fd);
      if (file.references === 0 && !isBack) fail('stale', ' after it was closed');
      return;
    }
    const may = mayBits(file, before, interest) | mayBits(file, file.revents, interest);
    if ((readiness & ~may) !== 0) fail('untrue', '');
    const must = mustBits(file, before, interest) & mustBits(file, file.revents, interest);
    if ((must & ~readiness) !== 0) fail('missing bit', '');
    const isSilent =
      isEdge(interest) && hasExactEdges(file) && !registration.isDue && file.group.touchedAt <= registration.toldAt;
    if (isSilent) fail('edge silence', ' although nothing was done to it');
  }

  /** Finds registrations that are ready and had to be delivered, and were not. */
  #checkMissing(batch: Batch, clock: number, before: readonly number[]): void {
    let position = 0;
    for (const registration of this.model.registrations.values()) {
      const { file, interest } = registration;
      const polled = before[position++]!;
      if (registration.lookedAt === clock || registration.state !== 'live' || registration.isDisarmed) continue;
      const isReady = (mustBits(file, polled, interest) & mustBits(file, file.revents, interest)) !== 0;
      const isDue = isReady && (!isEdge(interest) || registration.isDue || this.#hasRisen(registration));
      if (!isDue) {
        registration.isDue = false;
        registration.lookedAt = clock;
        registration.misses = 0;
        continue;
      }
      registration.misses++;
      this.#excuse(registration, batch);
    }
  }

  #hasRisen({ file, interest, lookedAt }: Registration): boolean {
    // epoll: the outer poller has an edge only if the inner one gets another ready item. No promise says more.
    return file.kind !== 'poller' && file.hasRisenSince(pollBits(interest) & file.revents, lookedAt);
  }

  #excuse(registration: Registration, batch: Batch): void {
    const { model } = this;
    const what = (): string =>
      `${nameOf(registration)} is ready (poll(2) says 0x${registration.file.revents.toString(16)}) and not reported`;
    // The kernel's record of a wake takes the room of an event.
    if (batch.length + (batch.woken ? 1 : 0) >= this.capacity || this.#mayDrop()) {
      const rounds = model.roundsFor(this.capacity);
      const isLate = !registration.file.isImmediate && registration.misses <= rounds + MOST_LATE_LOOKS;
      if (isLate && registration.misses > rounds) sleepMs(1);
      if (!isLate && registration.misses > rounds)
        throw new Finding('fairness', `${what()} by ${registration.misses} waits of ${this.capacity}`);
      return;
    }
    if (!registration.file.isImmediate && registration.misses <= MOST_LATE_LOOKS) return sleepMs(1);
    throw new Finding(isEdge(registration.interest) ? 'lost edge' : 'lost event', what());
  }

  /**
   * Whether the kernel may have had records for this wait that are delivered to nobody, and took the room of others.
   */
  #mayDrop(): boolean {
    // kqueue: records may come from a filter that pollux has added only to learn of the end, or from the other
    // direction of a descriptor.
    if (RECORDS_OF_ONE > 1 || this.model.ghosts.length > 0) return true;
    for (const { state, interest, file } of this.model.registrations.values()) {
      if (state === 'lost' || (!asksForSomething(interest) && (file.revents & OVER) !== 0)) return true;
    }
    return false;
  }

  #checkWake({ woken, length }: Batch): void {
    const { model } = this;
    if (woken && !model.isWakeDue)
      throw new Finding('woken', 'a wait says that it was woken, and nobody called wake()');
    if (woken) model.missedWakes = 0;
    else if (model.isWakeDue) {
      model.missedWakes++;
      const rounds = model.roundsFor(this.capacity);
      if (length < this.capacity)
        throw new Finding('lost wake', `a batch of ${length} events, with room for ${this.capacity}, is not woken`);
      if (model.missedWakes > rounds)
        throw new Finding('lost wake', `${model.missedWakes} full batches of ${this.capacity} are not woken`);
    }
    model.isWakeDue = model.isWakeDue && !woken;
  }
}

function nameOf({ fd, file, interest }: Registration): string {
  return `${file.kind} ${fd}, interest ${describeBits(interest)},`;
}

function checkTime({ length, woken }: Batch, timeoutMs: number, elapsedNs: bigint): void {
  const elapsedMs = Number(elapsedNs) / 1e6;
  if (length === 0 && !woken && elapsedMs < timeoutMs)
    throw new Finding('early', `a wait of ${timeoutMs} ms ends after ${elapsedMs} ms`);
}

const never = new Int32Array(new SharedArrayBuffer(4));

function sleepMs(ms: number): void {
  Atomics.wait(never, 0, 0, ms);
}
