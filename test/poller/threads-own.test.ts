import { EDGE, READABLE, share, WRITABLE, type Poller } from 'pollux';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { onBench, type Bench } from '../support/bench.js';
import { drain, send } from '../support/kit.js';
import { descriptors } from '../support/descriptors.js';
import { descriptorsByKind } from '../support/kernel.js';
import { codeOf } from '../support/peer.js';
import { Signals } from '../support/signals.js';
import { suite } from '../support/suite.js';
import { CELLS } from '../workers/loader.js';
import { WORKERS } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('pollers of several threads', { sanitized: ['epoll'] });

test.unless(on('deno', 'Deno ends a worker after terminate() has resolved'))(
  'poller:load.1 twenty threads load the addon at once, and each of them can use it',
  async () => {
    const before = descriptorsByKind();
    const signals = new Signals();
    const workers = Array.from(
      { length: 20 },
      () => new Worker(join(WORKERS, 'loader.js'), { workerData: signals.cells }),
    );
    const exits = workers.map((worker) => once(worker, 'exit'));
    signals.until(CELLS.ready, 20);
    signals.set(CELLS.go, 1);
    assert.equal((await Promise.all(exits)).flat(), Array(20).fill(0));
    assert.is(signals.get(CELLS.worked), 20);
    assert.equal(descriptorsByKind(), before);
  },
);

test(
  'poller:load.2 two copies of the package that one thread loads share one addon and can share pollers',
  onBench((bench) => {
    const copy = loadAgain();
    const [a] = bench.pair();
    const poller = bench.poller();
    poller.add(a, WRITABLE, 'mine');
    assert.throws(
      () => copy.share(poller),
      (error: NodeJS.ErrnoException) => error.code === 'ERR_INVALID_ARG_TYPE',
    );
    const view = copy.attachPoller(share(poller));
    assert.equal(
      [...view.wait(1000)].map(({ fd, data }) => [fd, data]),
      [[a, undefined]],
    );
    const other = copy.createPoller();
    other.close();
    view.remove(a);
    view.close();
    assert.is(poller.wait(0).length, 0);
  }),
);

/**
 * Gives the number `fd` to one end of a new pair; returns the other. The old file is closed in the same step, because a
 * number that is free for a moment may be taken by a thread of the host.
 */
function reopened(bench: Bench, fd: number): number {
  const [end, other] = bench.pair();
  descriptors.dup2(end, fd);
  bench.close(end);
  return other;
}

/** Another copy of the package, as test runners with separate modules for each test file load it. */
function loadAgain(): typeof import('pollux') {
  const loaded = { ...require.cache };
  const entry = require.resolve('pollux');
  for (const file of Object.keys(loaded)) {
    if (file.startsWith(dirname(entry)) || file.endsWith('.node')) delete require.cache[file];
  }
  const copy = require(entry) as typeof import('pollux');
  copy.createPoller().close();
  Object.assign(require.cache, loaded);
  return copy;
}

test(
  'poller:own.1 pollers of different threads are independent',
  onBench(async (bench) => {
    const mine = bench.poller();
    const theirs = bench.peer();
    await theirs.call('open');
    const [a, b] = bench.pair();
    mine.add(a, READABLE, 'mine');
    await theirs.call('add', a, READABLE | WRITABLE, 'theirs');
    assert.equal([mine.size, await theirs.call('size')], [1, 1]);
    assert.equal((await theirs.call('wait', 1000)).accessed, [[a, WRITABLE, 'theirs']]);
    assert.is(mine.wait(0).length, 0);
    send(b);
    assert.equal(
      [...mine.wait(1000)].map(({ readiness, data }) => [readiness, data]),
      [[READABLE, 'mine']],
    );
    assert.equal((await theirs.call('wait', 1000)).accessed, [[a, READABLE | WRITABLE, 'theirs']]);
    mine.remove(a);
    assert.is(await theirs.call('has', a), true);
    mine.wake();
    assert.is((await theirs.call('wait', 0)).woken, false);
  }),
);

test(
  'poller:own.2 an edge reaches the poller of every thread that watches the descriptor',
  onBench(async (bench) => {
    const [a, b] = bench.pair();
    const peers = [bench.peer(), bench.peer(), bench.peer()];
    for (const peer of peers) {
      await peer.call('open');
      await peer.call('add', a, READABLE | EDGE);
      assert.equal((await peer.call('wait', 0)).accessed, []);
    }
    const waits = peers.map((peer) => peer.call('wait', 10_000));
    send(b);
    for (const wait of waits) assert.equal((await wait).accessed, [[a, READABLE, undefined]]);
    for (const peer of peers) assert.equal((await peer.call('wait', 0)).accessed, []);
    assert.is(drain(a), 1);
  }),
);

test(
  'poller:own.3 a thread with views of several pollers takes the events of each',
  onBench(async (bench) => {
    const [first, second] = [bench.poller(), bench.poller()];
    const [a] = bench.pair();
    const [one, other] = [bench.peer(share(first)), bench.peer(share(second))];
    await Promise.all([one.call('attach'), other.call('attach')]);
    first.add(a, WRITABLE, 1);
    second.add(a, READABLE, 2);
    assert.equal((await one.call('wait', 1000)).accessed, [[a, WRITABLE, undefined]]);
    assert.equal((await other.call('wait', 0)).accessed, []);
    assert.is(await codeOf(() => other.call('add', a, WRITABLE)), 'EEXIST');
    await other.call('remove', a);
    assert.equal([first.size, second.size], [1, 0]);
  }),
);

test(
  'poller:own.4 a number that one thread closes and another thread opens again is a new registration',
  onBench(async (bench) => {
    const poller = bench.poller();
    const peer = bench.peer();
    await peer.call('attach', share(poller));
    for (let round = 0; round < 50; round++) {
      const [a, b] = bench.pair();
      poller.add(a, READABLE, `round ${round}`);
      send(b);
      assert.equal(
        [...poller.wait(1000)].map(({ fd, data }) => [fd, data]),
        [[a, `round ${round}`]],
      );
      const [c, d] = [a, reopened(bench, a)];
      bench.close(b);
      await peer.call('add', c, READABLE, 'theirs');
      send(d);
      assert.equal(
        [...poller.wait(1000)].map(({ fd, data }) => [fd, data]),
        [[c, undefined]],
      );
      assert.equal((await peer.call('wait', 1000)).accessed, [[c, READABLE, 'theirs']]);
      assert.is(poller.size, 1);
      await peer.call('remove', c);
      bench.close(c, d);
    }
  }),
);

test(
  'poller:own.5 pollers that one thread opens and closes in any order do not disturb each other',
  onBench((bench) => {
    const pollers = new Map<number, Poller<number>>();
    const open = (id: number): void => {
      const poller = bench.poller<number>({ capacity: 1 });
      poller.add(bench.pair()[0], WRITABLE, id);
      pollers.set(id, poller);
    };
    const close = (id: number): void => {
      pollers.get(id)!.close();
      pollers.delete(id);
    };
    for (let id = 0; id < 40; id++) open(id);
    for (const id of [7, 3, 38, 0, 20]) close(id);
    for (let id = 40; id < 60; id++) open(id);
    for (let id = 4; id < 60; id += 5) close(id);
    for (let id = 60; id < 90; id++) open(id);
    assert.is(new Set([...pollers.values()].map(({ fd }) => fd)).size, pollers.size);
    for (const [id, poller] of pollers)
      assert.equal(
        [...poller.wait(1000)].map(({ data }) => data),
        [id],
      );
  }),
);
