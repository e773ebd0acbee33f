import { attachPoller, READABLE, WRITABLE, share, type Poller, type PollerHandle } from 'pollux';
import * as assert from 'uvu/assert';
import { onBench, type Bench } from '../support/bench.js';
import { send } from '../support/kit.js';
import { descriptorsByKind } from '../support/kernel.js';
import { codeOf, type Peer } from '../support/peer.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('pollers shared between threads', { sanitized: ['epoll', 'kqueue'] });

/** A poller of this thread, and another thread that has attached to it. */
async function shared(bench: Bench, capacity = 8): Promise<{ poller: Poller; peer: Peer }> {
  const poller = bench.poller({ capacity });
  const peer = bench.peer();
  await peer.call('attach', share(poller));
  return { poller, peer };
}

test(
  'poller:share.1 a view is the same kernel object as the poller that was shared',
  onBench(async (bench) => {
    const poller = bench.poller();
    poller.add(bench.pair()[0], READABLE);
    const { fd, backend, capabilities } = poller;
    assert.equal(await bench.peer().call('attach', share(poller)), { fd, backend, capabilities, size: 1 });
  }),
);

test(
  'poller:share.2 views in different threads have the same registrations: EEXIST, ENOENT and the size say so',
  onBench(async (bench) => {
    const { poller, peer } = await shared(bench);
    const [a] = bench.pair();
    const [c] = bench.pair();
    poller.add(a, READABLE);
    assert.is(await codeOf(() => peer.call('add', a, WRITABLE)), 'EEXIST');
    await peer.call('add', c, READABLE);
    assert.is(await codeOf(() => poller.add(c, READABLE)), 'EEXIST');
    assert.equal([poller.size, await peer.call('size'), poller.has(c), await peer.call('has', a)], [2, 2, true, true]);
    await peer.call('remove', a);
    assert.is(await codeOf(() => poller.remove(a)), 'ENOENT');
    assert.is(await codeOf(() => poller.modify(a, READABLE)), 'ENOENT');
    poller.remove(c);
    assert.is(await codeOf(() => peer.call('modify', c, READABLE)), 'ENOENT');
    assert.equal(
      [poller.size, await peer.call('size'), poller.has(a), await peer.call('has', c)],
      [0, 0, false, false],
    );
  }),
);

test(
  'poller:share.3 data is seen in the thread that gave it, and nowhere else',
  onBench(async (bench) => {
    const { poller, peer } = await shared(bench);
    const [a] = bench.pair();
    const [c] = bench.pair();
    poller.add(a, WRITABLE, 'mine');
    await peer.call('add', c, WRITABLE, 'theirs');
    const byFd = (x: { fd: number }, y: { fd: number }): number => x.fd - y.fd;
    const here = [...poller.wait(0)].sort(byFd).map(({ fd, data }) => [fd, data]);
    assert.equal(
      here,
      [
        [a, 'mine'],
        [c, undefined],
      ].sort(([x], [y]) => Number(x) - Number(y)),
    );
    const { accessed } = await peer.call('wait', 0);
    assert.equal(
      new Map(accessed.map(([fd, , data]) => [fd, data])),
      new Map([
        [a, undefined],
        [c, 'theirs'],
      ]),
    );
    await peer.call('modify', a, WRITABLE, 'also theirs');
    assert.equal(
      new Map([...poller.wait(0)].map(({ fd, data }) => [fd, data])),
      new Map([
        [a, 'mine'],
        [c, undefined],
      ]),
    );
  }),
);

test(
  'poller:share.4 remove() in one thread makes the current batch of another thread stale',
  onBench(async (bench) => {
    const { poller, peer } = await shared(bench);
    const [a, b] = bench.pair();
    const [c, d] = bench.pair();
    await peer.call('add', a, READABLE, 'gone');
    await peer.call('add', c, READABLE, 'stays');
    send(b);
    assert.equal((await peer.call('wait', 1000)).accessed, [[a, READABLE, 'gone']]);
    send(d);
    assert.equal((await peer.call('wait', 1000)).accessed.length, 2);
    poller.remove(a);
    const { accessed, iterated } = await peer.call('look');
    assert.equal(
      new Map(accessed.map(([fd, ...rest]) => [fd, rest])),
      new Map([
        [a, [0, undefined]],
        [c, [READABLE, 'stays']],
      ]),
    );
    assert.equal(iterated, [[c, READABLE, 'stays']]);
  }),
);

