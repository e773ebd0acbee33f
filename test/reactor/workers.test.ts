import { spawnSync } from 'node:child_process';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { lackOf } from '../support/facts.js';
import { addressOf } from '../support/kit.js';
import { descriptorsByKind } from '../support/kernel.js';
import { ReactorMortal } from '../support/mortals.js';
import { threadCount, untilThreads } from '../support/process.js';
import { WAITERS, pair, type WaiterName } from '../support/reactor.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { ACCEPTED, REACTOR_BEHAVIOURS, type ReactorMortalData } from '../workers/reactor-mortal.js';
import { programFile } from '../support/paths.js';
import { on } from '../support/runtime.js';

const test = suite('reactor: workers', { sanitized: ['epoll'] });

type Behaviour = ReactorMortalData['behaviour'];

const TERMINATIONS = Number(process.env['POLLUX_REACTOR_TERMINATIONS'] ?? 200);
const AT_ONCE = 4;
const ENDLESS = (Object.keys(REACTOR_BEHAVIOURS) as Behaviour[]).filter((behaviour) => !behaviour.startsWith('listen'));
const PROGRAM = programFile('reactor-exit');

/** Terminates `count` threads, several at a time, each in the middle of its work. */
async function terminate(
  scope: Scope,
  waiter: WaiterName,
  count: number,
  behaviours: readonly Behaviour[],
): Promise<void> {
  let started = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const fds = [...pair(scope), ...pair(scope)];
      while (started < count) {
        const mortal = new ReactorMortal(behaviours[started++ % behaviours.length]!, waiter, fds);
        await mortal.begun();
        await mortal.worker.terminate();
      }
    }),
  );
}

for (const waiter of WAITERS) {
  const rounds = Math.ceil(TERMINATIONS / WAITERS.length);
  test.unless(
    on('deno', 'Deno does not end a worker that is blocked in a native call, and terminate() does not wait for it'),
  )(
    `reactor:workers.1 ${waiter}: ${rounds} workers that end in the middle of a batch leave no descriptor and no thread`,
    scoped(async (scope) => {
      await terminate(scope, waiter, 8, ENDLESS);
      const [descriptors, threads] = [descriptorsByKind(), threadCount()];
      await scoped((inner) => terminate(inner, waiter, rounds, ENDLESS))();
      await untilThreads(threads);
      assert.equal(descriptorsByKind(), descriptors);
    }),
  );

  test(
    `reactor:workers.2 ${waiter}: terminate() ends a worker that is blocked in run()`,
    scoped(async (scope) => {
      const fds = pair(scope);
      for (let round = 0; round < 3; round++) {
        const mortal = await new ReactorMortal('run', waiter, fds).begun();
        assert.is(await mortal.worker.terminate(), 1);
      }
    }),
  );

  test(
    `reactor:workers.3 ${waiter}: listeners of one port in several workers share its connections`,
    scoped(async (scope) => {
      const listeners = [reusable(scope, 0)];
      const address = addressOf(listeners[0]!);
      listeners.push(reusable(scope, address.port), reusable(scope, address.port));
      const mortals = await Promise.all(listeners.map((fd) => new ReactorMortal('listen', waiter, [fd]).begun()));
      await connectMany(scope, address, 96, mortals);
      for (const { signals } of mortals) assert.ok(signals.get(ACCEPTED) > 0);
      await Promise.all(mortals.map(({ worker }) => worker.terminate()));
    }),
  );

  test.unless(lackOf('exclusive'))(
    `reactor:workers.4 ${waiter}: several workers that watch one listener exclusively lose no connection`,
    scoped(async (scope) => {
      const { listener, address } = scope.open.listener();
      const mortals = await Promise.all(
        [1, 2, 3].map(() => new ReactorMortal('listen exclusively', waiter, [listener]).begun()),
      );
      await connectMany(scope, address, 96, mortals);
      await Promise.all(mortals.map(({ worker }) => worker.terminate()));
    }),
  );

  for (const how of ['exit', 'throw', 'end']) {
    test(`reactor:workers.5 ${waiter}: the process ends although workers run(): ${how}`, () => {
      const { status, signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, how, waiter], {
        encoding: 'utf8',
      });
      assert.equal([status, signal, stdout], [how === 'exit' ? 7 : how === 'throw' ? 1 : 0, null, 'running\n'], stderr);
      if (how === 'throw') assert.match(stderr, /error: nobody catches this/i);
    });
  }
}

function reusable(scope: Scope, port: number): number {
  const listener = scope.own(sys.socket('ipv4'));
  sys.setOption(listener, 'reusePort', true);
  sys.bind(listener, { host: '127.0.0.1', port });
  sys.listen(listener, 256);
  return listener;
}

/** Makes `count` connections, and waits until each was accepted by some worker. */
async function connectMany(
  scope: Scope,
  address: { host: string; port: number },
  count: number,
  mortals: readonly ReactorMortal[],
): Promise<void> {
  for (let i = 0; i < count; i++) sys.connect(scope.own(sys.socket('ipv4')), address);
  const accepted = (): number => mortals.reduce((sum, { signals }) => sum + signals.get(ACCEPTED), 0);
  const end = performance.now() + 10_000;
  while (accepted() < count && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  assert.is(accepted(), count);
}
