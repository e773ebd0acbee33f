import { READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, untilPolled } from '../support/descriptors.js';
import { expectEvents, expectNone } from '../support/expect.js';
import { untilQueued } from '../support/kinds.js';
import { addressOf } from '../support/kit.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('connect');

function connectTo(scope: Scope, address: { host: string; port: number }): number {
  const fd = scope.own(sys.socket('ipv4'));
  sys.connect(fd, address);
  return fd;
}

test(
  'poller:connect.3 a connect that is under way is not reported, and its end is reported',
  scoped((scope) => {
    const poller = scope.poller();
    const listener = scope.own(sys.socket('ipv4'));
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener, 0);
    const address = addressOf(listener);
    connectTo(scope, address);
    untilQueued(listener, 1);
    const waiting = scope.own(sys.socket('ipv4'));
    assert.is(sys.connect(waiting, address), sys.WOULD_BLOCK);
    poller.add(waiting, READABLE | WRITABLE);
    expectNone(poller);
    untilPolled(listener, POLLIN);
    scope.own(sys.accept(listener));
    expectEvents(poller, [waiting, WRITABLE]);
  }),
);
