import { EDGE, ONESHOT, PRIORITY, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLPRI, descriptors, untilPolled } from './support/descriptors.js';
import { expectEvents, expectNone } from './support/expect.js';
import { tcpPair } from './support/kinds.js';
import { scoped } from './support/scope.js';
import { suite } from './support/suite.js';

const test = suite('priority');

for (const [name, mode] of [['level', 0], ['edge', EDGE], ['oneshot', ONESHOT], ['edge-oneshot', EDGE | ONESHOT]] as const) {
  test(`priority.1 ${name}: urgent data is reported, and normal data is not, where PRIORITY alone was asked for`, scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = tcpPair(scope);
    assert.is(poller.capabilities.priority, true);
    poller.add(a, mode | PRIORITY);
    expectNone(poller);
    sys.write(b, Buffer.from('x'));
    untilPolled(a, 1);
    expectNone(poller);
    descriptors.sendUrgent(b);
    expectEvents(poller, [a, PRIORITY]);
    if (mode === 0) expectEvents(poller, [a, PRIORITY]);
    else expectNone(poller);
    descriptors.receiveUrgent(a);
    poller.modify(a, mode | PRIORITY);
    expectNone(poller);
    descriptors.sendUrgent(b);
    expectEvents(poller, [a, PRIORITY]);
  }));

  test(`priority.2 ${name}: urgent and normal data are one event`, scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = tcpPair(scope);
    sys.write(b, Buffer.from('x'));
    descriptors.sendUrgent(b);
    untilPolled(a, POLLPRI);
    poller.add(a, mode | PRIORITY | READABLE);
    expectEvents(poller, [a, PRIORITY | READABLE]);
  }));
}

test('priority.3 urgent data is not reported where PRIORITY was not asked for', scoped((scope) => {
  const poller = scope.poller();
  const [a, b] = tcpPair(scope);
  descriptors.sendUrgent(b);
  untilPolled(a, POLLPRI);
  poller.add(a, READABLE);
  expectNone(poller);
}));
