import { spawn, spawnSync } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { EDGE, once, ONESHOT, READABLE, watch, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { allowEdges, expectEvents, expectNone, expectRefusal, thrownBy } from '../support/expect.js';
import { moduleOfPackage } from '../support/paths.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys sources', { sanitized: ['epoll', 'kqueue'] });

const FAR_MS = 1e9;
const LONG_MS = 20_000;

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Waits until `fd` is reported and `read` returns something. On kqueue a timer may be reported early. */
function takenAtLast(poller: Poller, read: () => number): number {
  for (const deadline = nowMs() + LONG_MS; nowMs() < deadline; ) {
    poller.wait(LONG_MS);
    const result = read();
    if (result !== sys.WOULD_BLOCK) return result;
  }
  throw new Error('nothing came');
}

function timer(scope: Scope, options?: sys.TimerOptions): number {
  return scope.own(sys.openTimer(options));
}

const MODES = [
  ['level', READABLE],
  ['edge', READABLE | EDGE],
  ['oneshot', READABLE | ONESHOT],
] as const;

for (const [mode, interest] of MODES) {
  test(
    `sys:timer.1 ${mode}: a timer is readable once its time has come, and not before`,
    scoped((scope) => {
      const fd = timer(scope);
      const poller = scope.poller();
      poller.add(fd, interest);
      expectNone(poller);
      assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
      const start = nowMs();
      sys.setTimer(fd, { afterMs: 30.5 });
      assert.is(
        takenAtLast(poller, () => {
          if (mode === 'oneshot') poller.modify(fd, interest);
          return sys.readTimer(fd);
        }),
        1,
      );
      assert.ok(nowMs() - start >= 30.5);
      assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
      allowEdges(poller, fd, READABLE);
      expectNone(poller);
    }),
  );

  test(
    `sys:event.1 ${mode}: an event is readable while its count is not 0`,
    scoped((scope) => {
      const fd = scope.own(sys.openEvent());
      const poller = scope.poller();
      poller.add(fd, interest);
      for (let round = 1; round <= 3; round++) {
        expectNone(poller);
        assert.is(sys.readEvent(fd), sys.WOULD_BLOCK);
        assert.is(sys.addToEvent(fd, round), 0);
        assert.is(sys.addToEvent(fd, 10), 0);
        assert.equal(
          [...poller.wait(LONG_MS)].map((event) => [event.fd, event.readiness]),
          [[fd, READABLE]],
        );
        if (mode === 'level') expectEvents(poller, [fd, READABLE]);
        assert.is(sys.readEvent(fd), round + 10);
        if (mode === 'oneshot') poller.modify(fd, interest);
      }
    }),
  );

  test(
    `sys:process.1 ${mode}: the descriptor of a process is readable once the process has ended, a child or not`,
    scoped(async (scope) => {
      // The shell prints the number of its child and ends, so that the process is no child of this one.
      const { stdout } = spawnSync('sh', ['-c', 'sleep 1000 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' });
      const stranger = Number(stdout);
      const child = spawn('sleep', ['1000']);
      const fds = [stranger, child.pid!].map((pid) => scope.own(sys.openProcess(pid)));
      const poller = scope.poller();
      for (const fd of fds) poller.add(fd, interest);
      expectNone(poller);
      process.kill(stranger, 'SIGKILL');
      assert.equal(
        [...poller.wait(LONG_MS)].map((event) => [event.fd, event.readable]),
        [[fds[0], true]],
      );
      poller.remove(fds[0]!);
      expectNone(poller);
      child.kill('SIGKILL');
      assert.equal(
        [...poller.wait(LONG_MS)].map((event) => [event.fd, event.readable]),
        [[fds[1], true]],
      );
      await onceEmitted(child, 'exit');
      assert.is(thrownBy(() => sys.openProcess(child.pid!)).code, 'ESRCH');
    }),
  );
}

