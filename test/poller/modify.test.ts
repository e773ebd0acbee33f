import { EDGE, ONESHOT, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone } from '../support/expect.js';
import { Channel, KINDS } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('modify');

/** How often a ready, undrained registration of the mode is reported by four waits. */
const MODES = [
  { name: 'level', mode: 0, events: 4 },
  { name: 'edge', mode: EDGE, events: 1 },
  { name: 'oneshot', mode: ONESHOT, events: 1 },
  { name: 'edge-oneshot', mode: EDGE | ONESHOT, events: 1 },
] as const;

for (const kind of Object.keys(KINDS)) {
  for (const from of MODES) {
    for (const to of MODES) {
      test(
        `poller:modify.1 ${kind}: ${from.name} becomes ${to.name} while the descriptor is ready`,
        scoped((scope) => {
          const poller = scope.poller();
          const channel = new Channel(scope, kind);
          channel.send();
          poller.add(channel.reader, from.mode | READABLE);
          expectEvents(poller, [channel.reader, READABLE]);
          poller.modify(channel.reader, to.mode | READABLE);
          for (let wait = 0; wait < 4; wait++) {
            if (wait < to.events) expectEvents(poller, [channel.reader, READABLE]);
            else expectNone(poller);
          }
        }),
      );
    }
  }
}

for (const { name, mode } of MODES) {
  test(
    `poller:modify.2 ${name}: interest that is taken away is not reported, and interest that is added is`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, 'unix stream');
      channel.send();
      poller.add(channel.reader, mode | READABLE | WRITABLE);
      poller.modify(channel.reader, mode | WRITABLE);
      expectEvents(poller, [channel.reader, WRITABLE]);
      poller.modify(channel.reader, mode | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      poller.modify(channel.reader, mode | READABLE | WRITABLE);
      expectEvents(poller, [channel.reader, READABLE | WRITABLE]);
      channel.drain();
      poller.modify(channel.reader, mode | READABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:modify.3 ${name}: a change of an idle registration reports nothing, and holds`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, 'pipe');
      poller.add(channel.reader, READABLE);
      poller.modify(channel.reader, mode | READABLE);
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
      if (mode === 0) expectEvents(poller, [channel.reader, READABLE]);
      else expectNone(poller);
    }),
  );
}

test(
  'poller:modify.4 add, remove and add without a wait between them leave one registration',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = new Channel(scope, 'pipe');
    channel.send();
    poller.add(channel.reader, EDGE | READABLE, 1);
    poller.remove(channel.reader);
    poller.add(channel.reader, EDGE | READABLE, 2);
    assert.is(poller.size, 1);
    expectEvents(poller, [channel.reader, READABLE, 2]);
    expectNone(poller);
  }),
);

test(
  'poller:modify.5 registering a descriptor leaves its flags alone',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    for (const nonBlocking of [false, true]) {
      sys.setNonBlocking(reader, nonBlocking);
      poller.add(reader, EDGE | READABLE);
      poller.modify(reader, READABLE);
      expectNone(poller);
      poller.remove(reader);
      assert.is(sys.isNonBlocking(reader), nonBlocking);
    }
  }),
);

test(
  'poller:modify.6 a second poller that watches a descriptor makes no event in the first',
  scoped((scope) => {
    const [first, second] = [scope.poller(), scope.poller()];
    const channel = new Channel(scope, 'unix stream');
    channel.send();
    first.add(channel.reader, EDGE | READABLE);
    expectEvents(first, [channel.reader, READABLE]);
    second.add(channel.reader, EDGE | READABLE);
    expectNone(first);
    expectEvents(second, [channel.reader, READABLE]);
    second.modify(channel.reader, EDGE | READABLE);
    expectNone(first);
    second.remove(channel.reader);
    channel.send();
    expectEvents(first, [channel.reader, READABLE]);
    expectNone(second);
  }),
);
