// A thread with a reactor that repeats one action until it is terminated.
import { EXCLUSIVE, READABLE, Reactor, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import { workerData } from 'node:worker_threads';
import { Signals } from '../support/signals.js';
import type { WaiterName } from '../support/reactor.js';

export interface ReactorMortalData {
  behaviour: keyof typeof REACTOR_BEHAVIOURS;
  waiter: WaiterName;
  /** Descriptors for this thread alone, writable save where it listens. */
  fds: readonly number[];
  /** Cell 0 counts the threads that have begun. The behaviours use the other cells. */
  cells: Int32Array;
}

/** Cells of a behaviour that accepts: how many connections, in all. */
export const ACCEPTED = 1;

function watchAll(reactor: Reactor, fds: readonly number[], handler: (watch: Watch) => void): void {
  for (const fd of fds) reactor.watch(fd, WRITABLE, (_, watch) => handler(watch));
}

function accept(reactor: Reactor, listener: number, mode: number, signals: Signals, cell: number): void {
  reactor.watch(listener, mode | READABLE, () => {
    const fd = sys.accept(listener);
    if (fd === sys.WOULD_BLOCK) return;
    sys.close(fd);
    signals.add(cell);
  });
}

export const REACTOR_BEHAVIOURS = {
  /** Handles one batch after the other. */
  deliver: (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    watchAll(reactor, fds, () => signals.add(0));
  },
  /** Never returns from a handler. */
  'hang in a handler': (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    watchAll(reactor, fds, () => {
      signals.add(0);
      for (;;);
    });
  },
  /** Opens and closes watches and reactors inside handlers. */
  churn: (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    const again = (watch: Watch): void => {
      signals.add(0);
      watch.close();
      const other = new Reactor({ waiter: reactor.waiter! });
      other.watch(watch.fd, WRITABLE, () => {}).setIdleTimeout(1, () => {});
      other.close();
      reactor.watch(watch.fd, WRITABLE, (_, next) => again(next));
    };
    watchAll(reactor, fds, again);
  },
  wait: (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    for (const fd of fds) reactor.watch(fd, READABLE, () => {});
    reactor.once(fds[0]!, READABLE).catch(() => {});
    signals.add(0);
  },
  run: (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    for (const fd of fds) reactor.watch(fd, READABLE, () => {});
    signals.add(0);
    reactor.run();
  },
  'run and deliver': (reactor: Reactor, fds: readonly number[], signals: Signals) => {
    watchAll(reactor, fds, () => signals.add(0));
    reactor.run();
  },
  /** Accepts connections of a shared listener. */
  listen: (reactor: Reactor, [listener]: readonly number[], signals: Signals) => {
    accept(reactor, listener!, 0, signals, ACCEPTED);
    signals.add(0);
  },
  'listen exclusively': (reactor: Reactor, [listener]: readonly number[], signals: Signals) => {
    accept(reactor, listener!, EXCLUSIVE, signals, ACCEPTED);
    signals.add(0);
  },
} as const;

if (workerData !== null) {
  const { behaviour, waiter, fds, cells } = workerData as ReactorMortalData;
  REACTOR_BEHAVIOURS[behaviour](new Reactor({ waiter }), fds, new Signals(cells));
}
