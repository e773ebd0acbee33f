import { EDGE, ONESHOT, READABLE } from 'pollux';
import { expectEvents, expectNone } from '../support/expect.js';
import { WITHOUT_CLAUSES, openChannel } from '../support/kinds.js';
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

for (const kind of WITHOUT_CLAUSES) {
  for (const from of MODES) {
    for (const to of MODES) {
      test(
        `poller:modify.1 ${kind}: modify() of a ready descriptor from ${from.name} to ${to.name} reports it as ${to.name} does`,
        scoped((scope) => {
          const poller = scope.poller();
          const channel = openChannel(scope, kind);
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

test(
  'poller:modify.6 a second poller that watches a descriptor makes no event in the first',
  scoped((scope) => {
    const [first, second] = [scope.poller(), scope.poller()];
    const channel = scope.open.channel('unix stream');
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
