import { constants } from 'node:fs';
import {
  EDGE,
  ERROR,
  EXCLUSIVE,
  HANGUP,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  WRITABLE,
  attachPoller,
  backends,
  createPoller,
  share,
  type Poller,
} from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import {
  expectBatch,
  expectEvents,
  expectNone,
  expectRefusal,
  expectSystemError,
  thrownBy,
} from '../support/expect.js';
import { SYSCALLS } from '../support/facts.js';
import { writeLater } from '../support/later.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('arguments', { sanitized: ['epoll'] });

const NOT_NUMBERS: unknown[] = [undefined, null, '3', true, 3n, {}, [3], Symbol('3'), () => 3];
const NOT_DESCRIPTORS = [-1, 1.5, 2 ** 31, -(2 ** 31), 2 ** 32, NaN, Infinity, -Infinity];

function title(value: unknown): string {
  return typeof value === 'string'
    ? `'${value}'`
    : typeof value === 'bigint'
      ? `${value}n`
      : Array.isArray(value)
        ? '[3]'
        : String(value);
}

/** A poller with one live registration, and a check that a refused call has not touched it. */
function livePoller(scope: Scope): { poller: Poller; fd: number; expectUnharmed(): void } {
  const poller = scope.poller();
  const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
  poller.add(reader, READABLE, 'live');
  const buffer = Buffer.alloc(1);
  const expectUnharmed = (): void => {
    assert.is(poller.size, 1);
    assert.is(poller.closed, false);
    assert.is(poller.has(reader), true);
    expectNone(poller);
    sys.write(writer, buffer);
    expectEvents(poller, [reader, READABLE, 'live']);
    sys.read(reader, buffer);
    expectNone(poller);
  };
  return { poller, fd: reader, expectUnharmed };
}

