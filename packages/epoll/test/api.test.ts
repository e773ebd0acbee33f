import { constants, devNull } from 'node:os';
import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Recorder } from './support/recorder.js';

const test = suite('pollux-epoll');

function pipe(scope: Scope): [reader: number, writer: number] {
  const [reader, writer] = sys.pipe();
  return [scope.own(reader), scope.own(writer)];
}

const CLOSED = 9999;

interface Thrown {
  readonly message: string;
  readonly code?: string;
  readonly errno?: number;
}

function thrownBy(act: () => unknown): Thrown {
  try {
    act();
  } catch (error) {
    return error as Thrown;
  }
  throw new Error('nothing was thrown');
}

test(
  'epoll:api.1 the callback is told null, the descriptor and its events, over and over while they hold',
  scoped(async (scope) => {
    const [reader, writer] = pipe(scope);
    const recorder = new Recorder(scope);
    recorder.epoll.add(reader, Epoll.EPOLLIN);
    await recorder.expectNone();
    sys.write(writer, Buffer.from('x'));
    await recorder.until(3);
    for (const call of recorder.take()) assert.equal(call, [null, reader, Epoll.EPOLLIN]);
    sys.read(reader, Buffer.alloc(1));
    await recorder.expectNone();
  }),
);

test(
  'epoll:api.2 add, modify and remove return the instance, close returns null, and closed says whether it was called',
  scoped((scope) => {
    const [reader] = pipe(scope);
    const epoll = new Epoll(() => undefined);
    assert.is(epoll.closed, false);
    assert.is(epoll.add(reader, Epoll.EPOLLIN).modify(reader, Epoll.EPOLLRDHUP).remove(reader), epoll);
    assert.is(epoll.close(), null);
    assert.is(epoll.closed, true);
  }),
);

test('epoll:api.3 the constants are those of the kernel', () => {
  assert.equal(
    [Epoll.EPOLLIN, Epoll.EPOLLPRI, Epoll.EPOLLOUT, Epoll.EPOLLERR, Epoll.EPOLLHUP, Epoll.EPOLLRDHUP],
    [1, 2, 4, 8, 16, 0x2000],
  );
  assert.equal([Epoll.EPOLLONESHOT, Epoll.EPOLLET], [2 ** 30, 2 ** 31]);
});

test(
  'epoll:api.4 the error of the kernel has the message of the original, and a code',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const file = scope.own(sys.open(__filename));
    const folder = scope.own(sys.open(__dirname));
    const nothing = scope.own(sys.open(devNull));
    const epoll = new Epoll(() => undefined);
    scope.atEnd(() => epoll.close());
    epoll.add(reader, Epoll.EPOLLIN);
    for (const [code, message, act] of [
      ['EBADF', 'Bad file descriptor', () => epoll.add(-1, Epoll.EPOLLIN)],
      ['EBADF', 'Bad file descriptor', () => epoll.add(CLOSED, Epoll.EPOLLIN)],
      ['EBADF', 'Bad file descriptor', () => epoll.modify(CLOSED, Epoll.EPOLLIN)],
      ['EBADF', 'Bad file descriptor', () => epoll.remove(CLOSED)],
      ['EBADF', 'Bad file descriptor', () => epoll.remove(-1)],
      ['EPERM', 'Operation not permitted', () => epoll.add(file, Epoll.EPOLLIN)],
      ['EPERM', 'Operation not permitted', () => epoll.add(folder, Epoll.EPOLLIN)],
      ['EPERM', 'Operation not permitted', () => epoll.add(nothing, Epoll.EPOLLIN)],
      ['ENOENT', 'No such file or directory', () => epoll.modify(writer, Epoll.EPOLLOUT)],
      ['ENOENT', 'No such file or directory', () => epoll.remove(writer)],
      ['EEXIST', 'File exists', () => epoll.add(reader, Epoll.EPOLLIN)],
    ] as const) {
      const thrown = thrownBy(act);
      assert.equal([thrown.message, thrown.code, thrown.errno], [message, code, -constants.errno[code]]);
    }
  }),
);

