import { READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { Channel, KINDS, fill, relieve } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('level');

for (const kind of Object.keys(KINDS)) {
  test(
    `poller:level.1 ${kind}: readable is reported by every wait until it is drained, and again by new data`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, kind);
      poller.add(channel.reader, READABLE);
      expectNone(poller);
      channel.send();
      for (let round = 0; round < 3; round++) expectEvents(poller, [channel.reader, READABLE]);
      channel.drain();
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
    }),
  );

  test(
    `poller:level.2 ${kind}: what is readable before add() is reported by the first wait`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, kind);
      channel.send();
      expectNone(poller);
      poller.add(channel.reader, READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectEvents(poller, [channel.reader, READABLE]);
    }),
  );

  test(
    `poller:level.3 ${kind}: several messages are one event`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, kind);
      poller.add(channel.reader, READABLE);
      expectNone(poller);
      for (let count = 0; count < 3; count++) channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
      channel.drain();
      expectNone(poller);
    }),
  );

  test(
    `poller:level.4 ${kind}: what was drained before the wait is not reported`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = new Channel(scope, kind);
      poller.add(channel.reader, READABLE);
      channel.send();
      channel.drain();
      expectNone(poller);
    }),
  );

  if (kind === 'UDP') continue;
  test.unless(kind === 'FIFO' ? lackOf('fifoWriters') : undefined)(
    `poller:level.5 ${kind}: writable is reported while there is room, and not while there is none`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = KINDS[kind]!(scope);
      poller.add(writer, WRITABLE);
      expectEvents(poller, [writer, WRITABLE]);
      expectEvents(poller, [writer, WRITABLE]);
      fill(kind, writer);
      expectNone(poller);
      relieve(reader, writer);
      expectEvents(poller, [writer, WRITABLE]);
      expectEvents(poller, [writer, WRITABLE]);
    }),
  );
}

test(
  'poller:level.6 what is left of partly read data is reported',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE);
    expectNone(poller);
    sys.write(writer, Buffer.from('abc'));
    expectEvents(poller, [reader, READABLE]);
    assert.is(sys.read(reader, Buffer.alloc(2)), 2);
    expectEvents(poller, [reader, READABLE]);
    assert.is(sys.read(reader, Buffer.alloc(2)), 1);
    expectNone(poller);
  }),
);

test.unless(lackOf('oneWayPipes'))(
  'poller:level.7 an end that cannot do what was asked for is never ready',
  scoped((scope) => {
    const poller = scope.poller();
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, WRITABLE);
    poller.add(writer, READABLE);
    sys.write(writer, Buffer.from('x'));
    expectNone(poller);
  }),
);

test(
  'poller:level.8 only what was asked for is reported',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    sys.write(b, Buffer.from('x'));
    poller.add(a, WRITABLE);
    expectEvents(poller, [a, WRITABLE]);
    poller.modify(a, READABLE);
    expectEvents(poller, [a, READABLE]);
    sys.read(a, Buffer.alloc(8));
    expectNone(poller);
  }),
);
