// A process that ends in one of many ways: `reactor-end.js HOW WAITER`.
import { READABLE, Reactor, WRITABLE, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import type { WaiterName } from '../support/reactor.js';

const [, , how, waiter] = process.argv as [string, string, string, WaiterName];
const [a, b] = sys.socketPair();
const reactor = new Reactor({ waiter });

function thrower(): void {
  console.log('called');
  throw new Error('nobody catches this');
}

const WAYS: Readonly<Record<string, () => unknown>> = {
  throw: () => reactor.watch(a, WRITABLE, thrower),
  'throw in run()': () => {
    reactor.watch(a, WRITABLE, thrower);
    reactor.run();
  },
  exit: () => reactor.watch(a, WRITABLE, () => {
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
  'close the poller': () => reactor.watch(a, WRITABLE, () => {
    console.log('called');
    reactor.poller.close();
  }),
};

WAYS[how]!();
