// Reads a batch without a pause while another thread removes its registration.
import { attachPoller, type PollerHandle } from 'pollux';
import { workerData } from 'node:worker_threads';
import { Signals } from '../support/signals.js';

/** seen: batches with an event; removed: removes that have returned; stale: events that went stale. */
export const CELLS = { ready: 0, rounds: 1, seen: 2, removed: 3, stale: 4, alive: 5 } as const;

export interface ObserverData {
  handle: PollerHandle;
  cells: Int32Array;
}

const MOST_LOOKS = 2 ** 30;

if (workerData !== null) observe(workerData as ObserverData);

function observe({ handle, cells }: ObserverData): void {
  const signals = new Signals(cells);
  const poller = attachPoller(handle);
  signals.add(CELLS.ready);
  for (let round = 1; round <= signals.get(CELLS.rounds); round++) {
    const batch = poller.wait();
    signals.add(CELLS.seen);
    // In this tight loop an optimizing compiler must not read the memory only once.
    for (let looks = 0; batch.readinessAt(0) !== 0 && looks < MOST_LOOKS; looks++);
    signals.until(CELLS.removed, round);
    signals.add(batch.readinessAt(0) === 0 && batch.dataAt(0) === undefined ? CELLS.stale : CELLS.alive);
  }
  poller.close();
}
