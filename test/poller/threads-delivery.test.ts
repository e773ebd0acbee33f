import { attachPoller, EDGE, ONESHOT, READABLE, share, type Poller } from 'pollux';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { onBench } from '../support/bench.js';
import { drain, send } from '../support/kit.js';
import { IS_SIMULATED } from '../support/facts.js';
import { Signals } from '../support/signals.js';
import { suite } from '../support/suite.js';
import { CELLS, type ConsumerData } from '../workers/consumer.js';
import { CELLS as OBSERVED, type ObserverData } from '../workers/observer.js';
import { CELLS as WITNESSED, type WitnessData } from '../workers/witness.js';
import { WORKERS } from '../support/paths.js';

const test = suite('events for several threads', { sanitized: ['epoll'] });

const ROUNDS = 1000;
const THREADS = 4;
/** How often two threads have to act at the same moment, and how many rounds they try at least. */
const [MEETINGS, MEETING_ROUNDS] = IS_SIMULATED ? [1, 5_000] : [20, 50_000];

/** Runs `body` while four threads wait on `poller`; then stops them. */
async function withConsumers(
  poller: Poller,
  mode: ConsumerData['mode'],
  body: (signals: Signals) => void,
): Promise<Signals> {
  const signals = new Signals();
  const workerData: ConsumerData = { handle: share(poller), cells: signals.cells, mode };
  const workers = Array.from({ length: THREADS }, () => new Worker(join(WORKERS, 'consumer.js'), { workerData }));
  const exits = workers.map((worker) => once(worker, 'exit'));
  signals.until(CELLS.ready, THREADS);
  try {
    body(signals);
  } finally {
    signals.set(CELLS.stop, 1);
    poller.wake();
    assert.equal((await Promise.all(exits)).flat(), [0, 0, 0, 0]);
  }
  return signals;
}

test(
  `poller:delivery.1 a oneshot event is delivered to one thread, over ${ROUNDS} rounds of re-arming`,
  onBench(async (bench) => {
    const poller = bench.poller();
    const [a, b] = bench.pair();
    poller.add(a, READABLE | ONESHOT);
    const signals = await withConsumers(poller, 'oneshot', (counted) => {
      for (let round = 1; round <= ROUNDS; round++) {
        send(b);
        counted.until(CELLS.bytes, round);
        counted.until(CELLS.events, round);
      }
    });
    assert.equal(
      [signals.get(CELLS.events), signals.get(CELLS.bytes), signals.get(CELLS.clashes)],
      [ROUNDS, ROUNDS, 0],
    );
  }),
);

test(
  `poller:delivery.2 an edge reaches one of the threads, over ${ROUNDS} edges`,
  onBench(async (bench) => {
    const poller = bench.poller();
    const [a, b] = bench.pair();
    poller.add(a, READABLE | EDGE);
    const signals = await withConsumers(poller, 'edge', (counted) => {
      for (let round = 1; round <= ROUNDS; round++) {
        send(b);
        counted.until(CELLS.events, round);
        assert.is(drain(a), 1);
      }
    });
    assert.is(signals.get(CELLS.events), ROUNDS);
  }),
);

test(
  `poller:delivery.3 a wake reaches one of the threads, over ${ROUNDS} wakes`,
  onBench(async (bench) => {
    const poller = bench.poller();
    const signals = await withConsumers(poller, 'edge', (counted) => {
      for (let round = 1; round <= ROUNDS; round++) {
        poller.wake();
        counted.until(CELLS.woken, round);
      }
    });
    assert.equal([signals.get(CELLS.woken), signals.get(CELLS.events)], [ROUNDS, 0]);
  }),
);

test(
  'poller:delivery.4 another thread takes events while this thread takes events too',
  onBench(async (bench) => {
    const poller = bench.poller();
    const [a, b] = bench.pair();
    poller.add(a, READABLE | ONESHOT);
    const signals = await withConsumers(poller, 'oneshot', (counted) => {
      for (let round = 1; round <= 200; round++) {
        send(b);
        const here = [...poller.wait(0)];
        if (here.length === 1) {
          counted.add(CELLS.bytes, drain(a));
          counted.add(CELLS.events);
          poller.modify(a, READABLE | ONESHOT);
        }
        counted.until(CELLS.events, round);
      }
    });
    assert.equal([signals.get(CELLS.events), signals.get(CELLS.bytes), signals.get(CELLS.clashes)], [200, 200, 0]);
  }),
);