/** The four calls that take a descriptor. */
const CALLS: Record<string, (poller: Poller, fd: number) => unknown> = {
  add: (poller, fd) => poller.add(fd, READABLE),
  modify: (poller, fd) => poller.modify(fd, READABLE),
  remove: (poller, fd) => poller.remove(fd),
  has: (poller, fd) => poller.has(fd),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(
    `poller:arguments.1 ${name}() refuses a descriptor that is no number`,
    scoped((scope) => {
      const { poller, expectUnharmed } = livePoller(scope);
      for (const value of NOT_NUMBERS) {
        expectRefusal(() => call(poller, value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      }
      expectUnharmed();
    }),
  );

  test(
    `poller:arguments.2 ${name}() refuses a number that cannot be a descriptor`,
    scoped((scope) => {
      const { poller, expectUnharmed } = livePoller(scope);
      for (const value of NOT_DESCRIPTORS) {
        expectRefusal(() => call(poller, value), RangeError, 'ERR_OUT_OF_RANGE');
      }
      expectUnharmed();
    }),
  );
}

for (const name of ['add', 'modify', 'remove']) {
  const call = CALLS[name]!;
  for (const [which, make] of Object.entries<(scope: Scope) => number>({
    'a closed descriptor': (scope) => {
      const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      scope.close(reader);
      return reader;
    },
    'the highest number there is': () => 2 ** 31 - 1,
  })) {
    test(
      `poller:arguments.3 ${name}() of ${which} is EBADF`,
      scoped((scope) => {
        const { poller, expectUnharmed } = livePoller(scope);
        const fd = make(scope);
        expectSystemError(() => call(poller, fd), 'EBADF', fd);
        assert.is(poller.has(fd), false);
        expectUnharmed();
      }),
    );
  }
}

for (const [which, path] of [
  ['regular file', __filename],
  ['directory', __dirname],
  ['/dev/null', '/dev/null'],
] as const) {
  test(
    `poller:arguments.4 add() of a descriptor that cannot be polled is EPERM: ${which}`,
    scoped((scope) => {
      const { poller, expectUnharmed } = livePoller(scope);
      const fd = scope.own(descriptors.openFile(path, constants.O_RDONLY));
      for (const interest of [READABLE, WRITABLE, EDGE | READABLE, ONESHOT | READABLE, 0]) {
        expectSystemError(() => poller.add(fd, interest), 'EPERM', fd);
      }
      assert.is(poller.has(fd), false);
      expectUnharmed();
    }),
  );
}

test(
  'poller:arguments.5 add() of a registered descriptor is EEXIST, and its interest, mode and data stay',
  scoped((scope) => {
    const { poller, fd, expectUnharmed } = livePoller(scope);
    expectSystemError(() => poller.add(fd, WRITABLE | ONESHOT, 'other'), 'EEXIST', fd);
    expectUnharmed();
  }),
);

for (const name of ['modify', 'remove']) {
  test(
    `poller:arguments.6 ${name}() of a descriptor that was never registered, or is no longer, is ENOENT`,
    scoped((scope) => {
      const { poller, expectUnharmed } = livePoller(scope);
      const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      expectSystemError(() => CALLS[name]!(poller, reader), 'ENOENT', reader);
      poller.add(reader, READABLE);
      poller.remove(reader);
      expectSystemError(() => CALLS[name]!(poller, reader), 'ENOENT', reader);
      assert.is(poller.has(reader), false);
      expectUnharmed();
    }),
  );
}

test(
  'poller:arguments.7 add() of the poller to itself is EINVAL',
  scoped((scope) => {
    const { poller, expectUnharmed } = livePoller(scope);
    expectSystemError(() => poller.add(poller.fd, READABLE), 'EINVAL', poller.fd);
    expectUnharmed();
  }),
);

for (const length of [2, 3, 5]) {
  test(
    `poller:arguments.8 add() that would make ${length} pollers watch each other in a circle is ELOOP`,
    scoped((scope) => {
      const { poller, expectUnharmed } = livePoller(scope);
      const chain = [poller];
      while (chain.length < length) {
        const outer = scope.poller();
        outer.add(chain[chain.length - 1]!.fd, READABLE);
        chain.push(outer);
      }
      const last = chain[length - 1]!.fd;
      expectSystemError(() => poller.add(last, READABLE), 'ELOOP', last);
      expectUnharmed();
    }),
  );
}

test(
  'poller:arguments.9 add() that would nest pollers too deeply is ELOOP, and one level less works',
  scoped((scope) => {
    const { poller, expectUnharmed } = livePoller(scope);
    let top = poller;
    let error: ReturnType<typeof thrownBy> | undefined;
    let depth = 1;
    while (error === undefined && depth < 100) {
      const outer = scope.poller();
      try {
        outer.add(top.fd, READABLE);
        top = outer;
        depth++;
      } catch (thrown) {
        error = thrown as ReturnType<typeof thrownBy>;
        assert.is(outer.size, 0);
      }
    }
    assert.is(depth, 5);
    assert.equal([error?.code, error?.fd], ['ELOOP', top.fd]);
    expectNone(top);
    expectUnharmed();
  }),
);

const BAD_INTERESTS: ReadonlyArray<readonly [string, number]> = [
  ['HANGUP', HANGUP],
  ['ERROR', ERROR],
  ['READABLE|HANGUP', READABLE | HANGUP],
  ['READABLE|ERROR', READABLE | ERROR],
  ['0x40', 0x40],
  ['0x80', READABLE | 0x80],
  ['0x800', READABLE | 0x800],
  ['0x40000000', 0x40000000],
  ['1.5', 1.5],
  ['-1', -1],
  ['2³²+1', 2 ** 32 + 1],
  ['NaN', NaN],
  ['Infinity', Infinity],
];
const BAD_EXCLUSIVE: ReadonlyArray<readonly [string, number]> = [
  ['EXCLUSIVE|ONESHOT', READABLE | EXCLUSIVE | ONESHOT],
  ['EXCLUSIVE|PRIORITY', PRIORITY | EXCLUSIVE],
  ['EXCLUSIVE|READ_CLOSED', READ_CLOSED | EXCLUSIVE],
];

for (const name of ['add', 'modify'] as const) {
  test(
    `poller:arguments.10 ${name}() refuses an interest that is no number`,
    scoped((scope) => {
      const { poller, fd, expectUnharmed } = livePoller(scope);
      for (const value of NOT_NUMBERS) {
        expectRefusal(() => poller[name](fd, value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      }
      expectUnharmed();
    }),
  );

  for (const [which, interest] of [...BAD_INTERESTS, ...BAD_EXCLUSIVE]) {
    test(
      `poller:arguments.11 ${name}() refuses the interest ${which}`,
      scoped((scope) => {
        const { poller, fd, expectUnharmed } = livePoller(scope);
        const other = name === 'add' ? scope.own(sys.pipe()[0]) : fd;
        expectRefusal(() => poller[name](other, interest, 'other'), RangeError, 'ERR_OUT_OF_RANGE');
        expectUnharmed();
      }),
    );
  }
}

test(
  'poller:arguments.12 modify() refuses EXCLUSIVE',
  scoped((scope) => {
    const { poller, fd, expectUnharmed } = livePoller(scope);
    expectRefusal(() => poller.modify(fd, READABLE | EXCLUSIVE), RangeError, 'ERR_OUT_OF_RANGE');
    expectUnharmed();
  }),
);

test(
  'poller:arguments.13 arguments are checked before the descriptor is',
  scoped((scope) => {
    const { poller, expectUnharmed } = livePoller(scope);
    expectRefusal(() => poller.add(2 ** 31 - 1, HANGUP), RangeError, 'ERR_OUT_OF_RANGE');
    expectRefusal(() => poller.add(2 ** 31 - 1, '1' as unknown as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    expectRefusal(() => poller.modify(2 ** 31 - 1, EXCLUSIVE), RangeError, 'ERR_OUT_OF_RANGE');
    expectUnharmed();
  }),
);

for (const capacity of [0, -1, 65537, 1.5, NaN, Infinity]) {
  test(`poller:arguments.14 createPoller() refuses the capacity ${capacity}`, () => {
    expectRefusal(() => createPoller({ capacity }), RangeError, 'ERR_OUT_OF_RANGE');
  });
}

for (const value of ['1', null, true, 1n, {}] as unknown[]) {
  test(`poller:arguments.15 createPoller() refuses a capacity that is no number: ${title(value)}`, () => {
    expectRefusal(() => createPoller({ capacity: value as number }), TypeError, 'ERR_INVALID_ARG_TYPE');
  });
}

for (const value of [null, 'epoll', 3, true] as unknown[]) {
  test(`poller:arguments.16 createPoller() refuses options that are no object: ${title(value)}`, () => {
    expectRefusal(() => createPoller(value as object), TypeError, 'ERR_INVALID_ARG_TYPE');
  });
}

test('poller:arguments.17 createPoller() refuses a name that is no backend, and one that is no string', () => {
  for (const name of ['', 'EPOLL', 'poll', 'io_uring', 'constructor']) {
    expectRefusal(() => createPoller({ backend: name as 'auto' }), TypeError, 'ERR_INVALID_ARG_VALUE');
  }
  for (const value of [null, 1, {}] as unknown[]) {
    expectRefusal(() => createPoller({ backend: value as 'auto' }), TypeError, 'ERR_INVALID_ARG_TYPE');
  }
});

test('poller:arguments.18 createPoller() of a backend that this build lacks is ERR_NOT_SUPPORTED', () => {
  const [present] = backends();
  const absent = present === 'epoll' ? 'kqueue' : 'epoll';
  const error = thrownBy(() => createPoller({ backend: absent }));
  assert.equal([error.name, error.code], ['Error', 'ERR_NOT_SUPPORTED']);
  assert.ok(error.message.includes(absent), error.message);
});

test(
  'poller:arguments.19 backends() names what createPoller() opens, and auto is the first',
  scoped((scope) => {
    assert.equal(backends().length, 1);
    for (const backend of ['auto', undefined, ...backends()] as const) {
      const poller = scope.poller(backend === undefined ? {} : { backend });
      assert.is(poller.backend, backends()[0]);
    }
    assert.is(scope.poller().backend, backends()[0]);
  }),
);

test(
  'poller:arguments.20 wait() refuses a timeout that is no number, and NaN',
  scoped((scope) => {
    const { poller, expectUnharmed } = livePoller(scope);
    for (const value of NOT_NUMBERS.slice(1)) {
      expectRefusal(() => poller.wait(value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
    }
    expectRefusal(() => poller.wait(NaN), RangeError, 'ERR_OUT_OF_RANGE');
    expectUnharmed();
  }),
);

test(
  'poller:arguments.21 an index that is no event of the batch is refused',
  scoped((scope) => {
    const poller = scope.poller();
    const [, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(writer, WRITABLE);
    const batch = poller.wait(0);
    assert.is(batch.length, 1);
    for (const accessor of ['fdAt', 'readinessAt', 'dataAt'] as const) {
      for (const index of [1, 1024, -1, 0.5, NaN, Infinity, 2 ** 32, -(2 ** 32)]) {
        expectRefusal(() => batch[accessor](index), RangeError, 'ERR_OUT_OF_RANGE');
      }
      for (const value of ['0', undefined, null, 0n, true, {}, Symbol('0')] as unknown[]) {
        expectRefusal(() => batch[accessor](value as number), TypeError, 'ERR_INVALID_ARG_TYPE');
      }
    }
    assert.is(batch.fdAt(0), writer);
    poller.modify(writer, 0);
    const empty = poller.wait(0);
    assert.is(empty.length, 0);
    expectRefusal(() => empty.fdAt(0), RangeError, 'ERR_OUT_OF_RANGE');
  }),
);

test(
  'poller:arguments.22 a system error has the message, errno, code, syscall and fd of node:fs, the fd in the message too',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = scope.own(sys.pipe()[0]);
    scope.close(fd);
    const error = thrownBy(() => poller.add(fd, READABLE));
    assert.is(error.constructor, Error);
    assert.is(error.message, `EBADF: bad file descriptor, ${SYSCALLS.change} (fd ${fd})`);
    assert.equal({ ...error }, { errno: -9, code: 'EBADF', syscall: SYSCALLS.change, fd });
  }),
);

test(
  'poller:arguments.23 a refused argument is named in the message, and the code in the stack',
  scoped((scope) => {
    const poller = scope.poller();
    const type = thrownBy(() => poller.add('3' as unknown as number, READABLE));
    assert.is(type.message, 'The "fd" argument must be of type number. Received type string (\'3\')');
    assert.match(type.stack!, /^TypeError \[ERR_INVALID_ARG_TYPE\]: The "fd"/);
    const range = thrownBy(() => poller.add(-1, READABLE));
    assert.is(
      range.message,
      'The value of "fd" is out of range. It must be an integer >= 0 && <= 2147483647. Received -1',
    );
    assert.match(range.stack!, /^RangeError \[ERR_OUT_OF_RANGE\]: The value of "fd"/);
  }),
);

test(
  'poller:arguments.24 every method but close() throws ERR_POLLER_CLOSED after close()',
  scoped((scope) => {
    const poller = scope.poller();
    const handle = share(poller);
    const [reader] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    poller.add(reader, READABLE);
    poller.close();
    const calls = [
      () => poller.add(reader, READABLE),
      () => poller.add(-1, READABLE),
      () => poller.modify(reader, READABLE),
      () => poller.remove(reader),
      () => poller.has(reader),
      () => poller.wait(0),
      () => poller.wait(NaN),
      () => poller.wake(),
      () => share(poller),
      () => attachPoller(handle),
    ];
    for (const call of calls) expectRefusal(call, Error, 'ERR_POLLER_CLOSED');
    assert.equal([poller.closed, poller.size, poller.fd], [true, 0, -1]);
    poller.close();
  }),
);

for (const timeoutMs of [10 ** 200, Number.MAX_VALUE, 2 ** 63, Infinity, -1, -0.5, -Infinity, undefined]) {
  test(
    `poller:arguments.25 the timeout ${timeoutMs} waits until an event comes`,
    scoped(async (scope) => {
      const poller = scope.poller();
      const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
      poller.add(reader, READABLE);
      const delayMs = 30;
      const later = await writeLater(scope, writer, delayMs);
      const start = performance.now();
      later.start();
      expectBatch(poller.wait(timeoutMs), [reader, READABLE]);
      assert.ok(performance.now() - start >= delayMs);
      await later.ended;
    }),
  );
}

test(
  'poller:arguments.26 the errors of a registration explain their code',
  scoped((scope) => {
    const { poller, fd } = livePoller(scope);
    const folder = scope.own(descriptors.openFile(__dirname, constants.O_RDONLY));
    const [other] = sys.pipe().map((end) => scope.own(end)) as [number];
    const acts = [() => poller.add(folder, READABLE), () => poller.add(fd, READABLE), () => poller.remove(other)];
    assert.equal(
      acts.map((act) => thrownBy(act).message),
      [
        `EPERM: a file of this kind cannot be waited for, ${SYSCALLS.change} (fd ${folder})`,
        `EEXIST: registered already, ${SYSCALLS.change} (fd ${fd})`,
        `ENOENT: not registered, ${SYSCALLS.change} (fd ${other})`,
      ],
    );
  }),
);
