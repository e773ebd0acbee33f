import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectRefusal } from '../support/expect.js';
import { expectNoGrowth } from '../support/growth.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys submissions', { sanitized: ['epoll'] });

const { FAILED, SubmissionQueue, WOULD_BLOCK } = sys;
const text = Buffer.from('0123456789');

function pair(scope: Scope, type?: sys.SocketType): [a: number, b: number] {
  const [a, b] = sys.socketPair(type);
  return [scope.own(a), scope.own(b)];
}

/** The results of all calls of the queue. */
function results(queue: sys.SubmissionQueue): number[] {
  return Array.from({ length: queue.length }, (_, index) => queue.resultAt(index));
}

/** Writes to `fd` until it takes no more. */
function fill(fd: number): void {
  const chunk = Buffer.alloc(65536);
  while (sys.write(fd, chunk) !== WOULD_BLOCK);
}

test(
  'sys:submission.1 calls are made by submit(), in their order, and each has its own result',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const queue = new SubmissionQueue();
    const into = Buffer.alloc(8, '.');
    assert.equal([queue.read(b, into), queue.write(a, text, 2, 3), queue.read(b, into, 1, 2)], [0, 1, 2]);
    assert.is(queue.send(a, text, 9), 3);
    assert.is(queue.recv(b, into, 4, 4), 4);
    assert.equal([queue.length, sys.read(b, into)], [5, WOULD_BLOCK]);
    assert.is(queue.submit(), 5);
    assert.equal(results(queue), [WOULD_BLOCK, 3, 2, 1, 2]);
    assert.is(into.toString(), '.23.49..');
  }),
);

test(
  'sys:submission.2 submit() makes only the calls that were queued since the last one, and reset() empties the queue',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const queue = new SubmissionQueue();
    queue.write(a, text);
    assert.equal([queue.submit(), queue.submit()], [1, 0]);
    assert.is(queue.write(a, text, 8), 1);
    assert.equal([queue.submit(), results(queue)], [1, [10, 2]]);
    queue.write(a, text);
    queue.reset();
    assert.equal([queue.length, queue.submit()], [0, 0]);
    assert.is(sys.read(b, Buffer.alloc(64)), 12);
    expectRefusal(() => queue.resultAt(0), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

test(
  'sys:submission.3 a call that fails has the result FAILED, and an error that is made when it is asked for',
  scoped((scope) => {
    const [a, b] = pair(scope);
    scope.close(b);
    const queue = new SubmissionQueue();
    const closed = 2 ** 31 - 1;
    queue.write(a, text);
    queue.send(a, text);
    queue.read(closed, Buffer.alloc(1));
    queue.recv(a, Buffer.alloc(1));
    assert.is(queue.submit(), 4);
    assert.equal(results(queue), [FAILED, FAILED, FAILED, 0]);
    const told = [0, 1, 2, 3]
      .map((index) => queue.errorAt(index))
      .map((error) => [error?.code, error?.syscall, error?.fd]);
    assert.equal(told, [
      ['EPIPE', 'write', a],
      ['EPIPE', 'send', a],
      ['EBADF', 'read', closed],
      [undefined, undefined, undefined],
    ]);
  }),
);

test(
  'sys:submission.4 after a write that is taken in part or not at all, the later writes to that descriptor are not made',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const [c] = pair(scope);
    fill(a);
    const queue = new SubmissionQueue();
    queue.write(a, text);
    queue.write(c, text);
    queue.read(b, Buffer.alloc(1 << 20));
    queue.write(a, text);
    queue.send(a, text);
    queue.submit();
    const [first, other, read, ...later] = results(queue);
    assert.equal([first, other, later], [WOULD_BLOCK, 10, [WOULD_BLOCK, WOULD_BLOCK]]);
    assert.ok(read! > 0);
    queue.reset();
    const much = Buffer.alloc(1 << 24);
    queue.write(a, much);
    queue.read(b, Buffer.alloc(1 << 20));
    queue.write(a, text);
    queue.submit();
    const [part, , last] = results(queue);
    assert.ok(part! > 0 && part! < much.length, String(part));
    assert.is(last, WOULD_BLOCK);
    queue.reset();
    queue.write(a, text);
    queue.submit();
    assert.is(queue.resultAt(0), 10);
  }),
);

test(
  'sys:submission.5 every descriptor of a full queue may take no more',
  scoped((scope) => {
    const count = 64;
    const writers = Array.from({ length: count }, () => pair(scope)[0]);
    for (const fd of writers) fill(fd);
    const queue = new SubmissionQueue({ capacity: count });
    for (let round = 0; round < 3; round++) {
      for (const fd of writers) queue.write(fd, text);
      queue.submit();
      assert.equal(results(queue), Array<number>(count).fill(WOULD_BLOCK));
      queue.reset();
    }
  }),
);

test(
  'sys:submission.6 a full queue refuses a call, and the calls that it holds are made',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const queue = new SubmissionQueue({ capacity: 2 });
    assert.is(queue.capacity, 2);
    queue.write(a, text);
    queue.write(a, text);
    expectRefusal(() => queue.write(a, text), RangeError, 'ERR_OUT_OF_RANGE');
    assert.equal([queue.length, queue.submit(), queue.submit()], [2, 2, 0]);
    expectRefusal(() => queue.write(a, text), RangeError, 'ERR_OUT_OF_RANGE');
    assert.is(sys.read(b, Buffer.alloc(64)), 20);
  }),
);

