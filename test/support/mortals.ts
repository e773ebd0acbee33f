import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { PollerHandle } from 'pollux';
import type { MortalData } from '../workers/mortal.js';
import { WORKERS } from './peer.js';
import { Signals } from './signals.js';

/** A thread that hoards is to reach its limit soon. */
const LIMITS: Partial<Record<MortalData['behaviour'], WorkerOptions>> = {
  hoard: { resourceLimits: { maxOldGenerationSizeMb: 16 } },
};

/** A thread of test/workers/mortal.ts. */
export class Mortal {
  readonly worker: Worker;
  /** The exit code of the thread, also of one that ends with an error. */
  readonly ended: Promise<number>;
  readonly #signals = new Signals();

  constructor(behaviour: MortalData['behaviour'], fd = -1, handle?: PollerHandle) {
    const workerData: MortalData = { behaviour, fd, cells: this.#signals.cells, ...(handle && { handle }) };
    this.worker = new Worker(join(WORKERS, 'mortal.js'), { workerData, ...LIMITS[behaviour] });
    this.ended = new Promise((resolve) => this.worker.once('exit', resolve));
  }

  /** Blocks until the thread has its poller and begins with its behaviour. */
  begun(): this {
    this.#signals.until(0, 1);
    return this;
  }
}
