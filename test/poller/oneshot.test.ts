import { EDGE, HANGUP, ONESHOT, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone, expectSystemError } from '../support/expect.js';
import { Channel, KINDS } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('oneshot');

const MODES = [
  ['oneshot', ONESHOT],
  ['edge-oneshot', EDGE | ONESHOT],
] as const;

for (const [name, mode] of MODES) {
  for (const kind of Object.keys(KINDS)) {
    test(
      `poller:oneshot.1 ${kind}, ${name}: one event, then silence whatever comes, until modify()`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = new Channel(scope, kind);
        poller.add(channel.reader, mode | READABLE);
        expectNone(poller);
        channel.send();
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
        channel.send();
        expectNone(poller);
        channel.drain();
        channel.send();
        expectNone(poller);
        poller.modify(channel.reader, mode | READABLE);
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }),
    );

    test(
      `poller:oneshot.2 ${kind}, ${name}: re-armed when nothing is ready, it reports what comes`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = new Channel(scope, kind);
        channel.send();
        poller.add(channel.reader, mode | READABLE);
        for (let round = 0; round < 3; round++) {
          expectEvents(poller, [channel.reader, READABLE]);
          expectNone(poller);
          channel.drain();
          poller.modify(channel.reader, mode | READABLE);
          expectNone(poller);
          channel.send();
        }
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }),
    );

    test(
      `poller:oneshot.3 ${kind}, ${name}: modify() of an armed registration leaves one event`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = new Channel(scope, kind);
        poller.add(channel.reader, mode | READABLE);
        for (let count = 0; count < 3; count++) poller.modify(channel.reader, mode | READABLE);
        expectNone(poller);
        channel.send();
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }),
    );
  }

  test(
    `poller:oneshot.4 ${name}: a fired registration stays registered: add() is EEXIST, remove() succeeds`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, 'pipe');
      channel.send();
      poller.add(channel.reader, mode | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      assert.equal([poller.size, poller.has(channel.reader)], [1, true]);
      expectSystemError(() => poller.add(channel.reader, mode | READABLE), 'EEXIST', channel.reader);
      expectNone(poller);
      poller.remove(channel.reader);
      assert.equal([poller.size, poller.has(channel.reader)], [0, false]);
      poller.add(channel.reader, mode | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
    }),
  );

  test(
    `poller:oneshot.5 ${name}: an event of one direction disarms the other`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
      poller.add(a, mode | READABLE | WRITABLE);
      expectEvents(poller, [a, WRITABLE]);
      sys.write(b, Buffer.from('x'));
      expectNone(poller);
      poller.modify(a, mode | READABLE | WRITABLE);
      expectEvents(poller, [a, READABLE | WRITABLE]);
      expectNone(poller);
    }),
  );

  test(
    `poller:oneshot.6 ${name}: a hangup of a disarmed registration waits for modify()`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
      sys.write(b, Buffer.from('x'));
      poller.add(a, mode | READABLE);
      expectEvents(poller, [a, READABLE]);
      scope.close(b);
      expectNone(poller);
      expectNone(poller);
      poller.modify(a, mode | READABLE);
      expectEvents(poller, [a, READABLE | READ_CLOSED | HANGUP]);
      expectNone(poller);
    }),
  );

  test(
    `poller:oneshot.7 ${name}: modify() without ONESHOT ends it`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, 'pipe');
      channel.send();
      poller.add(channel.reader, mode | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectNone(poller);
      poller.modify(channel.reader, READABLE);
      for (let round = 0; round < 3; round++) expectEvents(poller, [channel.reader, READABLE]);
    }),
  );

  test(
    `poller:oneshot.8 ${name}: modify() gives a fired registration other interest and data`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
      sys.write(b, Buffer.from('x'));
      poller.add(a, mode | READABLE, 'first');
      expectEvents(poller, [a, READABLE, 'first']);
      poller.modify(a, mode | WRITABLE, 'second');
      expectEvents(poller, [a, WRITABLE, 'second']);
      expectNone(poller);
    }),
  );
}

test(
  'poller:oneshot.9 one of many is disarmed, the others are not',
  scoped((scope) => {
    const poller = scope.poller({ capacity: 1 });
    const channels = Array.from({ length: 3 }, () => new Channel(scope, 'pipe'));
    for (const channel of channels) {
      poller.add(channel.reader, ONESHOT | READABLE);
      channel.send();
    }
    const fired = channels.flatMap(() => [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]));
    assert.equal(
      fired.sort((a, b) => a[0]! - b[0]!),
      channels.map(({ reader }) => [reader, READABLE]),
    );
    expectNone(poller);
  }),
);
