import { READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, descriptors } from '../support/descriptors.js';
import { expectBatch, expectEvents, expectNone, expectWake } from '../support/expect.js';
import { wakeLater } from '../support/later.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('wake');

function readyPipe(scope: Scope): number {
  const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
  sys.write(writer, Buffer.from('x'));
  return reader;
}

test(
  'poller:wake.5 events and a wake come in one batch',
  scoped((scope) => {
    const poller = scope.poller();
    const reader = readyPipe(scope);
    poller.add(reader, READABLE, 'data');
    poller.wake();
    const batch = poller.wait(0);
    expectBatch(batch, [reader, READABLE, 'data']);
    assert.is(batch.woken, true);
    expectEvents(poller, [reader, READABLE, 'data']);
  }),
);

test(
  'poller:wake.8 a wake from another thread ends a wait that has no timeout',
  scoped(async (scope) => {
    const poller = scope.poller();
    const reader = sys.pipe().map((fd) => scope.own(fd))[0]!;
    poller.add(reader, READABLE);
    const later = await wakeLater(scope, poller, 30);
    const start = performance.now();
    later.start();
    const batch = poller.wait();
    assert.ok(performance.now() - start >= 30);
    expectBatch(batch);
    assert.is(batch.woken, true);
    await later.ended;
    expectNone(poller);
  }),
);

test(
  'poller:wake.12 a pending wake makes the descriptor of the poller readable',
  scoped((scope) => {
    const poller = scope.poller();
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), 0);
    poller.wake();
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), POLLIN);
    expectWake(poller);
    assert.is(descriptors.poll(poller.fd, POLLIN, 0), 0);
  }),
);
