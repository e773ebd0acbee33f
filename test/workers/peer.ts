// A thread that calls the methods of its poller for test/support/peer.ts.
import { attachPoller, createPoller, share, type Batch, type Poller, type PollerHandle } from 'pollux';
import { parentPort, workerData } from 'node:worker_threads';

let poller: Poller | undefined;
let batch: Batch | undefined;

function mine(): Poller {
  if (poller === undefined) throw new Error('this thread has no poller');
  return poller;
}

function seen(): Seen {
  if (batch === undefined) throw new Error('this thread has not waited');
  const accessed: Seen['accessed'] = [];
  for (let index = 0; index < batch.length; index++) {
    accessed.push([batch.fdAt(index), batch.readinessAt(index), batch.dataAt(index)]);
  }
  const iterated = [...batch].map(({ fd, readiness, data }): Seen['iterated'][number] => [fd, readiness, data]);
  return { woken: batch.woken, accessed, iterated };
}

/** A batch in a form that can be sent to another thread: by the accessors, and by iteration. */
export interface Seen {
  woken: boolean;
  accessed: Array<[fd: number, readiness: number, data: unknown]>;
  iterated: Array<[fd: number, readiness: number, data: unknown]>;
}

const methods = {
  open(capacity?: number): PollerHandle {
    poller = createPoller(capacity === undefined ? {} : { capacity });
    return share(poller);
  },
  attach(handle?: PollerHandle): { fd: number; backend: string; capabilities: object; size: number } {
    poller = attachPoller(handle ?? workerData);
    const { fd, backend, capabilities, size } = poller;
    return { fd, backend, capabilities, size };
  },
  add: (fd: number, interest: number, data?: unknown): void => mine().add(fd, interest, data),
  modify: (fd: number, interest: number, data?: unknown): void => mine().modify(fd, interest, data),
  remove: (fd: number): void => mine().remove(fd),
  has: (fd: number): boolean => mine().has(fd),
  size: (): number => mine().size,
  wait(timeoutMs?: number): Seen {
    batch = mine().wait(timeoutMs);
    return seen();
  },
  /** The batch of the last wait, as it is now. */
  look: (): Seen => seen(),
  wake: (): void => mine().wake(),
  close: (): void => mine().close(),
};

export type Methods = typeof methods;

interface Call {
  method: keyof Methods;
  args: unknown[];
}

parentPort?.on('message', ({ method, args }: Call) => {
  try {
    const call = methods[method] as (...args: unknown[]) => unknown;
    parentPort!.postMessage({ result: call(...args) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    parentPort!.postMessage({ error: { message, code } });
  }
});
