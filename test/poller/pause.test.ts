import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLHUP, POLLIN, untilPolled } from '../support/descriptors.js';
import { expectBatch, expectEvents, expectNone } from '../support/expect.js';
import { WITHOUT_CLAUSES, openChannel } from '../support/kinds.js';
import { leastCpuShare } from '../support/process.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('pause');

const PAUSES = [
  ['0', 0],
  ['EDGE', EDGE],
  ['ONESHOT', ONESHOT],
  ['EDGE|ONESHOT', EDGE | ONESHOT],
] as const;

for (const [name, paused] of PAUSES) {
  test(
    `poller:pause.2 interest ${name}: a hangup is not delivered, and a wait does not end early`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
      poller.add(a, READABLE);
      poller.modify(a, paused);
      scope.close(b);
      expectNone(poller);
      const timeoutMs = 30;
      const start = performance.now();
      expectBatch(poller.wait(timeoutMs));
      assert.ok(performance.now() - start >= timeoutMs);
      poller.modify(a, READABLE);
      expectEvents(poller, [a, READABLE | READ_CLOSED | HANGUP]);
    }),
  );

  test(
    `poller:pause.3 interest ${name}: add() registers a descriptor paused, although it has hung up`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
      scope.close(b);
      poller.add(a, paused, 'data');
      assert.equal([poller.size, poller.has(a)], [1, true]);
      for (let round = 0; round < 3; round++) expectNone(poller);
      poller.modify(a, READABLE);
      expectEvents(poller, [a, READABLE | READ_CLOSED | HANGUP, 'data']);
      poller.modify(a, paused);
      expectNone(poller);
      poller.remove(a);
      assert.is(poller.size, 0);
    }),
  );
}

for (const kind of WITHOUT_CLAUSES) {
  for (const [name, mode] of [
    ['level', 0],
    ['edge', EDGE],
    ['oneshot', ONESHOT],
    ['edge-oneshot', EDGE | ONESHOT],
  ] as const) {
    test(
      `poller:pause.4 ${kind}, ${name}: a resumed registration reports data that came during the pause`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = openChannel(scope, kind);
        poller.add(channel.reader, mode | READABLE);
        poller.modify(channel.reader, 0);
        channel.send();
        expectNone(poller);
        poller.modify(channel.reader, mode | READABLE);
        expectEvents(poller, [channel.reader, READABLE]);
      }),
    );
  }
}

test(
  'poller:pause.5 a paused registration of a reset connection uses no processor time',
  scoped((scope) => {
    const poller = scope.poller();
    const [accepted, connected] = scope.open.tcp();
    sys.write(accepted, Buffer.from('unread'));
    poller.add(accepted, READABLE);
    poller.modify(accepted, 0);
    untilPolled(connected, POLLIN);
    scope.close(connected);
    untilPolled(accepted, POLLHUP);
    const share = leastCpuShare(() => expectBatch(poller.wait(100)));
    assert.ok(share < 0.2, `${share}`);
  }),
);

test(
  'poller:pause.7 many paused registrations that have hung up do not keep a live descriptor from being reported',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 1 });
    for (let count = 0; count < 200; count++) {
      const [a, b] = sys.socketPair();
      poller.add(scope.own(a), 0);
      sys.close(b);
    }
    const live = scope.open.channel('pipe');
    poller.add(live.reader, READABLE, 'live');
    live.send();
    for (let round = 0; round < 3; round++) expectBatch(poller.wait(0), [live.reader, READABLE, 'live']);
  }),
);

test(
  'poller:pause.6 a poller with a paused registration that has hung up is never readable to another poller',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    inner.add(a, READABLE);
    inner.modify(a, 0);
    scope.close(b);
    expectNone(inner);
    outer.add(inner.fd, READABLE);
    for (let round = 0; round < 3; round++) {
      expectNone(outer);
      expectNone(inner);
    }
  }),
);
