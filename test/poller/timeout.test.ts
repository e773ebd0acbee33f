import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectBatch, expectEvents, expectNone } from '../support/expect.js';
import { writeLater } from '../support/later.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('timeout');
const unlessDeno = test.unless(on('deno', 'Deno installs the handler of a signal some time after process.on()'));

/** How long `act` takes. */
function nsOf(act: () => void): number {
  const start = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - start);
}

const MILLISECOND_NS = 1e6;
const MOST_LOOKS = 2000;

/** The shortest time that `act` takes in several calls, because a busy machine delays many of them. */
function leastNsOf(act: () => void): number {
  let leastNs = Infinity;
  for (let look = 0; look < MOST_LOOKS && leastNs >= MILLISECOND_NS; look++) leastNs = Math.min(leastNs, nsOf(act));
  return leastNs;
}

test(
  'poller:timeout.2 a wait of a fraction of a millisecond is not rounded up where the kernel is more exact',
  scoped((scope) => {
    const poller = scope.poller();
    assert.is(poller.capabilities.timeoutResolutionNs, 1);
    const leastNs = leastNsOf(() => void poller.wait(0.1));
    assert.ok(leastNs >= 100_000 && leastNs < MILLISECOND_NS, `${leastNs} ns`);
  }),
);

test(
  'poller:timeout.4 an event ends a wait long before its timeout',
  scoped(async (scope) => {
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE);
    for (const timeoutMs of [60_000, 2 ** 31, 2 ** 53, 9e12, 9.3e12, 1e15]) {
      const later = await writeLater(scope, writer, 5);
      later.start();
      assert.ok(nsOf(() => expectBatch(poller.wait(timeoutMs), [reader, READABLE])) < 30e9);
      sys.read(reader, Buffer.alloc(1));
      await later.ended;
    }
  }),
);

unlessDeno(
  'poller:timeout.6 signals do not end a wait, and do not move its deadline',
  scoped(async (scope) => {
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE);
    let signals = 0;
    const count = (): void => void signals++;
    process.on('SIGALRM', count);
    scope.atEnd(() => process.off('SIGALRM', count));
    scope.atEnd(() => descriptors.alarmEvery(0));
    const later = await writeLater(scope, writer, 60);
    descriptors.alarmEvery(2_000);
    for (const timeoutMs of [0.5, 5, 60]) {
      const elapsedNs = nsOf(() => expectBatch(poller.wait(timeoutMs)));
      assert.ok(elapsedNs >= timeoutMs * 1e6 && elapsedNs < 10e9, `${elapsedNs} ns`);
    }
    later.start();
    expectBatch(poller.wait(), [reader, READABLE]);
    descriptors.alarmEvery(0);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.ok(signals > 0);
    await later.ended;
  }),
);

test(
  'poller:timeout.7 stopping and continuing the process does not end a wait',
  scoped(async (scope) => {
    const poller = scope.poller();
    const script = 'for i in 1 2 3; do kill -STOP $0; kill -CONT $0; done; echo';
    const child = spawn('/bin/sh', ['-c', `read go; ${script}`, String(process.pid)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    child.stdin.end('go\n');
    await new Promise(setImmediate);
    const elapsedNs = nsOf(() => expectBatch(poller.wait(150)));
    assert.ok(elapsedNs >= 150e6, `${elapsedNs} ns`);
    assert.equal(await ended, [0, null]);
    expectNone(poller);
  }),
);

unlessDeno(
  'poller:timeout.8 an event that comes before the deadline is in the batch of a wait that is interrupted',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    const ignore = (): void => {};
    process.on('SIGALRM', ignore);
    scope.atEnd(() => process.off('SIGALRM', ignore));
    scope.atEnd(() => descriptors.alarmEvery(0));
    descriptors.alarmEvery(100);
    poller.add(reader, READABLE);
    for (let round = 0; round < 200; round++) {
      sys.write(writer, Buffer.from('x'));
      expectEvents(poller, [reader, READABLE]);
      assert.is(sys.read(reader, Buffer.alloc(8)), 1);
      expectNone(poller);
    }
  }),
);
