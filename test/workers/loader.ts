// Loads the addon at the same moment as other threads, and uses it.
import { createPoller, READABLE } from 'pollux';
import { workerData } from 'node:worker_threads';
import { Signals } from '../support/signals.js';

export const CELLS = { ready: 0, go: 1, worked: 2 } as const;

if (workerData !== null) {
  const signals = new Signals(workerData as Int32Array);
  signals.add(CELLS.ready);
  signals.until(CELLS.go, 1);
  const [inner, outer] = [createPoller(), createPoller()];
  outer.add(inner.fd, READABLE, 'inner');
  inner.wake();
  for (const { fd, data } of outer.wait(10_000)) {
    if (fd === inner.fd && data === 'inner' && inner.wait(0).woken) signals.add(CELLS.worked);
  }
  outer.close();
}
