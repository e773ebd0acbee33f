import { EDGE, EXCLUSIVE, ONESHOT, READABLE, WRITABLE, type Poller } from 'pollux';
import * as assert from 'uvu/assert';
import { POLLIN, descriptors } from '../support/descriptors.js';
import { allowEdges, expectEvents, expectNone, expectSystemError, expectWake } from '../support/expect.js';
import { BACKEND, lackOf } from '../support/facts.js';
import { MODES } from '../support/kit.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('nested');

/**
 * Nothing is left in `inner`, and `inner` is not readable. A kqueue whose source was drained stays readable until
 * somebody waits on it (docs/internals/kernels.md).
 */
function expectSettled(outer: Poller, inner: Poller): void {
  if (BACKEND === 'kqueue') {
    expectNone(inner);
    allowEdges(outer, inner.fd, READABLE);
  }
  expectNone(outer);
}

for (const { name: outerName, mode: outerMode } of MODES) {
  for (const { name: innerName, mode: innerMode } of MODES) {
    test(
      `poller:nested.1 outer ${outerName}, inner ${innerName}: an event makes the inner poller readable to the outer poller`,
      scoped((scope) => {
        const [inner, outer] = [scope.poller(), scope.poller()];
        const channel = scope.open.channel('pipe');
        inner.add(channel.reader, innerMode | READABLE);
        outer.add(inner.fd, outerMode | READABLE, 'inner');
        expectNone(outer);
        channel.send();
        expectEvents(outer, [inner.fd, READABLE, 'inner']);
        if (outerMode === 0) expectEvents(outer, [inner.fd, READABLE, 'inner']);
        else expectNone(outer);
        expectEvents(inner, [channel.reader, READABLE]);
        channel.drain();
        expectSettled(outer, inner);
        outer.modify(inner.fd, outerMode | READABLE);
        expectNone(outer);
        inner.modify(channel.reader, innerMode | READABLE);
        channel.send();
        expectEvents(outer, [inner.fd, READABLE, 'inner']);
        expectEvents(inner, [channel.reader, READABLE]);
      }),
    );
  }
}

test(
  'poller:nested.2 an edge that the inner poller has delivered is no longer readable to the outer poller, although the data is unread',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    const channel = scope.open.channel('pipe');
    inner.add(channel.reader, EDGE | READABLE);
    outer.add(inner.fd, READABLE);
    channel.send();
    expectEvents(outer, [inner.fd, READABLE]);
    expectEvents(inner, [channel.reader, READABLE]);
    expectNone(outer);
  }),
);

test(
  'poller:nested.3 a level event that stays keeps the inner poller readable',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    const channel = scope.open.channel('pipe');
    inner.add(channel.reader, READABLE);
    outer.add(inner.fd, READABLE);
    channel.send();
    for (let round = 0; round < 3; round++) {
      expectEvents(outer, [inner.fd, READABLE]);
      expectEvents(inner, [channel.reader, READABLE]);
    }
    channel.drain();
    expectSettled(outer, inner);
  }),
);

test(
  'poller:nested.4 a wake of the inner poller makes it readable, until a wait has answered it',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    outer.add(inner.fd, READABLE);
    expectNone(outer);
    inner.wake();
    expectEvents(outer, [inner.fd, READABLE]);
    expectWake(inner);
    expectNone(outer);
  }),
);

test(
  'poller:nested.5 a poller is never writable',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    outer.add(inner.fd, READABLE | WRITABLE);
    expectNone(outer);
    inner.wake();
    expectEvents(outer, [inner.fd, READABLE]);
  }),
);

test(
  'poller:nested.6 close() of the inner poller ends its event, and the outer poller works on',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    const channel = scope.open.channel('pipe');
    inner.add(channel.reader, READABLE);
    outer.add(inner.fd, READABLE);
    outer.add(channel.reader, READABLE);
    channel.send();
    const innerFd = inner.fd;
    expectEvents(outer, [innerFd, READABLE], [channel.reader, READABLE]);
    inner.close();
    expectEvents(outer, [channel.reader, READABLE]);
  }),
);

test(
  'poller:nested.7 four pollers deep, an event is seen at the top',
  scoped((scope) => {
    const pollers = Array.from({ length: 4 }, () => scope.poller());
    const channel = scope.open.channel('pipe');
    pollers[0]!.add(channel.reader, READABLE);
    for (let level = 1; level < pollers.length; level++) pollers[level]!.add(pollers[level - 1]!.fd, EDGE | READABLE);
    const top = pollers[3]!;
    expectNone(top);
    channel.send();
    expectEvents(top, [pollers[2]!.fd, READABLE]);
    expectNone(top);
  }),
);

test(
  'poller:nested.8 poll(2) reports a poller as readable while an event is pending, and not when all registrations are paused or removed',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = scope.open.channel('unix stream');
    const isReadable = (): boolean => descriptors.poll(poller.fd, POLLIN, 0) === POLLIN;
    poller.add(channel.reader, READABLE);
    assert.is(isReadable(), false);
    channel.send();
    assert.is(isReadable(), true);
    poller.modify(channel.reader, 0);
    assert.is(isReadable(), false);
    poller.modify(channel.reader, READABLE);
    assert.is(isReadable(), true);
    poller.remove(channel.reader);
    assert.is(isReadable(), false);
  }),
);

test(
  'poller:nested.10 an outer loop that waits for a poller to be readable and then takes all its events misses none',
  scoped((scope) => {
    for (const mode of [0, EDGE, ONESHOT, EDGE | ONESHOT]) {
      const poller = scope.poller({ capacity: 2 });
      const channels = Array.from({ length: 5 }, () => scope.open.channel('unix stream'));
      for (const { reader } of channels) poller.add(reader, mode | READABLE);
      const rest = descriptors.poll(poller.fd, POLLIN, 0);
      assert.is(rest, 0);
      for (let round = 0; round < 3; round++) {
        for (const channel of channels) channel.send();
        poller.wake();
        const taken = new Set<number>();
        let woken = 0;
        while (descriptors.poll(poller.fd, POLLIN, 0) === POLLIN) {
          const batch = poller.wait(0);
          if (batch.woken) woken++;
          for (const { fd } of batch) {
            taken.add(fd);
            channels.find(({ reader }) => reader === fd)!.drain();
            if ((mode & ONESHOT) !== 0) poller.modify(fd, mode | READABLE);
          }
        }
        assert.equal([taken.size, woken], [channels.length, 1]);
      }
    }
  }),
);

test(
  'poller:nested.11 a poller that its owner has closed reports nothing to the outer poller, which stays usable',
  scoped((scope) => {
    const outer = scope.poller();
    for (let round = 0; round < 3; round++) {
      const inner = scope.poller();
      outer.add(inner.fd, EDGE | READABLE);
      inner.wake();
      expectEvents(outer, [inner.fd, READABLE]);
      inner.close();
      expectNone(outer);
    }
  }),
);

test.unless(lackOf('exclusive'))(
  'poller:nested.9 add() of a poller with EXCLUSIVE throws EINVAL',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    expectSystemError(() => outer.add(inner.fd, EXCLUSIVE | READABLE), 'EINVAL', inner.fd);
    assert.equal([outer.size, outer.has(inner.fd)], [0, false]);
  }),
);
