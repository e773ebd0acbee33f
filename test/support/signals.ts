/** Cells that threads share: one thread increments a cell, another waits for it. */
export class Signals {
  readonly cells: Int32Array;

  constructor(cells: Int32Array = new Int32Array(new SharedArrayBuffer(64))) {
    this.cells = cells;
  }

  get(cell: number): number {
    return Atomics.load(this.cells, cell);
  }

  set(cell: number, value: number): void {
    Atomics.store(this.cells, cell, value);
    Atomics.notify(this.cells, cell);
  }

  /** Adds `count` and wakes the threads that wait; returns the new value. */
  add(cell: number, count = 1): number {
    const value = Atomics.add(this.cells, cell, count) + count;
    Atomics.notify(this.cells, cell);
    return value;
  }

  /** Blocks until the cell is at least `value`. Throws after ten seconds. */
  until(cell: number, value: number): void {
    const end = performance.now() + 10_000;
    for (let now = this.get(cell); now < value; now = this.get(cell)) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`cell ${cell} is ${now} after ten seconds, not ${value}`);
      Atomics.wait(this.cells, cell, now, left);
    }
  }
}
