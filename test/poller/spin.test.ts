import { attachPoller, createPoller, once, Reactor, READABLE, share } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectBatch, expectNone, thrownBy } from '../support/expect.js';
import { wakeLater, writeLater } from '../support/later.js';
import { openDescriptors } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('spin', { sanitized: ['epoll', 'kqueue'] });

/** Longer than any wait of these tests: such a wait never sleeps. */
const WITHOUT_END_US = 2 ** 31 - 1;

for (const [spinUs, name, code] of [
  [-1, 'RangeError', 'ERR_OUT_OF_RANGE'],
  [0.5, 'RangeError', 'ERR_OUT_OF_RANGE'],
  [2 ** 31, 'RangeError', 'ERR_OUT_OF_RANGE'],
  [NaN, 'RangeError', 'ERR_OUT_OF_RANGE'],
  [Infinity, 'RangeError', 'ERR_OUT_OF_RANGE'],
  ['1', 'TypeError', 'ERR_INVALID_ARG_TYPE'],
  [null, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
  [true, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
  [1n, 'TypeError', 'ERR_INVALID_ARG_TYPE'],
] as ReadonlyArray<[spinUs: unknown, name: string, code: string]>) {
  test(`poller:spin.1 createPoller() and new Reactor() refuse the spin ${String(spinUs)} (${typeof spinUs}) and open nothing`, () => {
    const before = openDescriptors();
    for (const make of [createPoller, (options: object) => new Reactor(options)]) {
      const error = thrownBy(() => make({ spinUs: spinUs as number }));
      assert.equal([error.name, error.code], [name, code]);
      assert.match(error.message, 'options.spinUs');
    }
    assert.equal(openDescriptors(), before);
  });
}

for (const timeoutMs of [undefined, 60_000]) {
  test(
    `poller:spin.2 wait(${timeoutMs ?? ''}): a wake by another thread ends the spin`,
    scoped(async (scope) => {
      const poller = scope.poller({ spinUs: WITHOUT_END_US });
      const later = await wakeLater(scope, poller, 20);
      later.start();
      const batch = poller.wait(timeoutMs);
      assert.equal([batch.length, batch.woken], [0, true]);
      await later.ended;
      expectNone(poller);
    }),
  );

  test(
    `poller:spin.3 wait(${timeoutMs ?? ''}): what another thread makes ready ends the spin`,
    scoped(async (scope) => {
      const poller = scope.poller({ spinUs: WITHOUT_END_US });
      const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      poller.add(reader, READABLE);
      const later = await writeLater(scope, writer, 20);
      later.start();
      expectBatch(poller.wait(timeoutMs), [reader, READABLE]);
      await later.ended;
    }),
  );
}

test(
  'poller:spin.4 a deadline ends the spin, and not early',
  scoped((scope) => {
    const poller = scope.poller({ spinUs: WITHOUT_END_US });
    for (const timeoutMs of [0.1, 1, 20]) {
      const start = process.hrtime.bigint();
      assert.is(poller.wait(timeoutMs).length, 0);
      const tookMs = Number(process.hrtime.bigint() - start) / 1e6;
      assert.ok(tookMs >= timeoutMs, `took ${tookMs} ms of ${timeoutMs}`);
    }
  }),
);

test(
  'poller:spin.5 a wake that precedes the wait ends it, and a spin that is over leaves the event to the sleep',
  scoped(async (scope) => {
    const poller = scope.poller({ spinUs: 1 });
    poller.wake();
    assert.is(poller.wait().woken, true);
    const later = await wakeLater(scope, poller, 20);
    later.start();
    assert.is(poller.wait().woken, true);
    await later.ended;
  }),
);

test(
  'poller:spin.6 a handle carries the spin to the poller that attaches, and only where there is one',
  scoped((scope) => {
    const spinning = share(scope.poller({ spinUs: 250 }));
    assert.is(spinning.spinUs, 250);
    assert.not('spinUs' in share(scope.poller()));
    const attached = attachPoller(spinning);
    scope.atEnd(() => attached.close());
    assert.is(share(attached).spinUs, 250);
    for (const spinUs of [-1, 0.5, 2 ** 31]) {
      assert.is(thrownBy(() => attachPoller({ ...spinning, spinUs })).code, 'ERR_OUT_OF_RANGE');
    }
  }),
);

test(
  'poller:spin.7 a reactor that spins runs its timers, sees an abort, and stops, inside run()',
  scoped(async (scope) => {
    const reactor = new Reactor({ spinUs: WITHOUT_END_US });
    scope.atEnd(() => reactor.close());
    const [reader] = scope.open.stream();
    const abort = new AbortController();
    const outcome = reactor.once(reader, READABLE, { signal: abort.signal }).catch((error: Error) => error.name);
    const seen: string[] = [];
    reactor.after(5, () => {
      seen.push('abort');
      abort.abort();
    });
    reactor.after(10, () => {
      seen.push('stop');
      reactor.stop();
    });
    reactor.run();
    assert.equal(seen, ['abort', 'stop']);
    assert.is(await outcome, 'AbortError');
  }),
);

test(
  'poller:spin.8 a reactor that spins delivers in the event loop of the host as any other',
  scoped(async (scope) => {
    const reactor = new Reactor({ spinUs: WITHOUT_END_US });
    scope.atEnd(() => reactor.close());
    const [a, b] = scope.open.stream();
    const pending = reactor.once(a, READABLE);
    // A turn of the host's loop passes while nothing is ready: no wait of the reactor may spin in it.
    await new Promise((resolve) => setTimeout(resolve, 1));
    sys.write(b, Buffer.from('x'));
    assert.is(await pending, READABLE);
    assert.is(await once(a, READABLE), READABLE);
  }),
);