test(
  'epoll:api.5 wrong arguments, and calls after close, throw the messages of the original and change nothing',
  scoped((scope) => {
    const [reader] = pipe(scope);
    const epoll = new Epoll(() => undefined);
    const loose = epoll as unknown as Record<'add' | 'modify' | 'remove', (...args: unknown[]) => void>;
    const LooseEpoll = Epoll as unknown as new (callback?: unknown) => Epoll;
    assert.is(thrownBy(() => new LooseEpoll()).message, 'First argument to construtor must be a callback');
    assert.is(thrownBy(() => new LooseEpoll({})).message, 'First argument to construtor must be a callback');
    for (const method of ['add', 'modify'] as const)
      for (const args of [[], [reader], ['1', 1], [1.5, 1], [Number.NaN, 1], [2 ** 31, 1], [reader, '1']])
        assert.is(
          thrownBy(() => loose[method](...args)).message,
          `incorrect arguments passed to ${method}(int fd, int events)`,
        );
    for (const args of [[], ['1'], [1.5]])
      assert.is(thrownBy(() => loose.remove(...args)).message, 'incorrect arguments passed to remove(int fd)');
    epoll.add(reader, Epoll.EPOLLIN).close();
    for (const method of ['add', 'modify', 'remove'] as const)
      assert.is(thrownBy(() => loose[method](reader, 1)).message, `${method} can't be called after calling close`);
    assert.is(thrownBy(() => epoll.close()).message, "close can't be called more than once");
  }),
);

test(
  'epoll:api.6 a descriptor is registered once for all instances, and its callback is that of the instance that added it',
  scoped(async (scope) => {
    const [reader, writer] = pipe(scope);
    const first = new Recorder(scope);
    const second = new Recorder(scope);
    first.epoll.add(reader, Epoll.EPOLLRDHUP);
    assert.is(thrownBy(() => second.epoll.add(reader, Epoll.EPOLLIN)).code, 'EEXIST');
    second.epoll.modify(reader, Epoll.EPOLLIN | Epoll.EPOLLONESHOT);
    sys.write(writer, Buffer.from('x'));
    await first.until(1);
    assert.equal(first.take(), [[null, reader, Epoll.EPOLLIN]]);
    second.epoll.remove(reader);
    second.epoll.add(reader, Epoll.EPOLLIN | Epoll.EPOLLONESHOT);
    await second.until(1);
    await first.expectNone();
  }),
);

test(
  'epoll:api.7 a number that was closed while it was registered can be added again, and only the new callback is called',
  scoped(async (scope) => {
    const [reader, writer] = sys.pipe();
    const first = new Recorder(scope);
    first.epoll.add(reader, Epoll.EPOLLIN);
    sys.close(reader);
    sys.close(writer);
    const [again, newWriter] = pipe(scope);
    const second = new Recorder(scope);
    assert.is(again, reader);
    second.epoll.add(again, Epoll.EPOLLIN | Epoll.EPOLLONESHOT);
    sys.write(newWriter, Buffer.from('x'));
    await second.until(1);
    await first.expectNone();
  }),
);

test(
  'epoll:api.8 close ends all registrations and then tells of a descriptor that was closed before',
  scoped((scope) => {
    const [reader, writer] = pipe(scope);
    const [gone, other] = sys.pipe();
    const epoll = new Epoll(() => undefined);
    epoll.add(gone, Epoll.EPOLLIN).add(reader, Epoll.EPOLLIN);
    sys.close(gone);
    sys.close(other);
    assert.is(thrownBy(() => epoll.close()).code, 'EBADF');
    const next = new Epoll(() => undefined);
    next.add(reader, Epoll.EPOLLIN).add(writer, Epoll.EPOLLOUT).close();
  }),
);
