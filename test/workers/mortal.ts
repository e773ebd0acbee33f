// A thread that repeats one action with pollers until it ends or is terminated.
import { attachPoller, createPoller, READABLE, share, WRITABLE, type Poller, type PollerHandle } from 'pollux';
import { workerData } from 'node:worker_threads';
import { Mortal } from '../support/mortals.js';
import { Signals } from '../support/signals.js';

export interface MortalData {
  behaviour: keyof typeof BEHAVIOURS;
  /** A descriptor that is writable, for this thread alone. */
  fd: number;
  /** A poller to attach to; without it the thread opens one of its own. */
  handle?: PollerHandle;
  /** Cell 0 counts the threads that have begun. */
  cells: Int32Array;
}

export const BEHAVIOURS = {
  /** Ends by itself, and closes nothing. */
  end: () => {},
  wait: (poller: Poller) => void poller.wait(),
  'wait long': (poller: Poller) => void poller.wait(1e9),
  spin: () => void createPoller({ spinUs: 2 ** 31 - 1 }).wait(),
  'wait again and again': (poller: Poller) => forever(() => poller.wait(0.01)),
  look: (poller: Poller, fd: number) => {
    poller.add(fd, WRITABLE, 'data');
    forever(() => [...poller.wait(0)].length);
  },
  iterate: (poller: Poller, fd: number) => {
    poller.add(fd, WRITABLE, 'data');
    const batch = poller.wait();
    forever(() => [...batch].length);
  },
  churn: (poller: Poller, fd: number) => {
    forever(() => {
      poller.add(fd, READABLE, 'data');
      poller.modify(fd, WRITABLE);
      poller.remove(fd);
    });
  },
  wake: (poller: Poller) => forever(() => poller.wake()),
  open: () => forever(() => createPoller().close()),
  abandon: (poller: Poller) => {
    const several = Array.from({ length: 10 }, () => createPoller({ capacity: 65_536 }));
    forever(() => several.map((other) => other.wait(0).length + poller.size));
  },
  fail: (poller: Poller) => {
    forever(() => {
      try {
        poller.remove(2 ** 31 - 1);
      } catch {}
    });
  },
  nest: (poller: Poller) => {
    new Mortal('wait', -1, share(poller)).begun();
    new Mortal('wait long').begun();
    poller.wait();
  },
  hoard: (poller: Poller) => {
    const hoard: unknown[] = [];
    forever(() => hoard.push([poller, ...poller.wait(0), new Array(1000).fill(hoard.length)]));
  },
  throw: (poller: Poller, fd: number) => {
    poller.add(fd, WRITABLE);
    for (const event of poller.wait()) throw new Error(`thrown while descriptor ${event.fd} is handled`);
  },
  exit: (poller: Poller, fd: number) => {
    poller.add(fd, WRITABLE);
    for (const event of poller.wait()) process.exit(event.readiness + 3);
  },
} as const;

function forever(act: () => unknown): never {
  for (;;) act();
}

if (workerData !== null) {
  const { behaviour, fd, handle, cells } = workerData as MortalData;
  const poller = handle === undefined ? createPoller() : attachPoller(handle);
  new Signals(cells).add(0);
  BEHAVIOURS[behaviour](poller, fd);
}
