import { READABLE, WRITABLE } from 'pollux';
import { expectEvents, expectNone } from '../support/expect.js';
import { WITHOUT_CLAUSES, openPair, openChannel, fill, relieve } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('level');

for (const kind of WITHOUT_CLAUSES) {
  test(
    `poller:level.1 ${kind}: a readable descriptor is reported by every wait until it is drained, and again for new data`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
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
    `poller:level.2 ${kind}: a descriptor that is readable before add() is reported by the first wait`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
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
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, READABLE);
      expectNone(poller);
      for (let count = 0; count < 3; count++) channel.send();
      expectEvents(poller, [channel.reader, READABLE]);
      channel.drain();
      expectNone(poller);
    }),
  );

  test(
    `poller:level.4 ${kind}: data that was drained before the wait is not reported`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = openChannel(scope, kind);
      poller.add(channel.reader, READABLE);
      channel.send();
      channel.drain();
      expectNone(poller);
    }),
  );

  test(
    `poller:level.5 ${kind}: a writable descriptor is reported while there is room to write, and not while it is full`,
    scoped((scope) => {
      const poller = scope.poller();
      const [reader, writer] = openPair(scope, kind);
      poller.add(writer, WRITABLE);
      expectEvents(poller, [writer, WRITABLE]);
      expectEvents(poller, [writer, WRITABLE]);
      fill(writer, kind);
      expectNone(poller);
      relieve(reader, writer);
      expectEvents(poller, [writer, WRITABLE]);
      expectEvents(poller, [writer, WRITABLE]);
    }),
  );
}
