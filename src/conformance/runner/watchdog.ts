import { workerData } from 'node:worker_threads';
import * as sys from '../../sys.js';
import { type Watched, COUNT, FIRST, MOST_WATCHED, RESCUED, RUNNING } from './watched.js';

/**
 * The thread that looks after clauses that run in the main thread. A clause that is still the same after its
 * time is rescued: what it has open is written to and read from, shut down, and at last closed, so that whatever
 * it waits for comes.
 */
const { memory, timeoutMs } = workerData as Watched;
const PAUSE_MS = 50;
/** From which round on descriptors are shut down, and closed: one in a round, for its peer to hear of it. */
const SHUT_DOWN = 1;
const CLOSE = 3;

for (;;) {
  const running = Atomics.load(memory, RUNNING);
  if (running === 0) {
    Atomics.wait(memory, RUNNING, 0);
  } else if (Atomics.wait(memory, RUNNING, running, timeoutMs) === 'timed-out') {
    Atomics.store(memory, RESCUED, 1);
    for (let round = 0; Atomics.load(memory, RUNNING) === running; round++) {
      for (const [index, fd] of watched().entries()) disturb(fd, index, round);
      Atomics.wait(memory, RUNNING, running, PAUSE_MS);
    }
  }
}

function watched(): number[] {
  const count = Math.min(Atomics.load(memory, COUNT), MOST_WATCHED);
  return Array.from({ length: count }, (_, index) => Atomics.load(memory, FIRST + index));
}

function disturb(fd: number, index: number, round: number): void {
  const acts = [
    () => sys.read(fd, Buffer.alloc(65536)),
    () => sys.write(fd, Buffer.from('x')),
    ...(round >= SHUT_DOWN ? [() => sys.shutdown(fd, 'both')] : []),
    ...(round - CLOSE === index ? [() => sys.close(fd)] : []),
  ];
  for (const act of acts) {
    try {
      if (sys.isNonBlocking(fd)) act();
    } catch {
      // Not every descriptor can do everything.
    }
  }
}
