// Waits on a shared poller and handles its events, until the cell says stop.
import { attachPoller, ONESHOT, READABLE, type PollerHandle } from 'pollux';
import { workerData } from 'node:worker_threads';
import { drain } from '../support/kit.js';
import { Signals } from '../support/signals.js';

/** What a consumer counts in the cells that it shares. */
export const CELLS = { ready: 0, stop: 1, events: 2, bytes: 3, owners: 4, clashes: 5, woken: 6, batches: 7 } as const;

export interface ConsumerData {
  handle: PollerHandle;
  cells: Int32Array;
  /**
   * oneshot: the thread owns the descriptor until it has drained and re-armed it. edge: the thread does not read the
   * data.
   */
  mode: 'oneshot' | 'edge';
}

if (workerData !== null) consume(workerData as ConsumerData);

function consume({ handle, cells, mode }: ConsumerData): void {
  const signals = new Signals(cells);
  const poller = attachPoller(handle);
  signals.add(CELLS.ready);
  for (;;) {
    const batch = poller.wait();
    if (signals.get(CELLS.stop) === 1) break;
    if (batch.woken) signals.add(CELLS.woken);
    for (const { fd } of batch) {
      if (mode === 'oneshot') {
        if (signals.add(CELLS.owners) !== 1) signals.add(CELLS.clashes);
        signals.add(CELLS.bytes, drain(fd));
        signals.add(CELLS.owners, -1);
        poller.modify(fd, READABLE | ONESHOT);
      }
      signals.add(CELLS.events);
    }
    signals.add(CELLS.batches);
  }
  // A wake reaches one thread, which wakes the next one.
  poller.wake();
  poller.close();
}
