import { readFileSync } from 'node:fs';
import { EDGE, EXCLUSIVE, HANGUP, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { expectEvents, expectNone, expectSystemError } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { untilQueued } from '../support/kinds.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('exclusive').unless(lackOf('exclusive'));

const EPOLLEXCLUSIVE = 0x10000000;

/** The event mask of a registration in the kernel. */
function kernelMask(poller: Poller, fd: number): number {
  const info = readFileSync(`/proc/self/fdinfo/${poller.fd}`, 'utf8');
  const mask = new RegExp(`^tfd:\\s*${fd} events:\\s*([0-9a-f]+)`, 'm').exec(info)?.[1];
  assert.ok(mask !== undefined, info);
  return parseInt(mask!, 16);
}

for (const [name, mode] of [
  ['level', 0],
  ['edge', EDGE],
] as const) {
  test(
    `poller:exclusive.1 ${name}: an exclusive registration delivers events as any other, and is exclusive in the kernel`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = scope.open.channel('pipe');
      assert.is(poller.capabilities.exclusive, true);
      poller.add(channel.reader, mode | EXCLUSIVE | READABLE, 'data');
      assert.is(kernelMask(poller, channel.reader) & EPOLLEXCLUSIVE, EPOLLEXCLUSIVE);
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE, 'data']);
      if (mode === 0) expectEvents(poller, [channel.reader, READABLE, 'data']);
      else expectNone(poller);
      poller.remove(channel.reader);
      expectNone(poller);
    }),
  );

  test(
    `poller:exclusive.2 ${name}: modify() changes the interest, re-arms, and keeps the registration exclusive`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = scope.open.channel('unix stream');
      channel.send();
      poller.add(channel.reader, EXCLUSIVE | READABLE, 'data');
      for (const interest of [WRITABLE, READABLE | WRITABLE, READABLE]) {
        poller.modify(channel.reader, mode | interest);
        assert.is(kernelMask(poller, channel.reader) & EPOLLEXCLUSIVE, EPOLLEXCLUSIVE);
        expectEvents(poller, [channel.reader, interest, 'data']);
        if (mode === 0) expectEvents(poller, [channel.reader, interest, 'data']);
        else expectNone(poller);
      }
      assert.is(poller.size, 1);
    }),
  );
}

test(
  'poller:exclusive.3 an exclusive registration can be paused, and is exclusive again when resumed',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = scope.open.stream();
    poller.add(a, EXCLUSIVE | READABLE, 'data');
    poller.modify(a, 0);
    sys.write(b, Buffer.from('x'));
    expectNone(poller);
    poller.modify(a, READABLE);
    assert.is(kernelMask(poller, a) & EPOLLEXCLUSIVE, EPOLLEXCLUSIVE);
    expectEvents(poller, [a, READABLE, 'data']);
    poller.modify(a, EDGE);
    scope.close(b);
    expectNone(poller);
    poller.modify(a, EDGE | READABLE);
    expectEvents(poller, [a, READABLE | READ_CLOSED | HANGUP, 'data']);
  }),
);

test(
  'poller:exclusive.4 a registration can be added paused and exclusive',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = scope.open.channel('pipe');
    channel.send();
    poller.add(channel.reader, EXCLUSIVE, 'data');
    expectNone(poller);
    poller.modify(channel.reader, READABLE);
    assert.is(kernelMask(poller, channel.reader) & EPOLLEXCLUSIVE, EPOLLEXCLUSIVE);
    expectEvents(poller, [channel.reader, READABLE, 'data']);
  }),
);

for (const [name, interest] of [
  ['ONESHOT', ONESHOT | READABLE],
  ['PRIORITY', PRIORITY],
  ['READ_CLOSED', READ_CLOSED],
] as const) {
  test(
    `poller:exclusive.5 modify() of an exclusive registration to ${name} is EINVAL, and changes nothing`,
    scoped((scope) => {
      const poller = scope.poller();
      const channel = scope.open.channel('pipe');
      poller.add(channel.reader, EXCLUSIVE | EDGE | READABLE, 'data');
      channel.send();
      expectEvents(poller, [channel.reader, READABLE, 'data']);
      expectSystemError(() => poller.modify(channel.reader, interest, 'other'), 'EINVAL', channel.reader);
      assert.equal([poller.size, poller.has(channel.reader)], [1, true]);
      expectNone(poller);
      channel.send();
      expectEvents(poller, [channel.reader, READABLE, 'data']);
    }),
  );
}

test(
  'poller:exclusive.6 remove() and add() without EXCLUSIVE make an ordinary registration',
  scoped((scope) => {
    const poller = scope.poller();
    const channel = scope.open.channel('pipe');
    channel.send();
    poller.add(channel.reader, EXCLUSIVE | READABLE);
    poller.remove(channel.reader);
    poller.add(channel.reader, READABLE);
    assert.is(kernelMask(poller, channel.reader) & EPOLLEXCLUSIVE, 0);
    poller.modify(channel.reader, ONESHOT | READABLE);
    expectEvents(poller, [channel.reader, READABLE]);
    expectNone(poller);
  }),
);

test(
  'poller:exclusive.7 of several pollers that watch a listener exclusively, at least one reports a connection',
  scoped((scope) => {
    const pollers = [scope.poller(), scope.poller(), scope.poller()];
    const { listener, address } = scope.open.listener();
    for (const poller of pollers) poller.add(listener, EXCLUSIVE | READABLE);
    for (const poller of pollers) expectNone(poller);
    sys.connect(scope.own(sys.socket('ipv4')), address);
    untilQueued(listener, 1);
    const heard = pollers.flatMap((poller) => [...poller.wait(0)].map(({ fd, readiness }) => [fd, readiness]));
    assert.ok(heard.length >= 1);
    for (const event of heard) assert.equal(event, [listener, READABLE]);
    scope.own(sys.accept(listener));
    for (const poller of pollers) expectNone(poller);
  }),
);

test(
  'poller:exclusive.8 a half-close is READABLE to an exclusive registration',
  scoped((scope) => {
    const poller = scope.poller();
    const [a, b] = scope.open.stream();
    poller.add(a, EXCLUSIVE | READABLE);
    sys.shutdown(b, 'write');
    expectEvents(poller, [a, READABLE]);
  }),
);

test(
  'poller:exclusive.9 modify() that the kernel refuses leaves a paused exclusive registration as it was',
  scoped((scope) => {
    const [inner, outer] = [scope.poller(), scope.poller()];
    outer.add(inner.fd, EXCLUSIVE, 'inner');
    inner.wake();
    for (let round = 0; round < 2; round++) {
      expectSystemError(() => outer.modify(inner.fd, READABLE, 'other'), 'EINVAL', inner.fd);
      assert.equal([outer.size, outer.has(inner.fd)], [1, true]);
      expectNone(outer);
    }
    outer.remove(inner.fd);
    outer.add(inner.fd, READABLE, 'again');
    expectEvents(outer, [inner.fd, READABLE, 'again']);
  }),
);