test(
  'poller:share.5 a registration that another thread has made again has nothing of the old one',
  onBench(async (bench) => {
    const { poller, peer } = await shared(bench);
    const [a, b] = bench.pair();
    poller.add(a, READABLE, 'old');
    send(b);
    const batch = poller.wait(1000);
    assert.equal([batch.fdAt(0), batch.readinessAt(0), batch.dataAt(0)], [a, READABLE, 'old']);
    await peer.call('remove', a);
    await peer.call('add', a, READABLE, 'new');
    assert.equal([batch.readinessAt(0), batch.dataAt(0), [...batch].length], [0, undefined, 0]);
    assert.equal(
      [...poller.wait(1000)].map(({ fd, readiness, data }) => [fd, readiness, data]),
      [[a, READABLE, undefined]],
    );
    assert.equal((await peer.call('wait', 1000)).iterated, [[a, READABLE, 'new']]);
  }),
);

test(
  'poller:share.6 modify() in another thread keeps the data of this thread',
  onBench(async (bench) => {
    const { poller, peer } = await shared(bench);
    const [a] = bench.pair();
    poller.add(a, READABLE, 'kept');
    await peer.call('modify', a, WRITABLE);
    assert.equal(
      [...poller.wait(1000)].map(({ readiness, data }) => [readiness, data]),
      [[WRITABLE, 'kept']],
    );
  }),
);

test(
  'poller:share.7 closing a view leaves the other views open, and the last close closes the kernel object',
  onBench(async (bench) => {
    const [a] = bench.pair();
    const first = bench.peer();
    const second = bench.peer();
    await Promise.all([first, second].map((peer) => codeOf(() => peer.call('size'))));
    const before = descriptorsByKind();
    const poller = bench.poller();
    const handle = share(poller);
    await first.call('attach', handle);
    await second.call('attach', handle);
    assert.not.equal(descriptorsByKind(), before);
    poller.close();
    assert.is(await codeOf(() => poller.wait(0)), 'ERR_POLLER_CLOSED');
    await first.call('add', a, WRITABLE);
    await first.call('close');
    assert.is(await codeOf(() => first.call('wait', 0)), 'ERR_POLLER_CLOSED');
    assert.equal((await second.call('wait', 1000)).accessed, [[a, WRITABLE, undefined]]);
    assert.not.equal(descriptorsByKind(), before);
    await second.call('close');
    assert.equal(descriptorsByKind(), before);
    assert.is(await codeOf(() => second.call('attach', handle)), 'ERR_POLLER_CLOSED');
  }),
);

test(
  'poller:share.8 a handle of a closed poller does not open a later poller',
  onBench(async (bench) => {
    const poller = bench.poller();
    const handle = share(poller);
    poller.close();
    for (let i = 0; i < 3; i++) bench.poller();
    assert.is(await codeOf(() => attachPoller(handle)), 'ERR_POLLER_CLOSED');
    assert.is(await codeOf(() => share(poller)), 'ERR_POLLER_CLOSED');
  }),
);

