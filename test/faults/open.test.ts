import '../support/preloaded.js';
import { attachPoller, createPoller, share, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Call, type Errno } from '../support/faults.js';
import { descriptorsByKind } from '../support/kernel.js';
import { suite } from '../support/suite.js';

const test = suite('faults while a poller opens', { sanitized: ['epoll'] });

const OPENING: ReadonlyArray<[call: Call, errnos: Errno[]]> = [
  ['epoll_create1', ['EMFILE', 'ENFILE', 'ENOMEM']],
  ['eventfd', ['EMFILE', 'ENFILE', 'ENOMEM', 'ENODEV']],
  ['epoll_ctl', ['ENOMEM', 'ENOSPC']],
];

for (const [call, errnos] of OPENING) {
  for (const errno of errnos) {
    test(`faults:open.1 ${call} fails with ${errno}: createPoller() throws that error, and nothing stays open`, () => {
      const before = descriptorsByKind();
      clear();
      fail(call, errno);
      const error = thrownBy(() => createPoller());
      assert.equal([error.code, error.syscall, error.fd], [errno, call, undefined]);
      assert.ok(error.message.startsWith(`${errno}: `) && error.message.endsWith(`, ${call}`), error.message);
      assert.equal(descriptorsByKind(), before);
      expectWorking(createPoller());
      assert.equal(descriptorsByKind(), before);
    });
  }
}

/** Each allocation that was made, as the nth call of a function. A compiler may turn malloc and memset into calloc. */
function allocationsSinceClear(): Array<readonly ['malloc' | 'calloc', number]> {
  return (['malloc', 'calloc'] as const).flatMap((call) =>
    Array.from({ length: calls(call) }, (_, index) => [call, index + 1] as const),
  );
}

test('faults:open.2 createPoller() throws ENOMEM whichever allocation fails, and nothing stays open', () => {
  const before = descriptorsByKind();
  clear();
  createPoller().close();
  const allocations = allocationsSinceClear();
  assert.is(allocations.length, 4);
  for (const [call, nth] of allocations) {
    clear();
    fail(call, 'ENOMEM', nth);
    assert.is(thrownBy(() => createPoller()).code, 'ENOMEM');
    assert.is(calls(call), nth);
    assert.equal(descriptorsByKind(), before);
  }
  clear();
  expectWorking(createPoller());
});

test('faults:open.3 when there is no memory for another poller, the open pollers still work', () => {
  const before = descriptorsByKind();
  clear();
  const pollers: Poller[] = [];
  while (calls('realloc') === 0) pollers.push(createPoller({ capacity: 1 }));
  fail('realloc');
  const room: Poller[] = [];
  const error = thrownBy(() => {
    for (;;) room.push(createPoller({ capacity: 1 }));
  });
  assert.is(error.code, 'ENOMEM');
  pollers.push(...room, createPoller({ capacity: 1 }));
  for (const poller of pollers) expectWorking(poller);
  assert.equal(descriptorsByKind(), before);
});

test('faults:open.4 attachPoller() throws ENOMEM whichever allocation fails, and the shared poller still works', () => {
  const before = descriptorsByKind();
  const poller = createPoller();
  const handle = share(poller);
  clear();
  attachPoller(handle).close();
  const allocations = allocationsSinceClear();
  assert.is(allocations.length, 2);
  for (const [call, nth] of allocations) {
    clear();
    fail(call, 'ENOMEM', nth);
    assert.is(thrownBy(() => attachPoller(handle)).code, 'ENOMEM');
  }
  clear();
  expectWorking(poller);
  assert.is(thrownBy(() => attachPoller(handle)).code, 'ERR_POLLER_CLOSED');
  assert.equal(descriptorsByKind(), before);
});

for (const errno of ['ENOSYS', 'EPERM'] as const) {
  test(`faults:open.5 without epoll_pwait2 (${errno}) timeouts are whole milliseconds, rounded up`, () => {
    clear();
    fail('epoll_pwait2', errno);
    const poller = createPoller();
    assert.is(poller.capabilities.timeoutResolutionNs, 1_000_000);
    const waited = (timeoutMs: number): number => {
      const start = process.hrtime.bigint();
      assert.is(poller.wait(timeoutMs).length, 0);
      return Number(process.hrtime.bigint() - start) / 1e6;
    };
    for (const timeoutMs of [0.001, 0.999, 1, 1.001, 4.5]) {
      const tookMs = waited(timeoutMs);
      assert.ok(tookMs >= timeoutMs, `wait(${timeoutMs}) took ${tookMs} ms`);
    }
    // The remainder of a timeout at the time of the system call is rounded up. Sometimes the remainder is 0.
    const roundedMs = Math.max(...Array.from({ length: 20 }, () => waited(0.5)));
    assert.ok(roundedMs >= 1, `20 waits of 0.5 ms took ${roundedMs} ms at most`);
    assert.is(calls('epoll_pwait2'), 1);
    expectWorking(poller);
  });
}

test('faults:open.6 with epoll_pwait2 timeouts are exact to the nanosecond', () => {
  clear();
  const poller = createPoller();
  assert.is(poller.capabilities.timeoutResolutionNs, 1);
  assert.is(poller.wait(0.001).length, 0);
  assert.is(calls('epoll_pwait2'), 2);
  assert.is(calls('epoll_wait'), 0);
  poller.close();
});

/** The poller delivers events and wakes; closes it. */
function expectWorking(poller: Poller): void {
  const [a, b] = sys.socketPair();
  poller.add(a, 1, 'data');
  assert.is(poller.wait(0).length, 0);
  sys.write(b, Buffer.from('x'));
  assert.equal(
    [...poller.wait(1000)].map(({ fd, readiness }) => [fd, readiness]),
    [[a, 1]],
  );
  poller.remove(a);
  poller.wake();
  assert.is(poller.wait(1000).woken, true);
  poller.close();
  sys.close(a);
  sys.close(b);
}
