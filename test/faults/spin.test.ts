import '../support/preloaded.js';
import { createPoller, EDGE, READABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail } from '../support/faults.js';
import { suite } from '../support/suite.js';

// epoll_wait() is a look, and epoll_pwait2() sleeps until a deadline.
const test = suite('calls of a wait that spins', { sanitized: ['epoll'] });

/** Longer than any wait of these tests. */
const WITHOUT_END_US = 2 ** 31 - 1;
const MANY = 10;

interface Calls {
  readonly looks: number;
  readonly sleeps: number;
}

/** What `act` calls on a poller that spins for `spinUs`. */
function callsOf(spinUs: number | undefined, act: (poller: Poller) => void): Calls {
  const poller = createPoller(spinUs === undefined ? {} : { spinUs });
  try {
    clear();
    act(poller);
    return { looks: calls('epoll_wait'), sleeps: calls('epoll_pwait2') };
  } finally {
    clear();
    poller.close();
  }
}

/** Makes the descriptor that `poller` watches readable after `ms`, without another thread. */
function withTimer(poller: Poller, ms: number, use: (fd: number) => void): void {
  const fd = sys.openTimer();
  poller.add(fd, READABLE);
  sys.setTimer(fd, { afterMs: ms });
  try {
    use(fd);
  } finally {
    sys.close(fd);
  }
}

function elapsedMs(act: () => void): number {
  const start = process.hrtime.bigint();
  act();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

for (const spinUs of [undefined, 0]) {
  test(`faults:spin.1 spinUs: ${spinUs}: a wait that finds nothing makes one system call, which sleeps`, () => {
    assert.equal(
      callsOf(spinUs, (poller) => assert.is(poller.wait(1).length, 0)),
      { looks: 0, sleeps: 1 },
    );
  });
}

test('faults:spin.2 wait(0) looks once, however long the spin is', () => {
  assert.equal(
    callsOf(WITHOUT_END_US, (poller) => assert.is(poller.wait(0).length, 0)),
    { looks: 1, sleeps: 0 },
  );
});

test('faults:spin.3 an event that is there already costs a wait that would spin one look', () => {
  const [a, b] = sys.socketPair();
  sys.write(b, Buffer.from('x'));
  const made = callsOf(WITHOUT_END_US, (poller) => {
    poller.add(a, READABLE);
    for (const timeoutMs of [undefined, 1e6]) {
      assert.equal(
        [...poller.wait(timeoutMs)].map(({ fd }) => fd),
        [a],
      );
    }
  });
  assert.equal(made, { looks: 2, sleeps: 0 });
  for (const fd of [a, b]) sys.close(fd);
});

for (const timeoutMs of [undefined, 1e6]) {
  test(`faults:spin.4 wait(${timeoutMs ?? ''}): an event that comes during the spin is returned without a sleep`, () => {
    const { looks, sleeps } = callsOf(WITHOUT_END_US, (poller) =>
      withTimer(poller, 20, (timer) =>
        assert.equal(
          [...poller.wait(timeoutMs)].map(({ fd }) => fd),
          [timer],
        ),
      ),
    );
    assert.is(sleeps, 0);
    assert.ok(looks > MANY, `${looks} looks`);
  });
}

test('faults:spin.5 a deadline that passes during the spin ends the wait, and not before the deadline', () => {
  const { looks } = callsOf(WITHOUT_END_US, (poller) => {
    const tookMs = elapsedMs(() => assert.is(poller.wait(20).length, 0));
    assert.ok(tookMs >= 20, `took ${tookMs} ms`);
  });
  assert.ok(looks > MANY, `${looks} looks`);
});

test('faults:spin.6 after the spin the wait sleeps until the event', () => {
  const { looks, sleeps } = callsOf(1, (poller) =>
    withTimer(poller, 20, (timer) =>
      assert.equal(
        [...poller.wait(1e6)].map(({ fd }) => fd),
        [timer],
      ),
    ),
  );
  assert.is(sleeps, 1);
  assert.ok(looks >= 1 && looks <= MANY, `${looks} looks`);
});

test('faults:spin.7 an error of a look during the spin is thrown, and the next wait works', () => {
  const [a, b] = sys.socketPair();
  callsOf(WITHOUT_END_US, (poller) => {
    poller.add(a, READABLE | EDGE, 'data');
    fail('epoll_wait', 'EBADF', 5);
    const error = thrownBy(() => poller.wait());
    assert.equal([error.code, error.syscall], ['EBADF', 'epoll_wait']);
    assert.is(calls('epoll_wait'), 5);
    sys.write(b, Buffer.from('x'));
    assert.equal(
      [...poller.wait()].map(({ fd, data }) => [fd, data]),
      [[a, 'data']],
    );
  });
  for (const fd of [a, b]) sys.close(fd);
});

test('faults:spin.8 interruptions during the spin neither end the wait nor hide the event', () => {
  const { sleeps } = callsOf(WITHOUT_END_US, (poller) =>
    withTimer(poller, 20, (timer) => {
      fail('epoll_wait', 'EINTR', 2, 50);
      assert.equal(
        [...poller.wait()].map(({ fd }) => fd),
        [timer],
      );
    }),
  );
  assert.is(sleeps, 0);
});
