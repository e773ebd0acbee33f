import { workerData } from 'node:worker_threads';
import * as sys from '../../sys.js';
import { type WatchdogData, WatchdogMemory } from './watchdog-memory.js';

/**
 * The thread that watches over clauses that run in the main thread. Where a clause runs longer than its time, this
 * thread makes its descriptors ready: it reads, writes, shuts down and at last closes them, so that a blocked wait
 * returns.
 */
const { words, timeoutMs } = workerData as WatchdogData;
const memory = new WatchdogMemory(words);
const PAUSE_MS = 50;
/** Descriptors are shut down from this round on. */
const SHUT_DOWN = 1;
/** From this round on one descriptor is closed in each round, so that its peer is told. */
const CLOSE = 3;

for (;;) {
  const running = memory.running;
  if (running === 0) {
    memory.waitWhileRunning(0);
  } else if (memory.waitWhileRunning(running, timeoutMs)) {
    memory.setRescued();
    for (let round = 0; memory.running === running; round++) {
      for (const [index, fd] of memory.descriptors.entries()) disturb(fd, index, round);
      memory.waitWhileRunning(running, PAUSE_MS);
    }
  }
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
      // Some descriptors cannot be shut down, read or written.
    }
  }
}
