// A process that has only timers. Prints what they do before it ends: `reactor-timers.js HOW WAITER`.
import { createPoller, Reactor } from 'pollux';
import type { WaiterName } from '../support/reactor.js';

const [, , how, waiter] = process.argv as [string, string, string, WaiterName];
const reactor = new Reactor({ waiter });
const told = performance.now();
const tell = (what: string): void => console.log(what, performance.now() - told >= 20 ? 'in time' : 'early');

const WAYS: Readonly<Record<string, () => void>> = {
  after: () => void reactor.after(20, () => tell('after')),
  every: () => {
    let times = 0;
    const timer = reactor.every(20, () => {
      tell('every');
      if (++times === 3) timer.close();
    });
  },
  unref: () => void reactor.after(1e6, () => tell('unref')).unref(),
  'unref and ref': () =>
    void reactor
      .after(20, () => tell('ref'))
      .unref()
      .ref(),
  'unref of the reactor': () => {
    reactor.after(1e6, () => tell('unref'));
    reactor.unref();
  },
  close: () => {
    const timer = reactor.after(1e6, () => tell('closed'));
    reactor.after(20, () => {
      tell('after');
      timer.close();
    });
  },
  'close the reactor': () => {
    reactor.every(1e6, () => tell('closed'));
    reactor.after(20, () => {
      tell('after');
      reactor.close();
    });
  },
  'unref of a closed reactor, whose poller another one has': () => {
    const poller = createPoller();
    const closed = new Reactor({ poller, waiter });
    closed.after(1e6, () => tell('closed'));
    closed.close();
    new Reactor({ poller, waiter }).after(20, () => tell('after'));
    closed.unref();
  },
};

WAYS[how]!();
