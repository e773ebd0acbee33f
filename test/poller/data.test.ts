import { EDGE, ONESHOT, READABLE, attachPoller, share } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { expectEvents, thrownBy } from '../support/expect.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('data');

function readyChannel(scope: Scope): number {
  const channel = scope.open.channel('pipe');
  channel.send();
  return channel.reader;
}

test(
  'poller:data.1 any value comes back with every event as the same value',
  scoped((scope) => {
    const poller = scope.poller();
    const values: unknown[] = [
      {},
      [],
      () => 1,
      Symbol('data'),
      'text',
      '',
      0,
      -0,
      NaN,
      1n,
      true,
      false,
      null,
      undefined,
    ];
    const expected = new Map(
      values.map((value) => {
        const fd = readyChannel(scope);
        poller.add(fd, READABLE, value);
        return [fd, value];
      }),
    );
    for (let round = 0; round < 2; round++) {
      const batch = poller.wait(0);
      assert.is(batch.length, values.length);
      for (const { fd, data } of batch) assert.ok(Object.is(data, expected.get(fd)), `${fd}: ${String(data)}`);
      for (let index = 0; index < batch.length; index++) {
        assert.ok(Object.is(batch.dataAt(index), expected.get(batch.fdAt(index))));
      }
    }
  }),
);

test(
  'poller:data.2 modify() replaces the data of a registration, and keeps it when the argument is missing or undefined',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = readyChannel(scope);
    poller.add(fd, READABLE, 'first');
    expectEvents(poller, [fd, READABLE, 'first']);
    poller.modify(fd, EDGE | READABLE);
    expectEvents(poller, [fd, READABLE, 'first']);
    poller.modify(fd, READABLE, 'second');
    expectEvents(poller, [fd, READABLE, 'second']);
    poller.modify(fd, 0, undefined);
    poller.modify(fd, READABLE);
    expectEvents(poller, [fd, READABLE, 'second']);
    poller.modify(fd, READABLE, null);
    expectEvents(poller, [fd, READABLE, null]);
  }),
);

test(
  'poller:data.3 modify() gives data to a registration that had none',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = readyChannel(scope);
    poller.add(fd, READABLE);
    expectEvents(poller, [fd, READABLE, undefined]);
    poller.modify(fd, READABLE, 'late');
    expectEvents(poller, [fd, READABLE, 'late']);
  }),
);

test(
  'poller:data.4 a registration does not inherit the data of the one before it',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = readyChannel(scope);
    poller.add(fd, READABLE, 'first');
    poller.remove(fd);
    poller.add(fd, READABLE);
    expectEvents(poller, [fd, READABLE, undefined]);
    poller.modify(fd, ONESHOT | READABLE);
    expectEvents(poller, [fd, READABLE, undefined]);
  }),
);

test(
  'poller:data.5 refused calls change no data',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = readyChannel(scope);
    poller.add(fd, READABLE, 'first');
    for (const act of [
      () => poller.add(fd, READABLE, 'second'),
      () => poller.modify(fd, 0x40, 'second'),
      () => poller.remove(-1),
    ])
      thrownBy(act);
    expectEvents(poller, [fd, READABLE, 'first']);
  }),
);

test(
  'poller:data.6 two pollers keep data of their own for one descriptor',
  scoped((scope) => {
    const [first, second] = [scope.poller(), scope.poller()];
    const fd = readyChannel(scope);
    first.add(fd, READABLE, 'first');
    second.add(fd, READABLE, 'second');
    expectEvents(first, [fd, READABLE, 'first']);
    second.remove(fd);
    expectEvents(first, [fd, READABLE, 'first']);
  }),
);

test(
  'poller:data.7 a view has no data of a registration that was made through another view',
  scoped((scope) => {
    const first = scope.poller();
    const second = attachPoller(share(first));
    scope.atEnd(() => second.close());
    const fd = readyChannel(scope);
    first.add(fd, READABLE, 'first');
    expectEvents(second, [fd, READABLE, undefined]);
    second.remove(fd);
    second.add(fd, READABLE, 'second');
    expectEvents(first, [fd, READABLE, undefined]);
    expectEvents(second, [fd, READABLE, 'second']);
  }),
);

test(
  'poller:data.8 a view has no data of a registration that was ended through another view',
  scoped((scope) => {
    const first = scope.poller();
    const second = attachPoller(share(first));
    scope.atEnd(() => second.close());
    const fd = readyChannel(scope);
    first.add(fd, READABLE, 'first');
    const batch = first.wait(0);
    second.remove(fd);
    assert.equal([batch.length, batch.readinessAt(0), batch.dataAt(0)], [1, 0, undefined]);
    assert.equal([...batch], []);
  }),
);

/** Whether the object of `reference` is still alive after several garbage collections. */
async function survives(reference: WeakRef<object>, rounds: number): Promise<boolean> {
  for (let round = 0; round < rounds; round++) {
    // An object that deref() has returned lives until the end of the turn of the event loop.
    await new Promise(setImmediate);
    global.gc!();
    if (reference.deref() === undefined) return false;
  }
  return true;
}

const ENDINGS: Record<string, (poller: ReturnType<Scope['poller']>, fd: number, scope: Scope) => void> = {
  'remove()': (poller, fd) => poller.remove(fd),
  'close()': (poller) => poller.close(),
  'modify() with other data': (poller, fd) => poller.modify(fd, READABLE, 'other'),
  'a remove() that says EBADF': (poller, fd, scope) => {
    scope.close(fd);
    assert.is(thrownBy(() => poller.remove(fd)).code, 'EBADF');
  },
  'add() of the closed number without data': (poller, fd, scope) => {
    const other = scope.own(sys.dup(readyChannel(scope)));
    scope.close(fd);
    descriptors.dup2(other, scope.own(fd));
    poller.add(fd, READABLE);
  },
  'a modify() that says EBADF': (poller, fd, scope) => {
    scope.close(fd);
    assert.is(thrownBy(() => poller.modify(fd, READABLE)).code, 'EBADF');
  },
};

for (const [what, end] of Object.entries(ENDINGS)) {
  test(
    `poller:data.9 after ${what} the data of the registration can be collected as garbage`,
    scoped(async (scope) => {
      const poller = scope.poller();
      const register = (fd: number): WeakRef<object> => {
        const data = { fd };
        poller.add(fd, READABLE, data);
        return new WeakRef(data);
      };
      const fd = readyChannel(scope);
      const reference = register(fd);
      assert.is(poller.wait(0).length, 1);
      assert.is(await survives(reference, 3), true);
      end(poller, fd, scope);
      assert.is(await survives(reference, 20), false);
    }),
  );
}
