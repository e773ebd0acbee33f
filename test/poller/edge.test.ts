import { EDGE, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { allowEdges, expectEvents, expectNone } from '../support/expect.js';
import { KINDS, WITHOUT_CLAUSES, openPair, openChannel, fill, relieve } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('edge');

for (const kind of KINDS) {
  test(
    `poller:edge.2 ${kind}: new data is reported although old data was not read`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, EDGE | READABLE);
      for (let round = 0; round < 3; round++) {
        channel.send();
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }
    }),
  );

  test(
    `poller:edge.6 ${kind}: remove() and add() report a ready descriptor again`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      channel.send();
      poller.add(channel.reader, EDGE | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectNone(poller);
      poller.remove(channel.reader);
      poller.add(channel.reader, EDGE | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectNone(poller);
    }),
  );
}

for (const kind of WITHOUT_CLAUSES) {
  test(
    `poller:edge.1 ${kind}: becoming readable is reported once, and later waits report nothing`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, EDGE | READABLE);
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
      for (let round = 0; round < 3; round++) expectNone(poller);
    }),
  );

  test(
    `poller:edge.3 ${kind}: after the descriptor was drained, new data is reported`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, EDGE | READABLE);
      for (let round = 0; round < 3; round++) {
        channel.send();
        expectEvents(poller, [channel.reader, READABLE]);
        channel.drain();
        expectNone(poller);
      }
    }),
  );

  test(
    `poller:edge.4 ${kind}: a descriptor that is ready at add() is reported once`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      channel.send();
      poller.add(channel.reader, EDGE | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectNone(poller);
    }),
  );

  test(
    `poller:edge.5 ${kind}: modify() with the same interest reports a ready descriptor once more`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      channel.send();
      poller.add(channel.reader, EDGE | READABLE);
      expectEvents(poller, [channel.reader, READABLE]);
      expectNone(poller);
      for (let round = 0; round < 3; round++) {
        poller.modify(channel.reader, EDGE | READABLE);
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }
      channel.drain();
      poller.modify(channel.reader, EDGE | READABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:edge.7 ${kind}: data that was drained before the wait is not reported`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, EDGE | READABLE);
      channel.send();
      channel.drain();
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
    }),
  );

  test(
    `poller:edge.8 ${kind}: WRITABLE is reported at add(), and again when there is room to write again`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = openPair(scope, kind);
      poller.add(writer, EDGE | WRITABLE);
      expectEvents(poller, [writer, WRITABLE]);
      expectNone(poller);
      fill(writer, kind);
      expectNone(poller);
      relieve(reader, writer);
      expectEvents(poller, [writer, WRITABLE]);
      allowEdges(poller, writer, WRITABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:edge.9 ${kind}: WRITABLE is not reported when the room to write was used up before the wait`,
    scoped((scope) => {
      const poller = scope.poller();
      const [, writer] = openPair(scope, kind);
      poller.add(writer, EDGE | WRITABLE);
      fill(writer, kind);
      expectNone(poller);
    }),
  );
}

test(
  'poller:edge.10 a partial read of a socket makes no edge',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    poller.add(a, EDGE | READABLE);
    sys.write(b, Buffer.from('abc'));
    expectEvents(poller, [a, READABLE]);
    assert.is(sys.read(a, Buffer.alloc(1)), 1);
    expectNone(poller);
    poller.modify(a, EDGE | READABLE);
    expectEvents(poller, [a, READABLE]);
  }),
);

test(
  'poller:edge.11 new data on a writable descriptor is an event with both bits',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    poller.add(a, EDGE | READABLE | WRITABLE);
    expectEvents(poller, [a, WRITABLE]);
    expectNone(poller);
    sys.write(b, Buffer.from('x'));
    expectEvents(poller, [a, READABLE | WRITABLE]);
    expectNone(poller);
  }),
);
