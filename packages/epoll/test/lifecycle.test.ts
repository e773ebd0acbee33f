import { AsyncLocalStorage } from 'node:async_hooks';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { scoped } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';

const test = suite('lifecycle of pollux-epoll');

/** What a program of lifecycle.ts prints before it ends by itself. */
function run(program: string): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(__dirname, 'programs/lifecycle.js'), program], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  assert.equal([stderr, status], ['', 0], program);
  return stdout.trim().split('\n');
}

for (const [id, title, program, printed] of [
  ['epoll:alive.1', 'an instance without a descriptor lets the process end', 'nothing', ['made']],
  ['epoll:alive.2', 'a registered descriptor keeps the process alive until it is removed', 'registered', ['event']],
  ['epoll:alive.3', 'after remove the process ends', 'removed', ['removed']],
  ['epoll:alive.4', 'after close the process ends', 'closed', ['closed']],
  ['epoll:alive.5', 'a oneshot that has reported keeps the process alive', 'fired', ['event', 'alive']],
  ['epoll:alive.6', 'an instance with a descriptor is not collected as garbage', 'collected', ['event']],
  [
    'epoll:throws.1',
    'what a callback throws is an uncaught exception, and other events of the batch are delivered',
    'thrown',
    ['from the callback', 'from the callback'],
  ],
] as const) {
  test(`${id} ${title}`, () => assert.equal(run(program), printed));
}

test(
  'epoll:context.1 the callback runs in the async context of the constructor',
  scoped(async (scope) => {
    const storage = new AsyncLocalStorage<string>();
    const [reader, writer] = sys.pipe();
    scope.own(reader);
    scope.own(writer);
    const seen = await new Promise<string | undefined>((done) => {
      const epoll = storage.run('constructor', () => new Epoll(() => done(storage.getStore())));
      scope.atEnd(() => epoll.close());
      storage.run('add', () => epoll.add(reader, Epoll.EPOLLIN | Epoll.EPOLLONESHOT));
      storage.run('write', () => sys.write(writer, Buffer.from('x')));
    });
    assert.is(seen, 'constructor');
  }),
);

test('epoll:workers.1 instances in workers work side by side, and a worker ends when it has closed its own', async () => {
  const runs = [1, 2].map(async () => {
    const worker = new Worker(join(__dirname, 'programs/worker.js'));
    const events: unknown[] = [];
    worker.on('message', (message) => events.push(message));
    const [status] = (await once(worker, 'exit')) as unknown[];
    return { status, events };
  });
  const { EPOLLIN } = Epoll;
  for (const run of await Promise.all(runs)) assert.equal(run, { status: 0, events: [EPOLLIN, EPOLLIN, EPOLLIN] });
});
