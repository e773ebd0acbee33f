import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { PollerHandle } from 'pollux';
import type { MortalData } from '../workers/mortal.js';
import type { ReactorMortalData } from '../workers/reactor-mortal.js';
import { Signals } from './signals.js';
import { WORKERS } from './paths.js';

/** A small heap, so that a thread that hoards memory reaches the limit soon. */
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

/** A thread of test/workers/reactor-mortal.ts. */
export class ReactorMortal {
  readonly worker: Worker;
  readonly signals = new Signals();

  constructor(behaviour: ReactorMortalData['behaviour'], waiter: ReactorMortalData['waiter'], fds: readonly number[]) {
    const workerData: ReactorMortalData = { behaviour, waiter, fds, cells: this.signals.cells };
    this.worker = new Worker(join(WORKERS, 'reactor-mortal.js'), { workerData });
    this.worker.on('error', (error) => {
      throw error;
    });
  }

  /** Resolves once the thread has begun with its behaviour. */
  async begun(): Promise<this> {
    while (this.signals.get(0) === 0) await new Promise((resolve) => setImmediate(resolve));
    return this;
  }
}