test(
  'poller:threads.wake.1 any thread can end the wait of any other',
  onBench(async (bench) => {
    const poller = bench.poller();
    const peer = bench.peer();
    await peer.call('attach', share(poller));
    for (let round = 0; round < 20; round++) {
      const there = peer.call('wait');
      poller.wake();
      assert.equal(await there, { woken: true, accessed: [], iterated: [] });
      void peer.call('wake');
      const here = poller.wait(10_000);
      assert.equal([here.woken, here.length], [true, 0]);
      await once(peer.worker, 'message');
    }
  }),
);

test(
  'poller:threads.wake.2 a wake before the wait is not lost, and wakes of several threads count as one',
  onBench(async (bench) => {
    const poller = bench.poller();
    const peer = bench.peer();
    await peer.call('attach', share(poller));
    poller.wake();
    await peer.call('wake');
    await peer.call('wake');
    assert.is((await peer.call('wait', 10_000)).woken, true);
    assert.is(poller.wait(0).woken, false);
    assert.is((await peer.call('wait', 0)).woken, false);
    await peer.call('wake');
    assert.is(poller.wait(10_000).woken, true);
    assert.is((await peer.call('wait', 0)).woken, false);
  }),
);

test(
  'poller:threads.wake.3 two views in one thread wake each other',
  onBench((bench) => {
    const poller = bench.poller();
    const view = attachPoller(share(poller));
    view.wake();
    assert.is(poller.wait(10_000).woken, true);
    poller.wake();
    assert.is(view.wait(10_000).woken, true);
    assert.is(poller.wait(0).woken, false);
    view.close();
  }),
);

test(
  `poller:threads.stale.1 a batch that a thread looks at becomes stale while the thread reads it, over ${ROUNDS} rounds`,
  onBench(async (bench) => {
    const poller = bench.poller();
    const [a, b] = bench.pair();
    send(b);
    const signals = new Signals();
    signals.set(OBSERVED.rounds, ROUNDS);
    const workerData: ObserverData = { handle: share(poller), cells: signals.cells };
    const exited = once(new Worker(join(WORKERS, 'observer.js'), { workerData }), 'exit');
    signals.until(OBSERVED.ready, 1);
    for (let round = 1; round <= ROUNDS; round++) {
      poller.add(a, round % 2 === 0 ? READABLE : READABLE | EDGE, round);
      signals.until(OBSERVED.seen, round);
      poller.remove(a);
      signals.set(OBSERVED.removed, round);
      signals.until(OBSERVED.stale, round);
    }
    assert.equal(await exited, [0]);
    assert.equal([signals.get(OBSERVED.stale), signals.get(OBSERVED.alive)], [ROUNDS, 0]);
  }),
);

test(
  'poller:threads.stale.2 an event whose registration ends while the event is delivered is stale from the start',
  onBench(async (bench) => {
    const poller = bench.poller();
    const [a, b] = bench.pair();
    send(b);
    const signals = new Signals();
    const workerData: WitnessData = { handle: share(poller), cells: signals.cells };
    const exited = once(new Worker(join(WORKERS, 'witness.js'), { workerData }), 'exit');
    signals.until(WITNESSED.ready, 1);
    const end = performance.now() + 20_000;
    for (
      let round = 0;
      round < MEETING_ROUNDS || (signals.get(WITNESSED.ended) < MEETINGS && performance.now() < end);
      round++
    ) {
      poller.add(a, READABLE);
      poller.remove(a);
    }
    signals.set(WITNESSED.stop, 1);
    assert.equal(await exited, [0]);
    assert.ok(signals.get(WITNESSED.ended) > 0, 'no event met the end of its registration');
    assert.is(signals.get(WITNESSED.alive), 0);
  }),
);