test(
  'sys:submission.7 a buffer whose memory is gone at submit() fails its call with EFAULT and harms nothing',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const queue = new SubmissionQueue();
    const used = new Uint8Array(16);
    const fresh = new Uint8Array(16);
    queue.write(a, used);
    queue.submit();
    queue.write(a, used);
    queue.read(b, fresh);
    queue.write(a, text);
    structuredClone([used, fresh], { transfer: [used.buffer, fresh.buffer] });
    queue.submit();
    assert.equal(results(queue), [16, FAILED, FAILED, 10]);
    assert.equal([queue.errorAt(1)!.code, queue.errorAt(2)!.code], ['EFAULT', 'EFAULT']);
    assert.is(sys.read(b, Buffer.alloc(64)), 26);
    expectRefusal(() => queue.write(a, used), TypeError, 'ERR_INVALID_ARG_VALUE');
  }),
);

test(
  'sys:submission.8 any view serves, also one over a part of its memory, over shared memory, and a new one for each call',
  scoped((scope) => {
    const [a, b] = pair(scope);
    const queue = new SubmissionQueue();
    for (let round = 0; round < 3; round++) {
      const memory = new Uint8Array(32).fill(0x2e);
      const shared = new Uint8Array(new SharedArrayBuffer(4));
      for (let index = 0; index < 20; index++) queue.write(a, Buffer.from([0x61 + index]));
      queue.read(b, memory.subarray(4, 8), 1, 2);
      queue.read(b, new DataView(memory.buffer, 10, 3));
      queue.read(b, new Uint16Array(memory.buffer, 16, 2));
      queue.read(b, shared, 1);
      queue.read(b, memory, 24);
      queue.submit();
      assert.is(Buffer.from(memory).toString(), '.....ab...cde...fghi....mnopqrst');
      assert.equal([...shared], [0, 0x6a, 0x6b, 0x6c]);
      queue.reset();
    }
  }),
);

test(
  'sys:submission.9 flags of messages are those of recv() and send()',
  scoped((scope) => {
    const [a, b] = pair(scope, 'dgram');
    const queue = new SubmissionQueue();
    const into = Buffer.alloc(4);
    queue.send(a, text, 0, 10, sys.MSG_DONTWAIT);
    queue.recv(b, into, 0, 4, sys.MSG_PEEK);
    queue.recv(b, into);
    queue.recv(b, into);
    queue.submit();
    assert.equal(results(queue), [10, 4, 4, WOULD_BLOCK]);
    expectRefusal(() => queue.recv(b, into, 0, 4, 1 << 30), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

test(
  'sys:submission.10 a wrong argument is refused when the call is queued, and nothing is queued',
  scoped((scope) => {
    const [a] = pair(scope);
    const queue = new SubmissionQueue();
    const bad = (value: unknown): never => value as never;
    expectRefusal(() => queue.read(-1, text), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => queue.read(bad('1'), text), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => queue.write(a, bad('text')), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => queue.write(a, text, 11), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => queue.write(a, text, 0, 11), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => queue.send(a, text, 0, 1, bad('flag')), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.equal([queue.length, queue.submit()], [0, 0]);
    expectRefusal(() => queue.resultAt(0), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => queue.errorAt(bad(undefined)), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const capacity of [0, 65537, 1.5, NaN])
      expectRefusal(() => new SubmissionQueue({ capacity }), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => new SubmissionQueue({ capacity: bad('8') }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => new SubmissionQueue(bad({ size: 8 })), TypeError, 'ERR_INVALID_ARG_VALUE');
  }),
);

test(
  'sys:submission.11 calls by chance have the results and the bytes of single calls',
  scoped((scope) => {
    const seed = Date.now() % 1_000_000;
    let state = seed;
    const chance = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const queue = new SubmissionQueue({ capacity: 32 });
    const [a, b] = pair(scope);
    const [c, d] = pair(scope);
    const from = Buffer.from(Array.from({ length: 4096 }, (_, index) => index & 0xff));
    const [queued, single] = [Buffer.alloc(4096), Buffer.alloc(4096)];
    for (let round = 0; round < 2000; round++) {
      const count = 1 + chance(32);
      const expected: number[] = [];
      for (let index = 0; index < count; index++) {
        const offset = chance(4096);
        const length = chance(4097 - offset);
        switch (chance(4)) {
          case 0:
            queue.read(b, queued, offset, length);
            expected.push(sys.read(d, single, offset, length));
            break;
          case 1:
            queue.recv(b, queued, offset, length, sys.MSG_PEEK);
            expected.push(sys.recv(d, single, offset, length, sys.MSG_PEEK));
            break;
          case 2:
            queue.write(a, from, offset, length);
            expected.push(sys.write(c, from, offset, length));
            break;
          default:
            queue.send(a, from, offset, length);
            expected.push(sys.send(c, from, offset, length));
        }
      }
      queue.submit();
      assert.equal(results(queue), expected, `seed ${seed}, round ${round}`);
      queue.reset();
      for (const fd of [b, d]) while (sys.read(fd, Buffer.alloc(65536)) > 0);
    }
    assert.ok(queued.equals(single), `seed ${seed}`);
  }),
);

test(
  'sys:submission.13 a buffer that is detached fails its call with EFAULT, whatever length its class claims',
  scoped((scope) => {
    class Constant extends Uint8Array {
      override get length(): number {
        return 64;
      }
    }
    const [reader, writer] = pair(scope);
    const buffer = new Constant(new ArrayBuffer(64));
    const queue = new SubmissionQueue();
    queue.read(reader, buffer);
    queue.submit();
    structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
    sys.write(writer, Buffer.from('bytes'));
    queue.read(reader, buffer);
    queue.submit();
    assert.is(queue.errorAt(1)?.code, 'EFAULT');
    assert.is(sys.bytesReadable(reader), 5);
  }),
);

test('sys:submission.12 queues that nobody has any more give their memory back', async () => {
  await expectNoGrowth(() => {
    for (let index = 0; index < 100; index++) new SubmissionQueue().read(0, Buffer.alloc(8));
  });
});
