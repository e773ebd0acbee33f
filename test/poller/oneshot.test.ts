import { EDGE, ONESHOT, READABLE } from 'pollux';
import { expectEvents, expectNone } from '../support/expect.js';
import { KINDS, WITHOUT_CLAUSES, openChannel } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('oneshot');

const MODES = [
  ['oneshot', ONESHOT],
  ['edge-oneshot', EDGE | ONESHOT],
] as const;

for (const [name, mode] of MODES) {
  for (const kind of WITHOUT_CLAUSES) {
    test(
      `poller:oneshot.1 ${kind}, ${name}: one event is reported, then nothing until modify()`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = openChannel(scope, kind);
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
      `poller:oneshot.2 ${kind}, ${name}: a registration that is re-armed when nothing is ready reports the next data`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = openChannel(scope, kind);
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
  }

  for (const kind of KINDS) {
    test(
      `poller:oneshot.3 ${kind}, ${name}: after several modify() of an armed registration one event is reported`,
      scoped((scope) => {
        const poller = scope.poller();
        const channel = openChannel(scope, kind);
        poller.add(channel.reader, mode | READABLE);
        for (let count = 0; count < 3; count++) poller.modify(channel.reader, mode | READABLE);
        expectNone(poller);
        channel.send();
        expectEvents(poller, [channel.reader, READABLE]);
        expectNone(poller);
      }),
    );
  }
}
