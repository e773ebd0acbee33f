import { readFileSync } from 'node:fs';
import { READABLE, createPoller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectEvents, expectNone, expectRefusal, thrownBy } from '../support/expect.js';
import { SYSCALLS } from '../support/facts.js';
import { Channel } from '../support/kinds.js';
import { openDescriptors } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('close');

test(
  'poller:close.1 close() ends the poller, closes its descriptors and none of those that were registered',
  scoped((scope) => {
    const channel = new Channel(scope, 'pipe');
    const before = openDescriptors();
    const poller = scope.poller();
    poller.add(channel.reader, READABLE);
    assert.equal([poller.closed, poller.size, poller.fd >= 0], [false, 1, true]);
    poller.close();
    assert.equal([poller.closed, poller.size, poller.fd], [true, 0, -1]);
    assert.equal(openDescriptors(), before);
    channel.send();
    channel.drain();
  }),
);

test(
  'poller:close.2 close() may be repeated, and leaves what took its number alone',
  scoped((scope) => {
    const poller = scope.poller();
    poller.close();
    const next = scope.poller();
    const channel = new Channel(scope, 'pipe');
    next.add(channel.reader, READABLE);
    for (let count = 0; count < 3; count++) poller.close();
    assert.equal([next.closed, next.size], [false, 1]);
    expectNone(next);
    channel.send();
    expectEvents(next, [channel.reader, READABLE]);
  }),
);

test(
  'poller:close.3 Symbol.dispose is close()',
  scoped((scope) => {
    const poller = scope.poller();
    poller[Symbol.dispose]();
    assert.is(poller.closed, true);
    poller[Symbol.dispose]();
    expectRefusal(() => poller.wait(0), Error, 'ERR_POLLER_CLOSED');
  }),
);

test('poller:close.4 using closes the poller, also when the block throws', () => {
  let seen: { closed: boolean } | undefined;
  const error = thrownBy(() => {
    using poller = createPoller();
    seen = poller;
    assert.is(poller.closed, false);
    throw new Error('from the block');
  });
  assert.is(error.message, 'from the block');
  assert.is(seen!.closed, true);
});

test(
  'poller:close.5 close() of one poller leaves another that watches the same descriptor alone',
  scoped((scope) => {
    const [first, second] = [scope.poller(), scope.poller()];
    const channel = new Channel(scope, 'pipe');
    for (const poller of [first, second]) poller.add(channel.reader, READABLE);
    first.close();
    channel.send();
    expectEvents(second, [channel.reader, READABLE]);
  }),
);

test(
  'poller:close.6 a pending wake and pending events go with close()',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = new Channel(scope, 'pipe');
    channel.send();
    poller.add(channel.reader, READABLE);
    poller.wake();
    poller.close();
    const next = scope.poller();
    expectNone(next);
  }),
);

test(
  'poller:close.7 the descriptor of a poller is close-on-exec',
  scoped((scope) => {
    const poller = scope.poller();
    const before = openDescriptors();
    const other = scope.poller();
    const opened = openDescriptors().filter((fd) => !before.includes(fd));
    assert.ok(opened.includes(other.fd));
    for (const fd of [poller.fd, ...opened]) {
      const flags = /flags:\s*0(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!;
      assert.is(parseInt(flags, 8) & 0o2000000, 0o2000000);
    }
  }),
);

test(
  'poller:close.8 createPoller() without a descriptor left is EMFILE, and leaves none open',
  scoped((scope) => {
    const lowestFree = sys.dup(0);
    sys.close(lowestFree);
    const before = openDescriptors();
    const errors = [];
    for (const room of [0, 1]) {
      const limit = descriptors.limitDescriptors(lowestFree + room);
      try {
        errors.push(thrownBy(() => createPoller()));
      } finally {
        descriptors.limitDescriptors(limit);
      }
      assert.equal(openDescriptors(), before);
    }
    assert.equal(
      errors.map(({ code, errno, syscall, fd }) => ({ code, errno, syscall, fd })),
      SYSCALLS.open.map((syscall) => ({ code: 'EMFILE', errno: -24, syscall, fd: undefined })),
    );
    expectNone(scope.poller());
  }),
);

test(
  'poller:close.9 a poller works while the process has no descriptor left',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = new Channel(scope, 'pipe');
    const lowestFree = sys.dup(0);
    sys.close(lowestFree);
    const limit = descriptors.limitDescriptors(lowestFree);
    scope.atEnd(() => void descriptors.limitDescriptors(limit));
    poller.add(channel.reader, READABLE);
    channel.send();
    expectEvents(poller, [channel.reader, READABLE]);
    poller.modify(channel.reader, 0);
    expectNone(poller);
    poller.remove(channel.reader);
  }),
);
