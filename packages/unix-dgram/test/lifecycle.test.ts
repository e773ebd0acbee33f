import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { scoped } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { open, pathIn, Receiver } from './support/sockets.js';

const test = suite('lifecycle of pollux-unix-dgram');

for (const [id, title, program, printed] of [
  ['unix-dgram:alive.1', 'a bound socket keeps the process alive until it is closed', 'bound', 'message'],
  ['unix-dgram:alive.2', 'an open socket keeps the process alive, bound or not', 'open', 'alive'],
  ['unix-dgram:alive.3', 'after unref an open socket lets the process end', 'unref', 'opened'],
  ['unix-dgram:alive.4', 'after close the process ends', 'closed', 'closed'],
] as const) {
  test(
    `${id} ${title}`,
    scoped((scope) => {
      const args = [join(__dirname, 'programs/lifecycle.js'), program, scope.directory()];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 });
      assert.equal([stderr, status, stdout], ['', 0, `${printed}\n`]);
    }),
  );
}

test(
  'unix-dgram:workers.1 a socket in a worker talks to one of the main thread, and the worker ends when it is closed',
  scoped(async (scope) => {
    const path = pathIn(scope);
    const worker = new Worker(join(__dirname, 'programs/worker.js'), { workerData: path });
    const ended = once(worker, 'exit');
    await once(worker, 'message');
    const receiver = new Receiver(scope);
    receiver.socket.send('hello', 0, 5, path);
    await receiver.until(1);
    assert.equal(receiver.messages, ['re: hello']);
    assert.equal(await ended, [0]);
  }),
);

test(
  'unix-dgram:workers.2 a worker that is terminated leaves no socket open',
  scoped(async (scope) => {
    const path = pathIn(scope);
    const worker = new Worker(join(__dirname, 'programs/worker.js'), { workerData: path });
    await once(worker, 'message');
    await worker.terminate();
    const socket = open(scope);
    const codes: unknown[] = [];
    socket.on('error', ({ code }: NodeJS.ErrnoException) => codes.push(code));
    socket.connect(path);
    // The file is left, and no socket is bound to it.
    assert.equal(codes, ['ECONNREFUSED']);
  }),
);
