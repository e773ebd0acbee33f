import { createPoller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectNone, thrownBy } from '../support/expect.js';
import { SYSCALLS } from '../support/facts.js';
import { openDescriptors } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('close');

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
  'poller:close.8 createPoller() throws EMFILE without a free descriptor, and leaves none open',
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