const FORGERIES: ReadonlyArray<[what: string, forge: (handle: PollerHandle) => unknown, code: string]> = [
  ['nothing', () => undefined, 'ERR_INVALID_ARG_TYPE'],
  ['null', () => null, 'ERR_INVALID_ARG_TYPE'],
  ['a number', ({ id }) => id, 'ERR_INVALID_ARG_TYPE'],
  ['an empty object', () => ({}), 'ERR_INVALID_ARG_TYPE'],
  ['another type', (handle) => ({ ...handle, type: 'poller' }), 'ERR_INVALID_ARG_TYPE'],
  ['an id that is text', (handle) => ({ ...handle, id: '1' }), 'ERR_INVALID_ARG_TYPE'],
  ['no id', ({ type, instance, capacity }) => ({ type, instance, capacity }), 'ERR_INVALID_ARG_TYPE'],
  ['an id of 0', (handle) => ({ ...handle, id: 0 }), 'ERR_OUT_OF_RANGE'],
  ['an id of -1', (handle) => ({ ...handle, id: -1 }), 'ERR_OUT_OF_RANGE'],
  ['an id of 1.5', (handle) => ({ ...handle, id: 1.5 }), 'ERR_OUT_OF_RANGE'],
  ['an id of NaN', (handle) => ({ ...handle, id: Number.NaN }), 'ERR_OUT_OF_RANGE'],
  ['an id beyond all integers', (handle) => ({ ...handle, id: 2 ** 53 }), 'ERR_OUT_OF_RANGE'],
  ['an id that no poller had', (handle) => ({ ...handle, id: Number.MAX_SAFE_INTEGER }), 'ERR_POLLER_CLOSED'],
  ['a capacity of 0', (handle) => ({ ...handle, capacity: 0 }), 'ERR_OUT_OF_RANGE'],
  ['a capacity of 65537', (handle) => ({ ...handle, capacity: 65_537 }), 'ERR_OUT_OF_RANGE'],
  ['no capacity', (handle) => ({ ...handle, capacity: undefined }), 'ERR_INVALID_ARG_TYPE'],
  ['another process', (handle) => ({ ...handle, instance: `1${handle.instance}` }), 'ERR_INVALID_ARG_VALUE'],
  ['no instance', (handle) => ({ ...handle, instance: undefined }), 'ERR_INVALID_ARG_VALUE'],
];

for (const [what, forge, code] of FORGERIES) {
  test.unless(on('deno', 'Deno ends a worker after terminate() has resolved'))(
    `poller:share.9 a handle that is forged, with ${what}, is refused with ${code}`,
    onBench(async (bench) => {
      const poller = bench.poller();
      const before = descriptorsByKind();
      assert.is(await codeOf(() => attachPoller(forge(share(poller)) as PollerHandle)), code);
      assert.equal(descriptorsByKind(), before);
      assert.is(poller.wait(0).length, 0);
    }),
  );
}

test('poller:share.10 only a poller of this package can be shared', async () => {
  for (const forged of [undefined, null, {}, { fd: 3, wait: () => [] }]) {
    assert.is(await codeOf(() => share(forged as unknown as Poller)), 'ERR_INVALID_ARG_TYPE');
  }
});

test(
  'poller:share.11 a handle is plain data that survives cloning, JSON, workerData and messages',
  onBench(async (bench) => {
    const poller = bench.poller();
    const handle = share(poller);
    const clones = [structuredClone(handle), JSON.parse(JSON.stringify(handle)) as PollerHandle];
    assert.equal(clones, [handle, handle]);
    for (const clone of clones) {
      const view = attachPoller(clone);
      assert.is(view.fd, poller.fd);
      view.close();
    }
    const [byMessage, byWorkerData] = [bench.peer(), bench.peer(handle)];
    assert.is((await byMessage.call('attach', handle)).fd, poller.fd);
    assert.is((await byWorkerData.call('attach')).fd, poller.fd);
  }),
);

test(
  'poller:share.12 each view has the capacity that its handle names',
  onBench(async (bench) => {
    const poller = bench.poller({ capacity: 3 });
    for (let i = 0; i < 5; i++) poller.add(bench.pair()[0], WRITABLE);
    const [same, smaller, larger] = [bench.peer(), bench.peer(), bench.peer()];
    await same.call('attach', share(poller));
    await smaller.call('attach', { ...share(poller), capacity: 1 });
    await larger.call('attach', { ...share(poller), capacity: 65_536 });
    assert.is(poller.wait(1000).length, 3);
    assert.is((await same.call('wait', 1000)).accessed.length, 3);
    assert.is((await smaller.call('wait', 1000)).accessed.length, 1);
    assert.is((await larger.call('wait', 1000)).accessed.length, 5);
  }),
);
