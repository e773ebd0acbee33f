// A process that ends in one of many ways: `reactor-end.js HOW WAITER`.
import { createPoller, READABLE, Reactor, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import { descriptors } from '../support/descriptors.js';
import type { WaiterName } from '../support/reactor.js';

const [, , how, waiter] = process.argv as [string, string, string, WaiterName];
const [a, b] = sys.socketPair();
const reactor = new Reactor({ waiter });

function thrower(): void {
  console.log('called');
  throw new Error('nobody catches this');
}

/**
 * A watch in a loop that rests, because the owner of its poller registered something that is always ready. `onRest` is
 * called when a rest begins.
 */
function resting(fd: number, handler: () => void, onRest: (watch: Watch) => void): void {
  const poller = createPoller();
  poller.add(b, WRITABLE);
  const watch = new Reactor({ waiter, poller }).watch(fd, READABLE, () => {
    handler();
    poller.close();
  });
  const native = poller as unknown as { pauseHostPoll(on: boolean): void };
  const pause = native.pauseHostPoll;
  native.pauseHostPoll = (on) => {
    if (on) onRest(watch);
    pause.call(poller, on);
  };
}

const WAYS: Readonly<Record<string, () => unknown>> = {
  throw: () => reactor.watch(a, WRITABLE, thrower),
  'throw in run()': () => {
    reactor.watch(a, WRITABLE, thrower);
    reactor.run();
  },
  exit: () =>
    reactor.watch(a, WRITABLE, () => {
      console.log('called');
      process.exit(7);
    }),
  'close the last watch': () => {
    reactor.watch(b, READABLE, () => {}).close();
    reactor.watch(a, WRITABLE, (_: number, watch: Watch) => {
      console.log('called');
      watch.close();
    });
  },
  unref: () => {
    reactor.watch(a, WRITABLE, () => console.log('called'));
    reactor.watch(b, READABLE, () => {});
    reactor.unref();
  },
  'unref at rest': () =>
    resting(
      a,
      () => undefined,
      (watch) => {
        console.log('called');
        watch.unref();
      },
    ),
  'ref at rest': () =>
    resting(
      descriptors.timerFd(100),
      () => console.log('called'),
      (watch) => {
        watch.unref();
        setImmediate(() => watch.ref());
      },
    ),
  'onWake alone': () => {
    const woken = new Reactor({ waiter, onWake: () => console.log('never') });
    console.log('called');
    setImmediate(() => woken.ref());
  },
  'close the poller': () =>
    reactor.watch(a, WRITABLE, () => {
      console.log('called');
      reactor.poller.close();
    }),
};

WAYS[how]!();
