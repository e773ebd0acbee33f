import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { EDGE, ERROR, HANGUP, READABLE, WRITABLE } from '../../interest.js';
import * as sys from '../../sys.js';
import type { Clause } from '../kit/clause.js';
import { modesOf, product } from '../kit/modes.js';
import { KINDS } from '../kit/kinds.js';
import { send } from '../kit/transfer.js';

export const registerClauses: readonly Clause[] = [
  {
    id: 'register.1',
    title: 'add() registers a descriptor, which is reported once it is ready',
    promise:
      'After add() the descriptor counts in size and has(). It is not reported while it is idle, and is reported with its number and data once it is ready.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [reader, writer] = open.pipe();
      expect.equal([poller.size, poller.has(reader)], [0, false], 'before add(): size, has()');
      poller.add(reader, READABLE, 'data');
      expect.equal([poller.size, poller.has(reader), poller.has(writer)], [1, true, false], 'after add(): size, has()');
      expect.none(poller);
      send(writer);
      expect.events(poller, [reader, READABLE, 'data']);
    },
  },
  {
    id: 'register.2',
    title: 'a descriptor that is ready at add() is reported by the next wait in every mode',
    promise: 'A descriptor that is ready when it is added is reported by the next wait, in every mode.',
    needs: [],
    run({ open, expect, each, environment }) {
      each(product(KINDS, modesOf(environment.capabilities)), ([kind, { mode }]) => {
        const poller = open.poller();
        const channel = open.channel(kind);
        channel.send();
        poller.add(channel.reader, mode | READABLE);
        expect.events(poller, [channel.reader, READABLE]);
      });
    },
  },
  {
    id: 'register.3',
    title: 'a second add() of a descriptor fails with EEXIST and changes nothing',
    promise:
      'add() of a descriptor that is already registered fails with EEXIST and leaves the interest, mode and data of the registration as they are.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = open.stream();
      poller.add(a, READABLE, 'first');
      expect.fails(() => poller.add(a, WRITABLE, 'second'), 'EEXIST');
      expect.equal(poller.size, 1, 'size');
      expect.none(poller);
      send(b);
      expect.events(poller, [a, READABLE, 'first']);
    },
  },
  {
    id: 'register.4',
    title: 'add() of a number that is not open fails with EBADF',
    promise: 'add() of a number that is not open fails with EBADF and registers nothing.',
    needs: [],
    run({ open, expect, each }) {
      each([(): number => open.unusedNumber(), (): number => 1_000_000], (number) => {
        const poller = open.poller();
        const fd = number();
        expect.fails(() => poller.add(fd, READABLE), 'EBADF');
        expect.equal([poller.size, poller.has(fd)], [0, false], 'size, has()');
        expect.none(poller);
      });
    },
  },
  {
    id: 'register.5',
    title: 'add() of a regular file, a directory or /dev/null fails with EPERM',
    promise: 'add() of a regular file, a directory or /dev/null fails with EPERM and registers nothing.',
    needs: [],
    run({ open, expect, each }) {
      each(
        [
          { name: 'a regular file', path: __filename },
          { name: 'a directory', path: __dirname },
          { name: '/dev/null', path: '/dev/null' },
        ],
        ({ path }) => {
          const poller = open.poller();
          const fd = open.file(path);
          expect.fails(() => poller.add(fd, READABLE), 'EPERM');
          expect.equal([poller.size, poller.has(fd)], [0, false], 'size, has()');
        },
      );
    },
  },
  {
    id: 'register.6',
    title: 'a failed add() leaves other registrations as they are',
    promise: 'When add() fails, all registrations stay as they are and the poller continues to work.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const reader = open.readyPipe();
      poller.add(reader, READABLE, 'kept');
      const file = open.file(__filename);
      for (let round = 0; round < 3; round++) {
        expect.fails(() => poller.add(file, READABLE), 'EPERM');
        expect.fails(() => poller.add(open.unusedNumber(), READABLE), 'EBADF');
        expect.fails(() => poller.add(reader, READABLE), 'EEXIST');
        expect.events(poller, [reader, READABLE, 'kept']);
      }
      expect.equal(poller.size, 1, 'size');
    },
  },
  {
    id: 'register.7',
    title: 'an error of the system has errno, code, syscall and fd',
    promise:
      'An error of the system has a negative errno, a code, the name of the system call and the descriptor, as the errors of node:fs do. Its message begins with the code.',
    needs: ['javascript'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.readyPipe();
      poller.add(fd, READABLE);
      const error = expect.fails(() => poller.add(fd, READABLE), 'EEXIST');
      expect.equal(
        [typeof error.errno, typeof error.syscall, error.fd],
        ['number', 'string', fd],
        'errno, syscall, fd',
      );
      expect.ok((error.errno as number) < 0, `errno is ${String(error.errno)}`);
      expect.ok(error.message.startsWith('EEXIST: '), `the message is "${error.message}"`);
    },
  },
  {
    id: 'register.8',
    title: 'add() of a descriptor that is no number throws a TypeError',
    promise: 'add() throws ERR_INVALID_ARG_TYPE, before any system call, when the descriptor is no number.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([undefined, null, '5', 5n, {}, [5], true], (fd) => {
        expect.refuses(() => poller.add(fd as number, READABLE), TypeError, 'ERR_INVALID_ARG_TYPE');
        expect.equal(poller.size, 0, 'size');
      });
    },
  },
  {
    id: 'register.9',
    title: 'add() of a number that cannot be a descriptor throws a RangeError',
    promise:
      'add() throws ERR_OUT_OF_RANGE, before any system call, when the number is negative, fractional, NaN or above 2³¹−1.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      each([-1, 0.5, NaN, Infinity, 2 ** 31, 2 ** 32, -(2 ** 31)], (fd) => {
        expect.refuses(() => poller.add(fd, READABLE), RangeError, 'ERR_OUT_OF_RANGE');
        expect.equal(poller.size, 0, 'size');
      });
    },
  },
  {
    id: 'register.10',
    title: 'add() with an interest that is no number throws a TypeError',
    promise: 'add() throws ERR_INVALID_ARG_TYPE and registers nothing when the interest is no number.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      each([undefined, null, '1', 1n, {}, true], (interest) => {
        expect.refuses(() => poller.add(reader, interest as number), TypeError, 'ERR_INVALID_ARG_TYPE');
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      });
    },
  },
  {
    id: 'register.11',
    title: 'add() with HANGUP, ERROR or an unknown bit in the interest throws a RangeError',
    promise:
      'add() throws ERR_OUT_OF_RANGE and registers nothing when the interest contains HANGUP, ERROR or an unknown bit.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      const [reader] = open.pipe();
      each([HANGUP, ERROR, READABLE | HANGUP, 0x40, 0x800, 0x4000_0000, -1, 0.5, NaN, 2 ** 40], (interest) => {
        expect.refuses(() => poller.add(reader, interest), RangeError, 'ERR_OUT_OF_RANGE');
        expect.equal([poller.size, poller.has(reader)], [0, false], 'size, has()');
      });
    },
  },
  {
    id: 'register.12',
    title: 'add() leaves the non-blocking flag of the descriptor as it is',
    promise: 'A registration does not change whether the descriptor is blocking or non-blocking.',
    needs: [],
    run({ open, expect, each }) {
      each([true, false], (on) => {
        const poller = open.poller();
        const [reader] = open.pipe();
        sys.setNonBlocking(reader, on);
        poller.add(reader, READABLE);
        poller.modify(reader, 0);
        expect.none(poller);
        poller.remove(reader);
        expect.equal(sys.isNonBlocking(reader), on, 'non-blocking');
      });
    },
  },
  {
    id: 'register.13',
    title: 'add() of a poller to itself fails with EINVAL',
    promise: "add() of the poller's own descriptor fails with EINVAL and registers nothing.",
    needs: ['nested'],
    run({ open, expect }) {
      const poller = open.poller();
      expect.fails(() => poller.add(poller.fd, READABLE), 'EINVAL');
      expect.equal([poller.size, poller.has(poller.fd)], [0, false], 'size, has()');
      expect.none(poller);
    },
  },
  {
    id: 'register.14',
    title: 'an event carries the same data value that add() was given',
    promise:
      'The data of an event is identical to the value that add() was given, whatever its type; falsy values and objects are no exception.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const object = { some: 'thing' };
      each([0, '', false, null, NaN, 7n, Symbol.for('data'), object, () => object], (data) => {
        const poller = open.poller();
        const reader = open.readyPipe();
        poller.add(reader, READABLE, data);
        const batch = poller.wait(0);
        expect.equal(batch.length, 1, 'length');
        expect.ok(Object.is(batch.dataAt(0), data), `dataAt(0) is ${String(batch.dataAt(0))}`);
        for (const event of batch) expect.ok(Object.is(event.data, data), `data is ${String(event.data)}`);
      });
    },
  },
  {
    id: 'register.15',
    title: 'an event of a registration without data has data undefined',
    promise: 'The data of an event is undefined when the registration was made without data.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const [a, b] = [open.readyPipe(), open.readyPipe()];
      poller.add(a, READABLE);
      poller.add(b, READABLE, 'b');
      expect.events(poller, [a, READABLE, undefined], [b, READABLE, 'b']);
    },
  },
  {
    id: 'register.16',
    title: 'each of many events carries the data of its own registration',
    promise:
      'With many registrations, each event carries the number, readiness and data of one and the same registration.',
    needs: [],
    run({ open, expect }) {
      const poller = open.poller();
      const readers = open.readyPipes(20);
      const [a] = open.stream();
      for (const fd of readers) poller.add(fd, READABLE, `data ${fd}`);
      poller.add(a, READABLE | WRITABLE, 'a socket');
      expect.events(poller, [a, WRITABLE, 'a socket'], ...readers.map((fd) => [fd, READABLE, `data ${fd}`] as const));
    },
  },
  {
    id: 'register.17',
    title: 'two pollers that watch one descriptor do not disturb each other',
    promise:
      'Registering a descriptor in a second poller causes no event in the first one. Each poller has its own interest and data for the descriptor.',
    needs: ['edge'],
    run({ open, expect }) {
      const [first, second] = [open.poller(), open.poller()];
      const [a, b] = open.stream();
      send(b);
      first.add(a, EDGE | READABLE, 'first');
      expect.events(first, [a, READABLE, 'first']);
      second.add(a, READABLE | WRITABLE, 'second');
      expect.none(first);
      expect.events(second, [a, READABLE | WRITABLE, 'second']);
      second.modify(a, WRITABLE);
      second.remove(a);
      expect.none(first);
      expect.equal([first.size, second.size], [1, 0], 'sizes');
    },
  },
  {
    id: 'register.18',
    title: 'a FIFO opened for reading and writing reports both directions in one event',
    promise:
      'A FIFO that is opened for both directions is one registration, which reports both directions in one event.',
    needs: ['linux', 'fifoWriters'],
    run({ open, expect }) {
      const poller = open.poller();
      const fd = open.file(open.fifoPath(), constants.O_RDWR | constants.O_NONBLOCK);
      poller.add(fd, READABLE | WRITABLE);
      expect.events(poller, [fd, WRITABLE]);
      send(fd);
      expect.events(poller, [fd, READABLE | WRITABLE]);
    },
  },
  {
    id: 'register.19',
    title: 'errors of add(), modify() and remove() have errno, code, syscall and fd',
    promise:
      'An error of the system from add(), modify() or remove() has the negative errno of its code, the name of a system call and the descriptor.',
    needs: ['javascript'],
    run({ open, expect, each }) {
      const poller = open.poller();
      const [registered, other] = open.pipe();
      poller.add(registered, READABLE);
      const closed = open.unusedNumber();
      each(
        [
          { name: 'add() again', fd: registered, code: 'EEXIST', act: () => poller.add(registered, READABLE) },
          { name: 'add()', fd: closed, code: 'EBADF', act: () => poller.add(closed, READABLE) },
          { name: 'modify() of the unknown', fd: other, code: 'ENOENT', act: () => poller.modify(other, WRITABLE) },
          { name: 'modify()', fd: closed, code: 'EBADF', act: () => poller.modify(closed, READABLE) },
          { name: 'remove() of the unknown', fd: other, code: 'ENOENT', act: () => poller.remove(other) },
          { name: 'remove()', fd: closed, code: 'EBADF', act: () => poller.remove(closed) },
        ] as const,
        ({ fd, code, act }) => {
          const { errno, syscall, fd: from, message } = expect.fails(act, code);
          expect.equal([errno, from], [-os.errno[code], fd], 'errno, fd');
          expect.ok(typeof syscall === 'string' && syscall !== '', `syscall is ${String(syscall)}`);
          expect.ok(message.startsWith(`${code}: `), `the message is "${message}"`);
        },
      );
    },
  },
];
