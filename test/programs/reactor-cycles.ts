// Opens, uses and closes reactors in every way, prints "done", and has to end by itself: `reactor-cycles.js WAITER`.
import { READABLE, Reactor, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import type { WaiterName } from '../support/reactor.js';

const ROUNDS = 100;
const [a, b] = sys.socketPair();

const WAYS: ReadonlyArray<(reactor: Reactor) => unknown> = [
  (reactor) => reactor.once(a, WRITABLE).then(() => reactor.close()),
  (reactor) => reactor.once(a, READABLE, { timeoutMs: 1 }).catch(() => reactor.close()),
  (reactor) =>
    new Promise<void>((resolve) => {
      reactor.watch(a, WRITABLE, () => {
        reactor.close();
        resolve();
      });
    }),
  // Closed before the host has looked once; by its poller; and not at all, with its last watch closed.
  (reactor) => reactor.watch(a, WRITABLE, () => {}) && reactor.close(),
  (reactor) => reactor.watch(a, WRITABLE, () => {}) && reactor.poller.close(),
  (reactor) => reactor.watch(a, WRITABLE, () => {}).close(),
  (reactor) => reactor.watch(a, READABLE, () => {}).unref(),
];

async function main(waiter: WaiterName): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await WAYS[round % WAYS.length]!(new Reactor({ waiter, capacity: 16 }));
  sys.close(b);
  console.log('done');
}

void main(process.argv[2] as WaiterName);
