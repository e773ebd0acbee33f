import { FdStream, listen, share } from 'pollux';
import { once } from 'node:events';
import { existsSync, writeFileSync, unlinkSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { descriptorsByKind } from '../support/kernel.js';
import { addressOf } from '../support/kit.js';
import { WAITERS, type WaiterName } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { CHURNS, OWNERS, type Opened, type OwnerData } from '../workers/owner.js';
import { WORKERS } from '../support/paths.js';
import { RUNTIME } from '../support/runtime.js';

const test = suite('life: what a thread owned');

/** Deno opens and closes sockets for each thread, some time after the thread has ended. */
const COUNTS = RUNTIME !== 'deno';

type What = OwnerData['what'];

class Owner {
  readonly worker: Worker;
  readonly exited: Promise<unknown>;

  constructor(what: What, waiter: WaiterName, data: Partial<OwnerData> = {}) {
    const workerData: OwnerData = { what, waiter, path: '', port: 0, ...data };
    this.worker = new Worker(join(WORKERS, 'owner.js'), { workerData });
    this.exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.on('error', () => {});
  }

  async opened(): Promise<Opened> {
    return (await once(this.worker, 'message'))[0] as Opened;
  }
}

const ENDINGS: Record<string, (worker: Worker) => void> = {
  'terminate()': (worker) => void worker.terminate(),
  'process.exit()': (worker) => worker.postMessage('exit'),
  'an exception': (worker) => worker.postMessage('throw'),
};

/** A listener that accepts nothing, and whose queue is full, so that a further connect waits. */
function fullListener(scope: Scope): number {
  const listener = scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener, 0);
  const address = addressOf(listener);
  for (let i = 0; i < 4; i++) sys.connect(scope.own(sys.socket('ipv4')), address);
  return address.port;
}

for (const waiter of WAITERS) {
  for (const [name, end] of Object.entries(ENDINGS)) {
    test(
      `poller:owned.1 ${waiter}: a thread that ends by ${name} closes the descriptors that pollux owns, and leaves all others open`,
      scoped(async (scope) => {
        const port = fullListener(scope);
        const folder = scope.directory();
        for (const what of Object.keys(OWNERS) as What[]) {
          const path = join(folder, 'socket');
          const before = sockets();
          for (const fd of await endOne(what, waiter, { port, path }, end)) sys.close(fd);
          assert.is(existsSync(path), false);
          if (!COUNTS) continue;
          await until(
            () => sockets() === before,
            () => `${what}: ${sockets()} sockets and pipes, not ${before}`,
          );
        }
      }),
    );
  }

  test(`poller:owned.2 ${waiter}: the port that a terminated thread listened on is free`, async () => {
    const owner = new Owner('a listener', waiter);
    const { port } = await owner.opened();
    await owner.worker.terminate();
    await until(
      () => isFree(port!),
      () => `port ${port} is taken`,
    );
  });

  test(
    `poller:owned.3 ${waiter}: a number that belongs to another file by now stays open when its former thread ends`,
    scoped(async (scope) => {
      for (const what of ['a listener', 'streams that nobody reads', 'streams that read'] as const) {
        const owner = new Owner(what, waiter);
        const {
          owned: [fd, ...others],
          left = [],
        } = await owner.opened();
        const [ours] = sys.pipe().map((end) => scope.own(end));
        descriptors.dup2(ours!, fd!);
        await owner.worker.terminate();
        await until(
          () => others.every((number) => !existsSync(`/proc/self/fd/${number}`)),
          () => `${others} are open`,
        );
        assert.is(sys.classify(fd!).kind, 'pipe', what);
        for (const number of [fd!, ...left]) sys.close(number);
      }
    }),
  );

  test(
    `poller:owned.4 ${waiter}: a new file at the path of a unix socket stays when the thread that listened there ends`,
    scoped(async (scope) => {
      const path = join(scope.directory(), 'socket');
      const owner = new Owner('a listener on a path', waiter, { path });
      await owner.opened();
      unlinkSync(path);
      writeFileSync(path, 'of somebody else');
      await owner.worker.terminate();
      assert.is(readFileSync(path, 'latin1'), 'of somebody else');
    }),
  );
}

