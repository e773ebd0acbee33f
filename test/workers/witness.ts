// Reads each batch at once, while another thread adds and removes without a pause.
import { attachPoller, type PollerHandle } from 'pollux';
import { workerData } from 'node:worker_threads';
import { Signals } from '../support/signals.js';

/** ended: events whose registration had ended when they were read; alive: those of them that were not stale. */
export const CELLS = { ready: 0, stop: 1, ended: 2, alive: 3 } as const;

export interface WitnessData {
  handle: PollerHandle;
  cells: Int32Array;
}

if (workerData !== null) watch(workerData as WitnessData);

function watch({ handle, cells }: WitnessData): void {
  const signals = new Signals(cells);
  const poller = attachPoller(handle);
  signals.add(CELLS.ready);
  while (signals.get(CELLS.stop) === 0) {
    const batch = poller.wait(1);
    for (let index = 0; index < batch.length; index++) {
      if (poller.has(batch.fdAt(index))) continue;
      signals.add(batch.readinessAt(index) === 0 ? CELLS.ended : CELLS.alive);
    }
  }
  poller.close();
}
