import { EDGE, EXCLUSIVE, ONESHOT, READABLE, WRITABLE, createPoller, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { IS_SIMULATED, lackOf } from '../support/facts.js';
import { expectNoGrowth, settle } from '../support/growth.js';
import { mappedKilobytes, openDescriptors } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('lifecycle-memory');

const ROUNDS = IS_SIMULATED ? 10_000 : 100_000;

test(
  `poller:memory.1 ${ROUNDS} calls of add() and remove() leave descriptors and memory as they were`,
  scoped(async (scope) => {
    const poller = scope.poller();
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    await expectNoGrowth(() => {
      for (let round = 0; round < ROUNDS; round++) {
        poller.add(reader, EDGE | READABLE, { round });
        poller.remove(reader);
      }
    });
    assert.is(poller.size, 0);
  }),
);

test(
  `poller:memory.2 ${ROUNDS} calls of modify() and wait() leave descriptors and memory as they were`,
  scoped(async (scope) => {
    const poller = scope.poller();
    const [, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(writer, ONESHOT | WRITABLE);
    await expectNoGrowth(() => {
      for (let round = 0; round < ROUNDS; round++) {
        poller.modify(writer, ONESHOT | WRITABLE, { round });
        assert.is(poller.wait(0).length, 1);
      }
    });
  }),
);

test(
  'poller:memory.3 refused calls leave descriptors and memory as they were',
  scoped(async (scope) => {
    const poller = scope.poller();
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE);
    await expectNoGrowth(() => {
      for (let round = 0; round < 5_000; round++) {
        thrownBy(() => poller.add(reader, READABLE, { round }));
        thrownBy(() => poller.modify(100_000, READABLE, { round }));
        thrownBy(() => poller.remove(100_000));
        thrownBy(() => poller.add(-1, READABLE, { round }));
      }
    });
  }),
);

test.unless(lackOf('exclusive'))(
  'poller:memory.9 a refused modify() of an exclusive registration leaves memory as it was',
  scoped(async (scope) => {
    const poller = scope.poller();
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, EXCLUSIVE | READABLE);
    await expectNoGrowth(() => {
      for (let round = 0; round < 5_000; round++) thrownBy(() => poller.modify(reader, ONESHOT | READABLE, { round }));
    });
  }),
);

test(
  'poller:memory.4 1,000 pollers opened, used and closed leave descriptors and memory as they were',
  scoped(async (scope) => {
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    await expectNoGrowth(() => {
      for (let round = 0; round < 1_000; round++) {
        const poller = createPoller({ capacity: 256 });
        poller.add(reader, READABLE, { round });
        poller.wait(0);
        poller.close();
      }
    });
  }),
);

test(
  'poller:memory.5 a number far above those in use does not make the poller grow',
  scoped((scope) => {
    const poller = scope.poller();
    const before = mappedKilobytes();
    for (const fd of [2 ** 20, 2 ** 24, 2 ** 28, 2 ** 31 - 1]) {
      assert.is(thrownBy(() => poller.add(fd, READABLE)).code, 'EBADF');
      assert.is(thrownBy(() => poller.modify(fd, READABLE)).code, 'EBADF');
      assert.is(thrownBy(() => poller.remove(fd)).code, 'EBADF');
      assert.is(poller.has(fd), false);
    }
    assert.ok(mappedKilobytes() - before < 100_000, `${mappedKilobytes() - before} kB`);
  }),
);

/** Passes when the garbage collector brings the descriptors back to `before`, within bounds. */
async function expectDescriptorsBack(before: number[]): Promise<void> {
  for (let round = 0; round < 200 && openDescriptors().length > before.length; round++) {
    global.gc!();
    await new Promise(setImmediate);
  }
  assert.equal(openDescriptors(), before);
}

test(
  'poller:memory.6 a poller that the program has dropped without close() is collected, and its descriptors are closed',
  scoped(async (scope) => {
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    const before = openDescriptors();
    const drop = (): void => {
      for (let count = 0; count < 50; count++) {
        const poller = createPoller();
        poller.add(reader, READABLE, { poller });
        poller.wait(0);
      }
    };
    drop();
    assert.ok(openDescriptors().length > before.length);
    await expectDescriptorsBack(before);
  }),
);

test.unless(on('deno', 'Deno opens descriptors of its own as it goes'))(
  'poller:memory.7 a poller that the program still uses is not collected, and neither is one whose batch it still uses',
  scoped(async (scope) => {
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    sys.write(writer, Buffer.from('x'));
    const before = openDescriptors();
    const batchOfADroppedPoller = (): ReturnType<Poller['wait']> => {
      const poller = createPoller();
      poller.add(reader, READABLE, 'data');
      return poller.wait(0);
    };
    const poller = scope.poller();
    const batch = batchOfADroppedPoller();
    const opened = openDescriptors().length;
    assert.is(opened > before.length, true);
    for (let round = 0; round < 10; round++) await settle();
    assert.is(openDescriptors().length, opened);
    assert.equal(
      [...batch].map(({ data }) => data),
      ['data'],
    );
    assert.is(poller.wait(0).length, 0);
  }),
);

test(
  'poller:memory.8 a closed poller is not closed again when it is collected',
  scoped(async (scope) => {
    const drop = (): void => createPoller().close();
    drop();
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE, 'data');
    for (let round = 0; round < 10; round++) await settle();
    sys.write(writer, Buffer.from('x'));
    assert.equal(
      [...poller.wait(0)].map(({ data }) => data),
      ['data'],
    );
  }),
);
