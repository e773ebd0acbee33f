import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { READABLE, Reactor, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { WAITERS } from '../support/reactor.js';
import { suite } from '../support/suite.js';
import { programFile } from '../support/paths.js';

const test = suite('reactor-crowd');
const COUNT = 10_000;
const IDLE_MS = 2000;
const SPARE = 200;

/** How many descriptors a process may have; Node raises its own limit to that. */
function descriptorLimit(): number {
  const limit = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === 'unlimited' ? Infinity : Number(limit);
}

/** A connection of the server. It was last active at `sinceMs` or later. */
interface Guest {
  watch: Watch;
  sinceMs: number;
  idleMs: number | undefined;
}

async function closeTheIdle(waiter: 'uv' | 'thread'): Promise<void> {
  const reactor = new Reactor({ waiter });
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const guests: Guest[] = [];
  const buffer = new Uint8Array(16);
  let left = COUNT;
  let spokeMs = NaN;
  let heard = 0;
  let allAccepted!: () => void;
  const accepted = new Promise<void>((done) => {
    allAccepted = done;
  });
  let allClosed!: () => void;
  const emptied = new Promise<void>((done) => {
    allClosed = done;
  });

  const accepting = reactor.watch(listener, READABLE, () => {
    for (let fd = sys.accept(listener); fd !== sys.WOULD_BLOCK; fd = sys.accept(listener)) {
      const guest = { sinceMs: NaN, idleMs: undefined } as Guest;
      guest.watch = reactor.watch(fd, READABLE, () => {
        assert.is(sys.read(fd, buffer), 1);
        guest.sinceMs = spokeMs;
        heard++;
      });
      guests.push(guest);
    }
    if (guests.length === COUNT) allAccepted();
  });
  const crowd = fork(programFile('crowd'), [
    String((sys.localAddress(listener) as sys.InternetAddress).port),
    String(COUNT),
  ]);
  const ended = once(crowd, 'exit');
  await Promise.all([accepted, once(crowd, 'message')]);
  accepting.close();

  for (const guest of guests) {
    guest.sinceMs = performance.now();
    guest.watch.setIdleTimeout(IDLE_MS, ({ fd }) => {
      guest.idleMs = performance.now() - guest.sinceMs;
      guest.watch.close();
      sys.close(fd);
      if (--left === 0) allClosed();
    });
  }
  const closed = once(crowd, 'message');
  spokeMs = performance.now();
  crowd.send('speak');
  await emptied;
  assert.equal(
    guests.filter(({ idleMs }) => idleMs === undefined || idleMs < IDLE_MS),
    [],
  );
  assert.ok(heard > 0 && heard <= COUNT / 2);
  assert.equal(await closed, ['closed', undefined]);
  assert.equal(await ended, [0, null]);
  assert.is(reactor.poller.size, 0);
  reactor.close();
  sys.close(listener);
}

for (const waiter of WAITERS) {
  const title = `reactor:reactor-crowd.1 ${waiter}: 10,000 idle connections are closed by their timeouts, none of them early`;
  if (descriptorLimit() < COUNT + SPARE) test.gate(title, `at most ${descriptorLimit()} descriptors (ulimit -n)`);
  else test(title, () => closeTheIdle(waiter));
}
