/** Something that happens at a point in time. The links belong to the wheel. */
export abstract class WheelEntry {
  deadlineMs = 0;
  /** Tells entries of one deadline apart: the order in which they were added. */
  sequence = 0;
  previous: WheelEntry | undefined;
  next: WheelEntry | undefined;
  slot: Slot | undefined;

  /** Called once when the deadline has passed; the entry is out of the wheel and may be added again. */
  abstract expire(nowMs: number): void;
}

interface Slot {
  first: WheelEntry | undefined;
}

const TICK_MS = 8;
/** log2 of the slots per level; a slot of a level is as long as the whole level below. */
const BITS = 6;
const SLOTS = 1 << BITS;
const LEVELS = 5;
const MOST_TICKS = SLOTS ** LEVELS - 1;

/**
 * A hierarchical timing wheel: adding, deleting and expiring an entry cost the same however many there are. An entry
 * expires no earlier than its deadline and, where `advance()` is called in time, one tick of 8 ms later at most.
 */
export class TimingWheel {
  readonly #levels: Slot[][] = Array.from({ length: LEVELS }, () =>
    Array.from({ length: SLOTS }, () => ({ first: undefined })),
  );
  /** Where the entries of a tick are while they expire. */
  readonly #due: Slot = { first: undefined };
  #sequence = 0;
  /** The tick that was handled last. */
  #tick: number;
  #size = 0;

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / TICK_MS);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * `entry` expires at `deadlineMs`; one that is in the wheel already is moved. Returns when `advance()` has something
   * to do for it.
   */
  add(entry: WheelEntry, deadlineMs: number): number {
    this.delete(entry);
    entry.deadlineMs = deadlineMs;
    entry.sequence = this.#sequence++;
    this.#size++;
    return this.#insert(entry, 1) * TICK_MS;
  }

  /** Removes `entry`, if it is in the wheel. */
  delete(entry: WheelEntry): void {
    if (entry.slot === undefined) return;
    if (entry.slot === this.#due) entry.slot = undefined;
    else this.#unlink(entry);
    this.#size--;
  }

  /** The time at which `advance()` next has something to do; Infinity while the wheel is empty. */
  nextMs(): number {
    return this.#nextTick() * TICK_MS;
  }

  /** Expires what is due at `nowMs`, in the order of the deadlines. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / TICK_MS);
    for (let tick = this.#nextTick(); tick <= target; tick = this.#nextTick()) {
      this.#tick = tick;
      this.#cascade();
      for (const entry of this.#takeDue(tick)) {
        // It was taken out, or moved, by what expired before it.
        if (entry.slot !== this.#due) continue;
        this.delete(entry);
        entry.expire(nowMs);
      }
    }
    this.#tick = Math.max(this.#tick, target);
  }

  #takeDue(tick: number): WheelEntry[] {
    const slot = this.#levels[0]![tick % SLOTS]!;
    const entries: WheelEntry[] = [];
    for (let entry = slot.first; entry !== undefined; entry = slot.first) {
      this.#unlink(entry);
      entry.slot = this.#due;
      entries.push(entry);
    }
    return entries.sort((a, b) => a.deadlineMs - b.deadlineMs || a.sequence - b.sequence);
  }

  /** The next tick at which a slot expires or moves down a level. */
  #nextTick(): number {
    let next = Infinity;
    if (this.#size === 0) return next;
    for (let level = 0; level < LEVELS; level++) {
      const length = SLOTS ** level;
      const current = Math.floor(this.#tick / length);
      for (let ahead = 1; ahead <= SLOTS; ahead++) {
        if (this.#levels[level]![(current + ahead) % SLOTS]!.first === undefined) continue;
        next = Math.min(next, (current + ahead) * length);
        break;
      }
    }
    return next;
  }

  /** At the end of a turn of a level, the entries of its next turn move down from the level above. */
  #cascade(): void {
    for (let level = 1, length = SLOTS; level < LEVELS && this.#tick % length === 0; level++, length *= SLOTS) {
      const slot = this.#levels[level]![(this.#tick / length) % SLOTS]!;
      for (let entry = slot.first; entry !== undefined; entry = slot.first) {
        this.#unlink(entry);
        this.#insert(entry, 0);
      }
    }
  }

  /**
   * Returns the tick of the slot. What is due sooner than in `least` ticks, or beyond the highest level, gets the
   * nearest slot there is.
   */
  #insert(entry: WheelEntry, least: number): number {
    const wanted = Math.ceil(entry.deadlineMs / TICK_MS) - this.#tick;
    const ticks = Math.min(Math.max(wanted, least), MOST_TICKS);
    let level = 0;
    let length = 1;
    while (ticks >= length * SLOTS) {
      level++;
      length *= SLOTS;
    }
    const index = Math.floor((this.#tick + ticks) / length);
    const slot = this.#levels[level]![index % SLOTS]!;
    entry.slot = slot;
    entry.previous = undefined;
    entry.next = slot.first;
    if (slot.first !== undefined) slot.first.previous = entry;
    slot.first = entry;
    return index * length;
  }

  #unlink(entry: WheelEntry): void {
    if (entry.previous !== undefined) entry.previous.next = entry.next;
    else entry.slot!.first = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.slot = entry.previous = entry.next = undefined;
  }
}
