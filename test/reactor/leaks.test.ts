import { spawnSync } from 'node:child_process';
import { EDGE, ONESHOT, READABLE, Reactor, WRITABLE } from 'pollux';
import * as assert from 'uvu/assert';
import { expectNoGrowth } from '../support/growth.js';
import { threadCount, untilThreads } from '../support/process.js';
import { onBothWaiters, pair, WAITERS } from '../support/reactor.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';

const test = suite('reactor: leaks');

const PROGRAM = programFile('reactor-cycles');
const MODES = [0, EDGE, ONESHOT];

onBothWaiters(
  test,
  'reactor:leak.1 10,000 calls of watch() and close() leave descriptors, threads and memory as they were',
  async (scope, open) => {
    const reactor = open();
    const [a] = pair(scope);
    reactor.watch(pair(scope)[0], READABLE, () => {});
    const threads = threadCount();
    await expectNoGrowth(async () => {
      for (let round = 0; round < 10_000; round++) {
        const watch = reactor.watch(a, WRITABLE | MODES[round % 3]!, () => {});
        if (round % 2 === 0) watch.setIdleTimeout(1000, () => {});
        if (round % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        watch.close();
      }
    });
    await untilThreads(threads);
  },
);

onBothWaiters(
  test,
  'reactor:leak.2 1,000 reactors opened, used and closed leave descriptors, threads and memory as they were',
  async (scope, open) => {
    const { waiter } = await used(open(), scope);
    const [a] = pair(scope);
    const threads = threadCount();
    await expectNoGrowth(async () => {
      for (let round = 0; round < 1_000; round++) {
        const reactor = new Reactor({ waiter: waiter!, capacity: 16 });
        if (round % 2 === 0) await reactor.once(a, WRITABLE);
        else reactor.watch(a, WRITABLE, () => {});
        reactor.close();
      }
    });
    await untilThreads(threads);
  },
);

for (const waiter of WAITERS) {
  test(`reactor:leak.3 ${waiter}: a process that opened and closed many reactors ends by itself`, () => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, waiter], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal([status, signal, stdout], [0, null, 'done\n'], stderr);
  });
}

async function used(reactor: Reactor, scope: Parameters<typeof pair>[0]): Promise<Reactor> {
  await reactor.once(pair(scope)[0], WRITABLE);
  return reactor;
}
