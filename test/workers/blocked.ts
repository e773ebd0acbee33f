// A thread with a reactor on a shared poller whose event loop never turns.
import { attachPoller, READABLE, Reactor, type PollerHandle } from 'pollux';
import { workerData } from 'node:worker_threads';
import type { WaiterName } from '../support/reactor.js';
import { Signals } from '../support/signals.js';

interface BlockedData {
  handle: PollerHandle;
  /** A descriptor for this thread alone. */
  fd: number;
  waiter: WaiterName;
  /** Cell 0 is 1 once the thread waits. */
  cells: Int32Array;
}

const { handle, fd, waiter, cells } = workerData as BlockedData;
new Reactor({ poller: attachPoller(handle), waiter }).watch(fd, READABLE, () => {});
new Signals(cells).add(0);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
