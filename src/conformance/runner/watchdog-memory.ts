/**
 * The words of the memory. RUNNING is the number of the clause that runs, 0 for none. The descriptors begin at FIRST.
 */
const RUNNING = 0;
const RESCUED = 1;
const COUNT = 2;
const FIRST = 3;
const MOST_DESCRIPTORS = 500;

/** What a watchdog is started with. */
export interface WatchdogData {
  readonly words: Int32Array;
  readonly timeoutMs: number;
}

/** Memory that the thread of the clauses and the watchdog share. */
export class WatchdogMemory {
  readonly words: Int32Array;

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(4 * (FIRST + MOST_DESCRIPTORS)))) {
    this.words = words;
  }

  /** Says that the clause with this number runs; 0 for none. */
  setRunning(clause: number): void {
    if (clause !== 0) Atomics.store(this.words, RESCUED, 0);
    Atomics.store(this.words, RUNNING, clause);
    Atomics.notify(this.words, RUNNING);
  }

  get running(): number {
    return Atomics.load(this.words, RUNNING);
  }

  /** Blocks while `clause` runs, for `timeoutMs` at most. Returns whether the clause still runs. */
  waitWhileRunning(clause: number, timeoutMs?: number): boolean {
    return Atomics.wait(this.words, RUNNING, clause, timeoutMs) === 'timed-out';
  }

  setRescued(): void {
    Atomics.store(this.words, RESCUED, 1);
  }

  /** Whether the watchdog had to end the clause. */
  get isRescued(): boolean {
    return Atomics.load(this.words, RESCUED) === 1;
  }

  setDescriptors(open: ReadonlySet<number>): void {
    let count = 0;
    for (const fd of open) {
      if (count === MOST_DESCRIPTORS) break;
      Atomics.store(this.words, FIRST + count++, fd);
    }
    Atomics.store(this.words, COUNT, count);
  }

  /** The descriptors that the running clause has open. */
  get descriptors(): number[] {
    const count = Math.min(Atomics.load(this.words, COUNT), MOST_DESCRIPTORS);
    return Array.from({ length: count }, (_, index) => Atomics.load(this.words, FIRST + index));
  }
}