test('poller:owned.5 the numbers of destroyed streams are not closed when their thread ends', async () => {
  const code = `
    const { FdStream } = require(${JSON.stringify(require.resolve('pollux'))}), sys = require(${JSON.stringify(require.resolve('pollux/sys'))});
    const { parentPort } = require('node:worker_threads');
    const [a, b] = sys.socketPair();
    const stream = new FdStream(a);
    stream.destroy().on('close', () => {
      const again = sys.dup(b);
      parentPort.postMessage({ left: [again, b], isSame: again === a });
    });
    setInterval(() => {}, 1e6);`;
  const worker = new Worker(code, { eval: true });
  const [{ left, isSame }] = await once(worker, 'message');
  assert.is(isSame, true);
  await worker.terminate();
  for (const fd of left) sys.close(fd);
});

test(
  'poller:owned.6 a stream on a shared poller is closed with its thread, and other threads no longer see its registration',
  scoped(async (scope) => {
    const poller = scope.poller();
    const code = `
    const { attachPoller, FdStream, Reactor } = require(${JSON.stringify(require.resolve('pollux'))});
    const { parentPort, workerData } = require('node:worker_threads');
    const stream = new FdStream(workerData.fd, { reactor: new Reactor({ poller: attachPoller(workerData.handle) }) });
    parentPort.postMessage(stream.fd);
    setInterval(() => {}, 1e6);`;
    const [a, b] = sys.socketPair();
    scope.own(b);
    const worker = new Worker(code, { eval: true, workerData: { fd: a, handle: share(poller) } });
    await once(worker, 'message');
    assert.is(poller.has(a), true);
    await worker.terminate();
    await until(
      () => !poller.has(a),
      () => 'it is still registered',
    );
    const peer = new FdStream(b, { ownsFd: false });
    peer.resume();
    await once(peer, 'end');
    peer.destroy();
  }),
);

for (const waiter of WAITERS) {
  for (const what of Object.keys(CHURNS) as What[]) {
    test(
      `poller:owned.7 ${waiter}: threads that are terminated in the middle of what "${what}" leave no socket open`,
      scoped(async (scope) => {
        const port = fullListener(scope);
        const before = COUNTS ? sockets() : 0;
        const count = Number(process.env['POLLUX_REACTOR_TERMINATIONS'] ?? 200) / 10 / WAITERS.length;
        for (let round = 0; round < count; round++) {
          const owner = new Owner(what, waiter, { port });
          await owner.opened();
          for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setImmediate(resolve));
          await owner.worker.terminate();
        }
        await until(
          () => !COUNTS || sockets() === before,
          () => `${sockets()} sockets and pipes, not ${before}`,
        );
      }),
    );
  }
}

/** How many sockets and pipes are open. Other descriptors that a thread leaves belong to the runtime. */
function sockets(): number {
  return Object.entries(descriptorsByKind()).reduce(
    (sum, [kind, count]) => sum + (/^(socket|pipe)/.test(kind) ? count : 0),
    0,
  );
}

/** What `fd` is open on, if it is open. */
function fileOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

function isFree(port: number): boolean {
  try {
    listen({ host: '127.0.0.1', port }, () => {}).close();
    return true;
  } catch {
    return false;
  }
}

/** Waits, within bounds, because some runtimes end a thread after terminate() has resolved. */
async function until(condition: () => boolean, complaint: () => string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(condition(), complaint());
}

/** Returns the descriptors that the thread has left open for their owner. */
async function endOne(
  what: What,
  waiter: WaiterName,
  data: Partial<OwnerData>,
  end: (worker: Worker) => void,
): Promise<number[]> {
  const owner = new Owner(what, waiter, data);
  const { owned, left = [] } = await owner.opened();
  const files = owned.map(fileOf);
  end(owner.worker);
  await owner.exited;
  await until(
    () => !owned.some((fd, i) => fileOf(fd) === files[i]),
    () => `${what}: still open`,
  );
  return left;
}
