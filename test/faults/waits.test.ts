import '../support/preloaded.js';
import { createPoller, EDGE, READABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Call, type Errno } from '../support/faults.js';
import { suite } from '../support/suite.js';

const test = suite('faults while waiting', { sanitized: ['epoll'] });

const STORM = 50;

/** What a wait of each length calls: with epoll_pwait2, and where the kernel lacks it. */
const WAITS: ReadonlyArray<{ timeoutMs: number | undefined; exact: Call; coarse: Call }> = [
  { timeoutMs: 0, exact: 'epoll_wait', coarse: 'epoll_wait' },
  { timeoutMs: 5000, exact: 'epoll_pwait2', coarse: 'epoll_wait' },
  { timeoutMs: undefined, exact: 'epoll_wait', coarse: 'epoll_wait' },
];

function open(resolution: 'exact' | 'coarse'): Poller {
  clear();
  if (resolution === 'coarse') fail('epoll_pwait2', 'ENOSYS');
  const poller = createPoller({ capacity: 4 });
  clear();
  return poller;
}

function elapsedMs(act: () => void): number {
  const start = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

for (const resolution of ['exact', 'coarse'] as const) {
  for (const wait of WAITS) {
    const name = `${resolution} wait(${wait.timeoutMs ?? ''})`;

    test(`faults:eintr.1 ${name}: ${STORM} interruptions in a row do not hide an event`, () => {
      const poller = open(resolution);
      const [a, b] = sys.socketPair();
      poller.add(a, READABLE | EDGE);
      sys.write(b, Buffer.from('x'));
      fail(wait[resolution], 'EINTR', 1, STORM);
      assert.equal(
        [...poller.wait(wait.timeoutMs)].map(({ fd, readiness }) => [fd, readiness]),
        [[a, READABLE]],
      );
      assert.is(calls(wait[resolution]), STORM + 1);
      poller.close();
      for (const fd of [a, b]) sys.close(fd);
    });

    test(`faults:wait.1 ${name}: an error of the kernel is thrown, and the next wait works`, () => {
      const poller = open(resolution);
      const [a, b] = sys.socketPair();
      poller.add(a, READABLE | EDGE, 'data');
      sys.write(b, Buffer.from('x'));
      poller.wake();
      for (const errno of ['EINVAL', 'EBADF', 'EFAULT'] as const) {
        clear();
        fail(wait[resolution], errno);
        const error = thrownBy(() => poller.wait(wait.timeoutMs));
        assert.equal([error.code, error.syscall, error.fd], [errno, 'epoll_wait', undefined]);
      }
      const batch = poller.wait(wait.timeoutMs);
      assert.is(batch.woken, true);
      assert.equal(
        [...batch].map(({ fd, readiness, data }) => [fd, readiness, data]),
        [[a, READABLE, 'data']],
      );
      poller.close();
      for (const fd of [a, b]) sys.close(fd);
    });
  }

  test(`faults:eintr.2 ${resolution}: interruptions neither shorten nor restart a timeout`, () => {
    const poller = open(resolution);
    const call = resolution === 'exact' ? 'epoll_pwait2' : 'epoll_wait';
    fail(call, 'EINTR', 1, STORM);
    const tookMs = elapsedMs(() => assert.is(poller.wait(30).length, 0));
    assert.ok(tookMs >= 30 && tookMs < 5000, `took ${tookMs} ms`);
    assert.is(calls(call), STORM + 1);
    poller.close();
  });

  test(`faults:eintr.3 ${resolution}: signals without end do not prolong a wait beyond its timeout`, () => {
    const poller = open(resolution);
    const call = resolution === 'exact' ? 'epoll_pwait2' : 'epoll_wait';
    fail(call, 'EINTR', 1, 1 << 30);
    const tookMs = elapsedMs(() => assert.is(poller.wait(20).length, 0));
    assert.ok(tookMs >= 20 && tookMs < 5000, `took ${tookMs} ms`);
    clear();
    poller.close();
  });
}

test('faults:eintr.5 signals without end do not prolong a wait(0)', () => {
  const poller = open('exact');
  fail('epoll_wait', 'EINTR', 1, 1 << 30);
  assert.is(poller.wait(0).length, 0);
  clear();
  poller.close();
});

for (const errno of ['EINTR', 'EIO', 'ENOMEM'] satisfies Errno[]) {
  test(`faults:wait.3 the second epoll_wait of a wait, which fills the batch up, fails with ${errno}: the events of the first are delivered`, () => {
    const poller = createPoller({ capacity: 2 });
    const [a, b] = sys.socketPair();
    const [paused, peer] = sys.socketPair();
    poller.add(paused, 0);
    poller.add(a, READABLE | EDGE);
    sys.close(peer);
    sys.write(b, Buffer.from('x'));
    clear();
    fail('epoll_wait', errno, 2);
    assert.equal(
      [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]),
      [[a, READABLE]],
    );
    assert.is(calls('epoll_wait'), 2);
    clear();
    poller.close();
    for (const fd of [a, b, paused]) sys.close(fd);
  });
}

for (const errno of ['ENOSYS', 'EPERM'] satisfies Errno[]) {
  test(`faults:wait.4 epoll_pwait2 is refused (${errno}) from the second wait on: timeouts are rounded up from then on`, () => {
    const poller = open('exact');
    assert.is(poller.wait(0.5).length, 0);
    fail('epoll_pwait2', errno, 1, 1 << 20);
    for (const timeoutMs of [0.5, 1.5]) {
      const tookMs = elapsedMs(() => assert.is(poller.wait(timeoutMs).length, 0));
      assert.ok(tookMs >= timeoutMs, `took ${tookMs} ms`);
    }
    assert.equal([calls('epoll_pwait2'), calls('epoll_wait')], [2, 2]);
    clear();
    poller.close();
  });
}

test('faults:wait.2 a batch is empty after a wait that failed', () => {
  const poller = open('exact');
  const [a, b] = sys.socketPair();
  poller.add(a, READABLE);
  sys.write(b, Buffer.from('x'));
  const batch = poller.wait(0);
  assert.is(batch.length, 1);
  fail('epoll_wait', 'EFAULT');
  thrownBy(() => poller.wait(0));
  assert.equal([batch.length, batch.woken, [...batch].length], [0, false, 0]);
  poller.close();
  for (const fd of [a, b]) sys.close(fd);
});

test('faults:wake.1 a wake() whose write is interrupted is not lost', () => {
  const poller = open('exact');
  fail('write', 'EINTR', 1, STORM);
  poller.wake();
  assert.is(calls('write'), STORM + 1);
  assert.is(poller.wait(1000).woken, true);
  assert.is(poller.wait(0).woken, false);
  poller.close();
});

test('faults:wake.2 a wake() whose write fails with EAGAIN is not repeated, and the next wake() works', () => {
  const poller = open('exact');
  fail('write', 'EAGAIN');
  poller.wake();
  assert.is(calls('write'), 1);
  poller.wake();
  assert.is(poller.wait(1000).woken, true);
  poller.close();
});
