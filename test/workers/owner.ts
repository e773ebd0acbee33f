// A thread that opens descriptors, reports them, and closes nothing.
import { connect, FdStream, listen, READABLE, Reactor, type Listener } from 'pollux';
import * as sys from 'pollux/sys';
import { parentPort, workerData } from 'node:worker_threads';
import type { WaiterName } from '../support/reactor.js';

export interface OwnerData {
  what: keyof typeof OWNERS | keyof typeof CHURNS;
  waiter: WaiterName;
  /** A path for a unix socket. */
  path: string;
  /** A port whose queue is full. */
  port: number;
}

/** Descriptors that pollux closes with the thread, and those that it leaves to their owners. */
export interface Opened {
  owned: number[];
  left?: number[];
  port?: number;
}

const options = (reactor: Reactor): { host: string; port: number; reactor: Reactor } => ({
  host: '127.0.0.1',
  port: 0,
  reactor,
});
let kept: unknown;

function churn(act: () => unknown): Opened {
  const again = (): void => {
    act();
    setImmediate(again);
  };
  setImmediate(again);
  return { owned: [] };
}

/** What a thread does over and over, to be ended in the middle of it. */
export const CHURNS = {
  'listens and closes': (reactor: Reactor) =>
    churn(() => {
      for (let i = 0; i < 20; i++) listen(options(reactor), () => {}).close();
    }),
  connects: (reactor: Reactor, { port }: OwnerData) =>
    churn(() => {
      const signal = new AbortController();
      connect({ ...options(reactor), port, signal: signal.signal }).catch(() => {});
      setTimeout(() => signal.abort(), 0);
    }),
} as const;

export const OWNERS = {
  'a listener': (reactor: Reactor): Opened => {
    const listener: Listener = listen(options(reactor), () => {});
    return { owned: [listener.fd], port: (listener.address as { port: number }).port };
  },
  'a listener on a path': (reactor: Reactor, { path }: OwnerData): Opened => ({
    owned: [listen({ path, reactor }, () => {}).fd],
  }),
  'streams that nobody reads': (reactor: Reactor): Opened => {
    const fds = sys.socketPair();
    kept = fds.map((fd) => new FdStream(fd, { reactor }));
    return { owned: fds };
  },
  'streams that read': (reactor: Reactor): Opened => {
    const [readEnd, writeEnd] = sys.pipe();
    const fds = [...sys.socketPair(), readEnd];
    kept = fds.map((fd) => new FdStream(fd, { reactor }).resume());
    return { owned: fds, left: [writeEnd] };
  },
  'streams that were told that the descriptor is not theirs': (reactor: Reactor): Opened => {
    const fds = sys.socketPair();
    kept = fds.map((fd) => new FdStream(fd, { reactor, ownsFd: false }));
    return { owned: [], left: fds };
  },
  'watches and raw descriptors': (reactor: Reactor): Opened => {
    const fds = sys.socketPair();
    reactor.watch(fds[0], 1, () => {});
    return { owned: [], left: fds };
  },
  'watches that close with their thread': (reactor: Reactor): Opened => {
    const fds = [...sys.socketPair(), ...sys.pipe()];
    const [reads, pauses, closed] = fds.map((fd) => reactor.watch(fd, 0, () => {}));
    for (const watch of [reads!, pauses!, closed!]) watch.closeWithThread();
    reads!.interest = READABLE;
    closed!.close();
    return { owned: fds.slice(0, 2), left: fds.slice(2) };
  },
  'a connect that is under way': (reactor: Reactor, { port }: OwnerData): Opened => {
    connect({ ...options(reactor), port }).catch(() => {});
    return { owned: [] };
  },
} as const;

if (workerData !== null) {
  const data = workerData as OwnerData;
  const opened = { ...OWNERS, ...CHURNS }[data.what](new Reactor({ waiter: data.waiter }), data);
  // Reported one turn later, when a connect is in progress.
  setTimeout(() => parentPort!.postMessage(opened), 1);
  // The thread stays until it is terminated, or ends here as it is told:
  parentPort!.on('message', (how: 'exit' | 'throw') => {
    if (how === 'exit') process.exit(0);
    throw new Error(`thrown, with ${String(kept)}`);
  });
}