test(
  'sys:timer.2 a periodic timer counts what has expired since the last read, and no period too many',
  scoped((scope) => {
    const fd = timer(scope);
    const poller = scope.poller();
    poller.add(fd, READABLE);
    const start = nowMs();
    sys.setTimer(fd, { afterMs: 5, everyMs: 2.5 });
    let count = 0;
    while (count < 20) {
      count += takenAtLast(poller, () => sys.readTimer(fd));
      assert.ok(count <= (nowMs() - start - 5) / 2.5 + 1, `${count} after ${nowMs() - start} ms`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    assert.ok(sys.readTimer(fd) >= 15);
    sys.setTimer(fd, {});
    assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
    expectNone(poller);
  }),
);

test(
  'sys:timer.3 a new setting replaces the former one, and expirations that were not read are forgotten',
  scoped((scope) => {
    const fd = timer(scope);
    const poller = scope.poller();
    poller.add(fd, READABLE);
    sys.setTimer(fd, { afterMs: 0 });
    assert.is(poller.wait(LONG_MS).length, 1);
    sys.setTimer(fd, { afterMs: FAR_MS });
    expectNone(poller);
    assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
    sys.setTimer(fd, { everyMs: 1 });
    assert.ok(takenAtLast(poller, () => sys.readTimer(fd)) >= 1);
    sys.setTimer(fd, { everyMs: FAR_MS });
    assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
    expectNone(poller);
  }),
);

for (const [clock, now] of [
  ['monotonic', nowMs],
  ['realtime', Date.now],
] as const) {
  test(
    `sys:timer.4 ${clock}: a timer that is set to a point in time expires when its clock reaches that, and at once if the point has passed`,
    scoped((scope) => {
      const fd = timer(scope, { clock });
      const poller = scope.poller();
      poller.add(fd, READABLE);
      const at = now() + 30;
      sys.setTimer(fd, { atMs: at });
      assert.is(
        takenAtLast(poller, () => sys.readTimer(fd)),
        1,
      );
      assert.ok(now() >= Math.floor(at));
      for (const atMs of [0, 1, at]) {
        sys.setTimer(fd, { atMs });
        assert.is(
          takenAtLast(poller, () => sys.readTimer(fd)),
          1,
        );
      }
      sys.setTimer(fd, { atMs: now() - 1000, everyMs: 100 });
      assert.ok(takenAtLast(poller, () => sys.readTimer(fd)) >= 11);
      sys.setTimer(fd, { atMs: now() + FAR_MS });
      expectNone(poller);
    }),
  );
}

test(
  'sys:timer.5 setTimer() takes times of any length, and a timer of the longest one does not expire',
  scoped((scope) => {
    const fd = timer(scope);
    const poller = scope.poller();
    poller.add(fd, READABLE);
    for (const setting of [
      { afterMs: Number.MAX_SAFE_INTEGER },
      { atMs: Number.MAX_SAFE_INTEGER },
      { everyMs: Number.MAX_SAFE_INTEGER },
      { afterMs: 3600_000, everyMs: 1e-6 },
    ]) {
      sys.setTimer(fd, setting);
      expectNone(poller);
      assert.is(sys.readTimer(fd), sys.WOULD_BLOCK);
    }
    sys.setTimer(fd, { afterMs: 999.999_999_9 / 1e6 });
    assert.is(
      takenAtLast(poller, () => sys.readTimer(fd)),
      1,
    );
  }),
);

test(
  'sys:timer.6 invalid settings of a timer are refused, and the former setting stays',
  scoped((scope) => {
    const fd = timer(scope);
    sys.setTimer(fd, { afterMs: 0 });
    for (const name of ['afterMs', 'atMs', 'everyMs']) {
      for (const value of [-1, NaN, Infinity, 2 ** 53])
        expectRefusal(() => sys.setTimer(fd, { [name]: value }), RangeError, 'ERR_OUT_OF_RANGE');
      for (const value of ['1', null, 1n])
        expectRefusal(() => sys.setTimer(fd, { [name]: value as never }), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    expectRefusal(() => sys.setTimer(fd, { everyMs: 0 }), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.setTimer(fd, { afterMs: 1, atMs: 1 }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.setTimer(fd, { after: 1 } as object), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.setTimer(fd, undefined as unknown as object), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.openTimer({ clock: 'wall' as 'realtime' }), TypeError, 'ERR_INVALID_ARG_VALUE');
    expectRefusal(() => sys.openTimer({ clock: 1 as unknown as 'realtime' }), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => sys.openTimer({ Clock: 'realtime' } as object), TypeError, 'ERR_INVALID_ARG_VALUE');
    const poller = scope.poller();
    poller.add(fd, READABLE);
    assert.is(
      takenAtLast(poller, () => sys.readTimer(fd)),
      1,
    );
  }),
);

test(
  "sys:timer.7 openTimer('boottime') makes a timer where the kernel has that clock, and throws ERR_NOT_SUPPORTED elsewhere",
  scoped((scope) => {
    let fd: number;
    try {
      fd = timer(scope, { clock: 'boottime' });
    } catch (error) {
      assert.is((error as { code?: string }).code, 'ERR_NOT_SUPPORTED');
      return;
    }
    const poller = scope.poller();
    poller.add(fd, READABLE);
    sys.setTimer(fd, { afterMs: 1 });
    assert.is(
      takenAtLast(poller, () => sys.readTimer(fd)),
      1,
    );
  }),
);

test(
  'sys:event.2 the count of an event begins with the argument of openEvent(), grows with each addition, and has a limit',
  scoped((scope) => {
    const fd = scope.own(sys.openEvent(0xffffffff));
    const poller = scope.poller();
    poller.add(fd, READABLE);
    assert.is(poller.wait(LONG_MS).length, 1);
    assert.is(sys.addToEvent(fd, 0), 0);
    assert.is(sys.readEvent(fd), 0xffffffff);
    assert.is(sys.addToEvent(fd, 0), 0);
    assert.is(sys.readEvent(fd), sys.WOULD_BLOCK);
    expectNone(poller);
    let taken = 0;
    while (sys.addToEvent(fd, Number.MAX_SAFE_INTEGER) !== sys.WOULD_BLOCK) taken++;
    assert.is(taken, 2048);
    assert.is(sys.addToEvent(fd, 2047), sys.WOULD_BLOCK);
    assert.is(sys.addToEvent(fd, 2046), 0);
    assert.is(sys.readEvent(fd), 2 ** 64);
    for (const count of [-1, 0.5, NaN, 2 ** 53])
      expectRefusal(() => sys.addToEvent(fd, count), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.addToEvent(fd, '1' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    for (const initial of [-1, 0.5, 2 ** 32])
      expectRefusal(() => sys.openEvent(initial), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

test(
  'sys:event.3 when another thread adds to an event, a watch of this thread is called',
  scoped(async (scope) => {
    const fd = scope.own(sys.openEvent());
    const program = `require(${JSON.stringify(moduleOfPackage('sys.js'))}).addToEvent(${fd}, 7)`;
    const exited = onceEmitted(new Worker(program, { eval: true }), 'exit');
    assert.is(await once(fd, READABLE, { timeoutMs: LONG_MS }), READABLE);
    assert.is(sys.readEvent(fd), 7);
    await exited;
  }),
);

test(
  'sys:timer.8 a watch is called for every period of a timer that it reads',
  scoped(async (scope) => {
    const fd = timer(scope);
    let count = 0;
    await new Promise<void>((resolve) => {
      const watched = watch(fd, READABLE, () => {
        const expirations = sys.readTimer(fd);
        if (expirations !== sys.WOULD_BLOCK) count += expirations;
        if (count < 5) return;
        watched.close();
        resolve();
      });
      sys.setTimer(fd, { everyMs: 2 });
    });
    assert.ok(count >= 5);
  }),
);

test(
  'sys:process.2 once() waits for the end of a process, and the descriptor stays readable',
  scoped(async (scope) => {
    const child = spawn('sh', ['-c', 'echo ready; read -r line'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await createInterface(child.stdout!)[Symbol.asyncIterator]().next();
    const fd = scope.own(sys.openProcess(child.pid!));
    const ended = once(fd, READABLE, { timeoutMs: LONG_MS });
    child.stdin!.end('bye\n');
    for (const readiness of [await ended, await once(fd, READABLE)]) assert.ok(readiness & READABLE);
    for (const pid of [0, -1, 1.5, 2 ** 31]) expectRefusal(() => sys.openProcess(pid), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => sys.openProcess('1' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    assert.is(thrownBy(() => sys.openProcess(0x7fffffff)).code, 'ESRCH');
  }),
);

test(
  'sys:source.1 a duplicate of the descriptor of a timer or event is the same timer or event',
  scoped((scope) => {
    const event = scope.own(sys.openEvent());
    const other = scope.own(sys.dup(event));
    sys.addToEvent(other, 2);
    sys.addToEvent(event, 3);
    assert.is(sys.readEvent(other), 5);
    assert.is(sys.readEvent(event), sys.WOULD_BLOCK);
    scope.close(event);
    sys.addToEvent(other, 1);
    assert.is(sys.readEvent(other), 1);
  }),
);

const CALLS: ReadonlyArray<[name: string, call: (fd: number) => unknown]> = [
  ['setTimer', (fd) => sys.setTimer(fd, { afterMs: 1 })],
  ['readTimer', (fd) => sys.readTimer(fd)],
  ['addToEvent', (fd) => sys.addToEvent(fd, 1)],
  ['readEvent', (fd) => sys.readEvent(fd)],
];

for (const [name, call] of CALLS) {
  test(
    `sys:source.2 ${name}() of another kind of file is EINVAL and takes nothing from it, of a closed number EBADF`,
    scoped((scope) => {
      const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      sys.write(writer, Buffer.from('12345678'));
      for (const fd of [reader, writer]) assert.is(thrownBy(() => call(fd)).code, 'EINVAL');
      assert.is(sys.bytesReadable(reader), 8);
      const event = scope.own(sys.openEvent(1));
      const expired = timer(scope);
      sys.setTimer(expired, { afterMs: 0 });
      const poller = scope.poller();
      poller.add(expired, READABLE);
      assert.is(poller.wait(LONG_MS).length, 1);
      const other = name.endsWith('Timer') ? event : expired;
      assert.is(thrownBy(() => call(other)).code, 'EINVAL');
      assert.equal([sys.readEvent(event), takenAtLast(poller, () => sys.readTimer(expired))], [1, 1]);
      scope.close(writer);
      assert.is(thrownBy(() => call(writer)).code, 'EBADF');
      expectRefusal(() => call(-1), RangeError, 'ERR_OUT_OF_RANGE');
    }),
  );
}

test(
  'sys:source.3 a thousand sources, opened and closed, leave nothing behind',
  scoped((scope) => {
    const kept = scope.own(sys.openEvent(3));
    for (let cycle = 0; cycle < 1000; cycle++) {
      const fds = [sys.openTimer(), sys.openEvent(1), sys.openProcess(process.pid)];
      sys.setTimer(fds[0]!, { everyMs: 1 });
      for (const fd of fds) sys.close(fd);
    }
    assert.is(sys.readEvent(kept), 3);
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    assert.is(thrownBy(() => sys.readTimer(reader)).code, 'EINVAL');
  }),
);
