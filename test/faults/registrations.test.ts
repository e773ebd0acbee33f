import '../support/preloaded.js';
import { createPoller, EDGE, EXCLUSIVE, ONESHOT, READABLE, WRITABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Errno } from '../support/faults.js';
import { kernelTable } from '../support/kernel.js';
import { suite } from '../support/suite.js';

const test = suite('faults while registrations change', { sanitized: ['epoll'] });

const REFUSALS: readonly Errno[] = ['ENOSPC', 'ENOMEM', 'ELOOP'];
const GONE: readonly Errno[] = ['EBADF', 'ENOENT', 'EPERM'];

/** A poller, a connected pair, and what the kernel has registered in the poller besides its waker. */
class Bench {
  readonly poller: Poller<string> = createPoller<string>({ capacity: 8 });
  readonly #pair = sys.socketPair();
  readonly fd = this.#pair[0];
  readonly #own = [...kernelTable(this.poller).keys()];

  constructor() {
    clear();
  }

  inKernel(): Array<[fd: number, events: string]> {
    return [...kernelTable(this.poller)].filter(([fd]) => !this.#own.includes(fd));
  }

  /** Registry and kernel agree: with `isRegistered` both have `fd` alone, otherwise neither has anything. */
  agree(isRegistered: boolean): void {
    assert.is(this.poller.has(this.fd), isRegistered);
    assert.is(this.poller.size, isRegistered ? 1 : 0);
    assert.equal(
      this.inKernel().map(([fd]) => fd),
      isRegistered ? [this.fd] : [],
    );
  }

  send(): void {
    sys.write(this.#pair[1], Buffer.from('x'));
  }

  events(): Array<[fd: number, readiness: number, data: string | undefined]> {
    return [...this.poller.wait(0)].map(({ fd, readiness, data }) => [fd, readiness, data]);
  }

  refused(act: () => void, errno: Errno): void {
    const error = thrownBy(act);
    assert.equal([error.code, error.syscall, error.fd], [errno, 'epoll_ctl', this.fd]);
  }

  end(): void {
    this.poller.close();
    for (const fd of this.#pair) sys.close(fd);
  }
}

function onBench(title: string, body: (bench: Bench) => void): void {
  test(title, () => {
    const bench = new Bench();
    try {
      body(bench);
    } finally {
      bench.end();
    }
  });
}

for (const errno of [...REFUSALS, ...GONE]) {
  onBench(`faults:add.1 add fails with ${errno}: nothing is registered, and add works the next time`, (bench) => {
    const { poller, fd } = bench;
    fail('epoll_ctl', errno);
    bench.refused(() => poller.add(fd, READABLE, 'first'), errno);
    bench.agree(false);
    poller.add(fd, READABLE);
    bench.agree(true);
    bench.send();
    assert.equal(bench.events(), [[fd, READABLE, undefined]]);
  });
}

onBench(
  'faults:add.2 add() throws ENOMEM when there is no memory for the registration, and succeeds the next time',
  (bench) => {
    const { poller, fd } = bench;
    fail('calloc');
    bench.refused(() => poller.add(fd, READABLE), 'ENOMEM');
    assert.is(calls('epoll_ctl'), 0);
    bench.agree(false);
    poller.add(fd, READABLE);
    bench.agree(true);
  },
);

onBench('faults:add.3 a number that is not open uses no memory, however high it is', ({ poller }) => {
  for (const fd of [100_000, 2 ** 31 - 1]) assert.is(thrownBy(() => poller.add(fd, READABLE)).code, 'EBADF');
  assert.is(calls('calloc'), 0);
  assert.is(poller.size, 0);
});

for (const errno of REFUSALS) {
  onBench(`faults:modify.1 modify fails with ${errno}: interest, mode and data stay`, (bench) => {
    const { poller, fd } = bench;
    poller.add(fd, READABLE | EDGE, 'kept');
    const before = bench.inKernel();
    fail('epoll_ctl', errno);
    bench.refused(() => poller.modify(fd, WRITABLE, 'lost'), errno);
    bench.agree(true);
    assert.equal(bench.inKernel(), before);
    bench.send();
    assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
    assert.equal(bench.events(), []);
  });

  onBench(`faults:remove.1 remove fails with ${errno}: the registration stays, with its data`, (bench) => {
    const { poller, fd } = bench;
    poller.add(fd, READABLE, 'kept');
    fail('epoll_ctl', errno);
    bench.refused(() => poller.remove(fd), errno);
    bench.agree(true);
    bench.send();
    assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
    poller.remove(fd);
    bench.agree(false);
    assert.equal(bench.events(), []);
  });
}

for (const errno of GONE) {
  for (const [method, act] of [
    ['modify', ({ poller, fd }: Bench) => poller.modify(fd, WRITABLE)],
    ['remove', ({ poller, fd }: Bench) => poller.remove(fd)],
  ] as const) {
    onBench(
      `faults:gone.1 ${method} fails with ${errno}: the registration is dropped, reports nothing, and add() makes a new one`,
      (bench) => {
        const { poller, fd } = bench;
        poller.add(fd, READABLE, 'old');
        bench.send();
        fail('epoll_ctl', errno);
        bench.refused(() => act(bench), errno);
        assert.is(poller.has(fd), false);
        assert.is(poller.size, 0);
        assert.equal(bench.events(), []);
        poller.add(fd, READABLE);
        bench.agree(true);
        assert.equal(bench.events(), [[fd, READABLE, undefined]]);
      },
    );
  }
}

for (const [nth, what] of [
  [2, 'taking the old record away'],
  [3, 'adding the new one'],
] as const) {
  onBench(`faults:gone.2 add() finds a dropped registration, and ${what} fails: nothing is registered`, (bench) => {
    const { poller, fd } = bench;
    poller.add(fd, READABLE);
    fail('epoll_ctl', 'ENOENT');
    thrownBy(() => poller.remove(fd));
    fail('epoll_ctl', 'ENOMEM', nth);
    bench.refused(() => poller.add(fd, READABLE), 'ENOMEM');
    assert.is(poller.has(fd), false);
    bench.send();
    assert.equal(bench.events(), []);
    poller.add(fd, READABLE, 'new');
    bench.agree(true);
    assert.equal(bench.events(), [[fd, READABLE, 'new']]);
  });
}

for (const [nth, what] of [
  [1, 'deletes the old'],
  [2, 'adds the new'],
] as const) {
  for (const errno of ['ENOMEM', 'ENOSPC'] as const) {
    onBench(
      `faults:exclusive.1 modify() fails with ${errno} at the call that ${what} registration: the registration stays as it was`,
      (bench) => {
        const { poller, fd } = bench;
        poller.add(fd, READABLE | EXCLUSIVE, 'kept');
        const before = bench.inKernel();
        fail('epoll_ctl', errno, nth);
        bench.refused(() => poller.modify(fd, READABLE | WRITABLE), errno);
        assert.is(calls('epoll_ctl'), 2 * nth);
        bench.agree(true);
        assert.equal(bench.inKernel(), before);
        bench.send();
        assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
      },
    );
  }
}

for (const [times, errno] of [
  [1, 'ENOMEM'],
  [2, 'ENOSPC'],
  [20, 'ENOMEM'],
] as const) {
  onBench(
    `faults:exclusive.2 modify() fails, and restoring the registration fails ${times} times with ${errno}: the registration stays as it was`,
    (bench) => {
      const { poller, fd } = bench;
      poller.add(fd, READABLE | EXCLUSIVE, 'kept');
      const before = bench.inKernel();
      fail('epoll_ctl', 'ENOSPC', 2);
      fail('epoll_ctl', errno, 3, times);
      bench.refused(() => poller.modify(fd, READABLE | WRITABLE), 'ENOSPC');
      bench.agree(true);
      assert.equal(bench.inKernel(), before);
      bench.send();
      assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
    },
  );
}

onBench(
  'faults:exclusive.4 a registration that cannot be restored is gone, in the poller and in the kernel',
  (bench) => {
    const { poller, fd } = bench;
    poller.add(fd, READABLE | EXCLUSIVE, 'old');
    fail('epoll_ctl', 'ENOMEM', 2, 1000);
    bench.refused(() => poller.modify(fd, READABLE | WRITABLE), 'ENOMEM');
    clear();
    bench.agree(false);
    poller.add(fd, READABLE | ONESHOT);
    bench.agree(true);
    bench.send();
    assert.equal(bench.events(), [[fd, READABLE, undefined]]);
  },
);

onBench('faults:exclusive.3 a paused exclusive registration that cannot be resumed stays paused', (bench) => {
  const { poller, fd } = bench;
  poller.add(fd, READABLE | EXCLUSIVE, 'kept');
  poller.modify(fd, 0);
  const before = bench.inKernel();
  fail('epoll_ctl', 'ENOMEM', 2);
  bench.refused(() => poller.modify(fd, READABLE), 'ENOMEM');
  bench.agree(true);
  assert.equal(bench.inKernel(), before);
  bench.send();
  assert.equal(bench.events(), []);
  poller.modify(fd, READABLE);
  assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
});

for (const errno of ['ENOMEM', 'ENOSPC'] as const) {
  onBench(
    `faults:exclusive.5 modify() to an interest that EXCLUSIVE excludes throws EINVAL although the kernel says ${errno}: the registration stays as it was`,
    (bench) => {
      const { poller, fd } = bench;
      poller.add(fd, READABLE | EXCLUSIVE, 'kept');
      const before = bench.inKernel();
      fail('epoll_ctl', errno, 1);
      bench.refused(() => poller.modify(fd, READABLE | ONESHOT), 'EINVAL');
      assert.equal(bench.inKernel(), before);
      bench.send();
      assert.equal(bench.events(), [[fd, READABLE, 'kept']]);
    },
  );
}
