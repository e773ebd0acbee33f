import '../support/preloaded.js';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail } from '../support/faults.js';
import { suite } from '../support/suite.js';

const test = suite('faults of submissions', { sanitized: ['epoll'] });
const { FAILED, SubmissionQueue } = sys;

test('faults:submission.1 a queue throws ENOMEM whichever allocation fails, and the next one works', () => {
  clear();
  new SubmissionQueue();
  const allocations = (['malloc', 'calloc'] as const).flatMap((call) =>
    Array.from({ length: calls(call) }, (_, index) => [call, index + 1] as const),
  );
  assert.is(allocations.length, 3);
  for (const [call, nth] of allocations) {
    clear();
    fail(call, 'ENOMEM', nth);
    assert.is(thrownBy(() => new SubmissionQueue()).code, 'ENOMEM');
    assert.is(calls(call), nth);
  }
  clear();
  assert.is(new SubmissionQueue().read(0, Buffer.alloc(1)), 0);
});

test('faults:submission.2 calls that a signal interrupts are made again, and only the call that fails has an error', () => {
  const [reader, writer] = sys.pipe();
  try {
    const queue = new SubmissionQueue();
    const into = Buffer.alloc(4);
    sys.write(writer, Buffer.from('abcd'));
    for (let index = 0; index < 3; index++) queue.read(reader, into, index, 1);
    clear();
    fail('read', 'EINTR', 1);
    queue.submit();
    assert.equal(
      [0, 1, 2].map((index) => queue.resultAt(index)),
      [1, 1, 1],
    );
    queue.reset();
    for (let index = 0; index < 3; index++) queue.read(reader, into, index, 1);
    clear();
    fail('read', 'EIO', 1);
    queue.submit();
    assert.equal(
      [0, 1].map((index) => queue.resultAt(index)),
      [FAILED, 1],
    );
    assert.equal([queue.errorAt(0)?.code, queue.errorAt(1)], ['EIO', undefined]);
  } finally {
    clear();
    sys.close(reader);
    sys.close(writer);
  }
});
