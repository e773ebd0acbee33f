import { attachPoller, createPoller, READABLE, share, WRITABLE } from 'pollux';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { onBench } from '../support/bench.js';
import { send } from '../support/kit.js';
import { descriptorsByKind } from '../support/kernel.js';
import { Mortal } from '../support/mortals.js';
import { codeOf } from '../support/peer.js';
import { suite } from '../support/suite.js';
import { BEHAVIOURS, type MortalData } from '../workers/mortal.js';
import { on } from '../support/runtime.js';

const test = suite('life and death of threads', { sanitized: ['epoll', 'kqueue'] }).unless(
  on('deno', 'Deno does not end a worker that is blocked in a native call, and terminate() does not wait for it'),
);

/** terminate() has to end a thread within this time, also on a busy machine. A wait checks for it every 50 ms. */
const PATIENCE_MS = 20_000;

const ENDLESS = (Object.keys(BEHAVIOURS) as Array<MortalData['behaviour']>).filter(
  (behaviour) => !['end', 'throw', 'exit', 'hoard'].includes(behaviour),
);

test(
  'poller:life.1 a thread that ends without closing its poller leaves nothing open',
  onBench(async (bench) => {
    const [fd] = bench.pair();
    const before = descriptorsByKind();
    for (let i = 0; i < 5; i++) assert.is(await new Mortal('end', fd).ended, 0);
    assert.equal(descriptorsByKind(), before);
  }),
);

for (const view of ['own', 'shared'] as const) {
  for (const behaviour of ENDLESS) {
    const where = view === 'own' ? 'on a poller of its own' : 'on a shared poller';
    test(
      `poller:life.2 terminate() ends a thread that is in "${behaviour}", ${where}`,
      onBench(async (bench) => {
        const [fd] = bench.pair();
        const poller = bench.poller();
        const before = descriptorsByKind();
        for (let round = 0; round < 3; round++) {
          const mortal = new Mortal(behaviour, fd, view === 'own' ? undefined : share(poller)).begun();
          const start = performance.now();
          assert.is(await mortal.worker.terminate(), 1);
          const tookMs = performance.now() - start;
          assert.ok(tookMs < PATIENCE_MS, `took ${tookMs} ms`);
          assert.equal(descriptorsByKind(), before);
          if (poller.has(fd)) poller.remove(fd);
        }
        assert.is(poller.size, 0);
        poller.add(fd, WRITABLE);
        while (poller.wait(1000).length === 0);
      }),
    );
  }
}

test(
  'poller:life.3 a thread that throws while it handles a batch ends, and other threads go on',
  onBench(async (bench) => {
    const [fd] = bench.pair();
    const poller = bench.poller();
    const waiting = new Mortal('wait', -1, share(poller)).begun();
    const before = descriptorsByKind();
    const mortal = new Mortal('throw', fd);
    const [error] = await once(mortal.worker, 'error');
    assert.is(error.message, `thrown while descriptor ${fd} is handled`);
    assert.is(await mortal.ended, 1);
    assert.equal(descriptorsByKind(), before);
    poller.wake();
    assert.is(await waiting.ended, 0);
  }),
);

test(
  'poller:life.4 process.exit() in a thread, in the middle of a batch, ends that thread alone',
  onBench(async (bench) => {
    const [fd] = bench.pair();
    const poller = bench.poller();
    const before = descriptorsByKind();
    assert.is(await new Mortal('exit', fd).ended, WRITABLE + 3);
    assert.equal(descriptorsByKind(), before);
    assert.is(await new Mortal('exit', fd, share(poller)).ended, WRITABLE + 3);
    assert.equal(descriptorsByKind(), before);
    assert.equal(
      [...poller.wait(1000)].map((event) => event.fd),
      [fd],
    );
  }),
);

test(
  'poller:life.5 a poller outlives the thread that made it, as long as another has a view',
  onBench(async (bench) => {
    const [a, b] = bench.pair();
    const before = descriptorsByKind();
    const maker = bench.peer();
    const handle = await maker.call('open');
    await maker.call('add', a, READABLE, 'data of the maker');
    const view = attachPoller(handle);
    await maker.end();
    send(b);
    assert.equal(
      [...view.wait(1000)].map(({ fd, readiness, data }) => [fd, readiness, data]),
      [[a, READABLE, undefined]],
    );
    assert.is(await codeOf(() => view.add(a, READABLE)), 'EEXIST');
    const heir = bench.peer();
    await heir.call('attach', handle);
    view.close();
    assert.equal((await heir.call('wait', 1000)).accessed, [[a, READABLE, undefined]]);
    await heir.end();
    assert.is(await codeOf(() => attachPoller(handle)), 'ERR_POLLER_CLOSED');
    assert.equal(descriptorsByKind(), before);
  }),
);

test(
  'poller:life.6 the registrations of a thread that was terminated stay in the shared poller',
  onBench(async (bench) => {
    const [a, b] = bench.pair();
    const poller = bench.poller();
    const peer = bench.peer();
    await peer.call('attach', share(poller));
    await peer.call('add', a, READABLE, 'lost');
    await peer.end();
    assert.equal([poller.size, poller.has(a)], [1, true]);
    send(b);
    assert.equal(
      [...poller.wait(1000)].map(({ fd, data }) => [fd, data]),
      [[a, undefined]],
    );
    poller.remove(a);
    assert.is(poller.size, 0);
  }),
);

test(
  'poller:life.7 a wake that a terminated thread did not take is taken by another',
  onBench(async (bench) => {
    const poller = bench.poller();
    const peer = bench.peer();
    await peer.call('attach', share(poller));
    assert.is((await peer.call('wait', 0)).woken, false);
    poller.wake();
    await peer.end();
    assert.is(poller.wait(0).woken, true);
  }),
);

test.unless(on('bun', 'Bun does not enforce the resourceLimits of a worker'))(
  'poller:life.8 a thread that runs out of memory ends alone, and leaves nothing open',
  onBench(async (bench) => {
    const poller = bench.poller();
    const before = descriptorsByKind();
    for (const handle of [undefined, share(poller)]) {
      const mortal = new Mortal('hoard', -1, handle);
      const [error] = await once(mortal.worker, 'error');
      assert.is(error.code, 'ERR_WORKER_OUT_OF_MEMORY');
      assert.is(await mortal.ended, 1);
      assert.equal(descriptorsByKind(), before);
    }
    poller.wake();
    assert.is(poller.wait(0).woken, true);
  }),
);

test('poller:life.9 a poller that is dropped without close() is closed when it is collected', async () => {
  const before = descriptorsByKind();
  const drop = (): number => Array.from({ length: 50 }, () => createPoller()).filter(({ closed }) => !closed).length;
  assert.is(drop(), 50);
  assert.not.equal(descriptorsByKind(), before);
  const end = performance.now() + 10_000;
  while (JSON.stringify(descriptorsByKind()) !== JSON.stringify(before) && performance.now() < end) {
    globalThis.gc!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(descriptorsByKind(), before);
});
