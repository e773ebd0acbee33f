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
    title: 'a descriptor is registered once, and reported when it becomes ready',
    promise:
      'After add() a descriptor counts as registered, is silent while it is idle, and is reported, with its number and its data, once it is ready.',
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
    title: 'what is ready at add() is reported by the next wait, in every mode',
    promise: 'A descriptor that is ready when it is added is reported by the next wait, whatever the mode.',
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
    title: 'a second add() is EEXIST, and the registration stays as it is',
    promise:
      'Adding a descriptor that is registered already fails with EEXIST and leaves interest, mode and data as they are.',
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
    title: 'a number that is not open is EBADF',
    promise: 'Adding a number that is not open fails with EBADF and registers nothing.',
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
    title: 'what cannot be waited for is EPERM',
    promise: 'Adding a regular file, a directory or /dev/null fails with EPERM and registers nothing.',
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
    title: 'a failed add() leaves other registrations alone',
    promise: 'An add() that fails changes nothing about any registration, and the poller goes on.',
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
    title: 'errors of the system have the form of node:fs',
    promise:
      'An error of the system has a negative errno, a code, the name of the system call and the descriptor, and its message begins with the code.',
    needs: [],
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
    title: 'a descriptor that is no number is a TypeError',
    promise: 'A descriptor of the wrong type is refused with ERR_INVALID_ARG_TYPE, before any system call.',
    needs: [],
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
    title: 'a descriptor that cannot be one is a RangeError',
    promise:
      'A number that cannot be a descriptor (negative, fractional, NaN, above 2³¹−1) is refused with ERR_OUT_OF_RANGE, before any system call.',
    needs: [],
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
    title: 'an interest that is no number is a TypeError',
    promise: 'An interest of the wrong type is refused with ERR_INVALID_ARG_TYPE and registers nothing.',
    needs: [],
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
    title: 'unknown bits, and bits that are only reported, are a RangeError',
    promise:
      'An interest with unknown bits, with HANGUP or with ERROR is refused with ERR_OUT_OF_RANGE and registers nothing.',
    needs: [],
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
    title: 'adding does not touch the flags of the file',
    promise: 'A registration leaves the non-blocking mode of the descriptor as it is.',
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
    title: 'a poller does not take itself',
    promise: 'Adding a poller to itself fails with EINVAL and registers nothing.',
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
    title: 'data comes back as the very value that was given',
    promise:
      'The data of an event is the value that add() was given, of whatever type, falsy ones and objects included.',
    needs: [],
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
    title: 'without data, events have undefined',
    promise: 'An event of a registration without data has data undefined.',
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
    title: 'each event has the data of its own registration',
    promise: 'With many registrations every event carries the number, readiness and data that belong together.',
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
    title: 'two pollers watch one descriptor without disturbing each other',
    promise:
      'Registering a descriptor in a second poller makes no event in the first, and each has its own interest and data.',
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
    title: 'a descriptor opened for reading and writing is one registration',
    promise: 'A FIFO that is opened for both directions is one registration that reports both in one event.',
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
    title: 'the errors of add(), modify() and remove() have one form, and the errno of their code',
    promise:
      'An error of the system that any of the three calls throws has the negative errno of its code, the name of a system call and the descriptor.',
    needs: [],
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
