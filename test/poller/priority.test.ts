import { EDGE, ONESHOT, PRIORITY, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, POLLPRI, untilPolled } from '../support/descriptors.js';
import { expectEvents, expectNone } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { tcpPair } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('priority');
const priority = test.unless(lackOf('priority'));

function sendUrgent(fd: number): void {
  assert.is(sys.send(fd, Buffer.from('!'), 0, 1, sys.MSG_OOB), 1);
}

for (const [name, mode] of [
  ['level', 0],
  ['edge', EDGE],
  ['oneshot', ONESHOT],
  ['edge-oneshot', EDGE | ONESHOT],
] as const) {
  priority(
    `poller:priority.1 ${name}: urgent data is reported, and normal data is not, where PRIORITY alone was asked for`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = tcpPair(scope);
      assert.is(poller.capabilities.priority, true);
      poller.add(a, mode | PRIORITY);
      expectNone(poller);
      sys.write(b, Buffer.from('x'));
      untilPolled(a, POLLIN);
      expectNone(poller);
      sendUrgent(b);
      expectEvents(poller, [a, PRIORITY]);
      if (mode === 0) expectEvents(poller, [a, PRIORITY]);
      else expectNone(poller);
      assert.is(sys.recv(a, Buffer.alloc(1), 0, 1, sys.MSG_OOB), 1);
      poller.modify(a, mode | PRIORITY);
      expectNone(poller);
      sendUrgent(b);
      expectEvents(poller, [a, PRIORITY]);
    }),
  );

  priority(
    `poller:priority.2 ${name}: urgent and normal data are one event`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = tcpPair(scope);
      sys.write(b, Buffer.from('x'));
      sendUrgent(b);
      untilPolled(a, POLLPRI);
      poller.add(a, mode | PRIORITY | READABLE);
      expectEvents(poller, [a, PRIORITY | READABLE]);
    }),
  );
}

test(
  'poller:priority.3 urgent data is not reported where PRIORITY was not asked for',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = tcpPair(scope);
    sendUrgent(b);
    untilPolled(a, POLLPRI);
    poller.add(a, READABLE);
    expectNone(poller);
  }),
);
