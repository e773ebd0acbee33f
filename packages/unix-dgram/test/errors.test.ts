import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Socket as UdpSocket } from 'node:dgram';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createSocket, type Socket } from 'pollux-unix-dgram';
import { isNonBlocking } from 'pollux/sys';
import * as assert from 'uvu/assert';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { connected, open, pathIn, Receiver } from './support/sockets.js';

const test = suite('errors of pollux-unix-dgram');
const onLinux = test.unless(process.platform === 'linux' ? undefined : 'other kernels have other errors for this');

/** What `act` makes the socket emit as 'error' before it returns. */
function errorOf(socket: Socket, act: () => void): NodeJS.ErrnoException {
  let found: NodeJS.ErrnoException | undefined;
  const listener = (error: NodeJS.ErrnoException): void => {
    found = error;
  };
  socket.once('error', listener);
  act();
  socket.off('error', listener);
  assert.ok(found, 'an error');
  return found!;
}

/** A path that a socket was bound to. */
function left(scope: Scope): string {
  const receiver = new Receiver(scope);
  receiver.socket.close();
  return receiver.path;
}

const X = Buffer.from('x');

const ROWS: ReadonlyArray<
  [code: keyof typeof constants.errno, syscall: string, act: (scope: Scope) => [Socket, () => void]]
> = [
  [
    'EADDRINUSE',
    'bind',
    (scope) => {
      const path = left(scope);
      const socket = open(scope);
      return [socket, () => socket.bind(path)];
    },
  ],
  [
    'ENOENT',
    'bind',
    (scope) => {
      const socket = open(scope);
      return [socket, () => socket.bind(join(scope.directory(), 'nowhere', 'socket'))];
    },
  ],
  [
    'ENOENT',
    'connect',
    (scope) => {
      const socket = open(scope);
      return [socket, () => socket.connect(pathIn(scope))];
    },
  ],
  [
    'ECONNREFUSED',
    'connect',
    (scope) => {
      const path = left(scope);
      const socket = open(scope);
      return [socket, () => socket.connect(path)];
    },
  ],
  [
    'ENOENT',
    'send',
    (scope) => {
      const socket = open(scope);
      return [socket, () => socket.send(X, 0, 1, pathIn(scope))];
    },
  ],
  [
    'ECONNREFUSED',
    'send',
    (scope) => {
      const receiver = new Receiver(scope);
      const socket = connected(scope, receiver);
      receiver.socket.close();
      return [socket, () => socket.send(X)];
    },
  ],
  [
    'ENOTCONN',
    'send',
    (scope) => {
      const socket = open(scope);
      return [socket, () => socket.send(X)];
    },
  ],
  [
    'EMSGSIZE',
    'send',
    (scope) => {
      const socket = connected(scope, new Receiver(scope));
      return [socket, () => socket.send(Buffer.alloc(16 << 20))];
    },
  ],
];

/** What `send()` says without a receiver differs between kernels. */
const isOfLinux = (code: string, syscall: string): boolean => syscall === 'send' && code !== 'ENOENT';

for (const [index, [code, syscall, prepare]] of ROWS.entries()) {
  const register = isOfLinux(code, syscall) ? onLinux : test;
  register(
    `unix-dgram:errors.${index + 1} ${code} of ${syscall} is an "error" with the name as code and the number as errno`,
    scoped((scope) => {
      const [socket, act] = prepare(scope);
      const error = errorOf(socket, act);
      assert.instance(error, Error);
      assert.equal([error.code, error.errno, error.syscall], [code, -constants.errno[code], syscall]);
      assert.match(error.message, new RegExp(`^${syscall} ${code}( /.*)?$`));
      assert.is(socket.connected, syscall === 'send' && code !== 'ENOENT' && code !== 'ENOTCONN');
    }),
  );
}

onLinux(
  'unix-dgram:errors.callback.1 with a callback the error goes to it and to no listener',
  scoped((scope) => {
    const socket = open(scope).on('error', () => assert.unreachable('there is a callback'));
    const codes: unknown[] = [];
    const callback = (error?: Error): number => codes.push((error as NodeJS.ErrnoException).code);
    socket.send(X, 0, 1, pathIn(scope), callback);
    socket.send(X, callback);
    assert.equal(codes, ['ENOENT', 'ENOTCONN']);
  }),
);

test(
  'unix-dgram:errors.thrown.1 an error without a callback and without a listener is thrown by the call',
  scoped((scope) => {
    assert.throws(
      () => open(scope).connect(pathIn(scope)),
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    );
  }),
);

test(
  'unix-dgram:errors.after-failure.1 a socket whose connect or send failed works when there is a receiver',
  scoped(async (scope) => {
    const path = pathIn(scope);
    const socket = open(scope);
    errorOf(socket, () => socket.connect(path));
    const receiver = new Receiver(scope, path);
    socket.connect(path);
    socket.send(X);
    await receiver.until(1);
  }),
);

onLinux(
  'unix-dgram:errors.received.1 an error that the kernel has for the receiver is an "error" of recv, and messages go on',
  scoped(async (scope) => {
    const [receiver, peer] = [new Receiver(scope), new Receiver(scope)];
    receiver.socket.connect(peer.path);
    peer.socket.connect(receiver.path);
    // Of two sockets that are connected to each other, one connects elsewhere and has unread messages: a reset.
    receiver.socket.send(X);
    peer.socket.connect(new Receiver(scope).path);
    const [error] = (await once(receiver.socket, 'error')) as [NodeJS.ErrnoException];
    assert.equal([error.code, error.syscall], ['ECONNRESET', 'recv']);
    peer.socket.connect(receiver.path);
    peer.socket.send(X);
    await receiver.until(1);
  }),
);

test(
  'unix-dgram:close.1 close closes the descriptor, "close" comes in a later tick, and the file of the socket stays',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const { fd } = receiver.socket;
    const seen: string[] = [];
    await new Promise<void>((done) => {
      receiver.socket.on('close', () => seen.push('event'));
      receiver.socket.close(() => {
        seen.push('callback');
        done();
      });
      seen.push('returned');
    });
    assert.equal(seen, ['returned', 'event', 'callback']);
    assert.is(receiver.socket.fd, -1);
    assert.ok(existsSync(receiver.path));
    assert.throws(
      () => isNonBlocking(fd),
      ({ code }: NodeJS.ErrnoException) => code === 'EBADF',
    );
  }),
);

test(
  'unix-dgram:close.2 after close every call says EBADF',
  scoped((scope) => {
    const socket = open(scope);
    socket.close();
    for (const act of [
      () => socket.bind(pathIn(scope)),
      () => socket.connect(pathIn(scope)),
      () => socket.send(X),
      () => socket.send(X, 0, 1, pathIn(scope)),
    ])
      assert.is(errorOf(socket, act).code, 'EBADF');
    assert.throws(
      () => socket.close(),
      (error: NodeJS.ErrnoException) => error.code === 'EBADF' && error.syscall === 'close',
    );
  }),
);

test(
  'unix-dgram:close.3 no message is delivered after close, not even one that has arrived',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    for (const message of ['a', 'b', 'c']) sender.send(message);
    receiver.socket.on('message', () => receiver.socket.close());
    await receiver.until(1);
    await new Promise((done) => setTimeout(done, 10));
    assert.equal(receiver.messages, ['a']);
  }),
);

test('unix-dgram:create.1 udp4 and udp6 are sockets of node:dgram, and other types are refused', () => {
  for (const type of ['udp4', 'udp6'] as const) {
    const socket = createSocket(type);
    assert.instance(socket, UdpSocket);
    socket.close();
  }
  assert.throws(() => createSocket('unix_stream' as 'unix_dgram'), /^Unsupported socket type: unix_stream$/);
});

test(
  'unix-dgram:arguments.1 a wrong argument is thrown, and does no harm',
  scoped((scope) => {
    const receiver = new Receiver(scope);
    const socket = connected(scope, receiver);
    const loose = socket as unknown as Record<'bind' | 'connect' | 'send', (...args: unknown[]) => void>;
    for (const [name, act] of [
      ['TypeError', () => loose.bind()],
      ['TypeError', () => loose.connect(7)],
      ['TypeError', () => loose.send(7)],
      ['TypeError', () => loose.send(X, 0, 1)],
      ['RangeError', () => socket.send(X, 0, 2, receiver.path)],
      ['RangeError', () => socket.send(X, 2, 1, receiver.path)],
      ['RangeError', () => socket.connect(`/${'x'.repeat(300)}`)],
    ] as const)
      assert.throws(act, (error: Error) => error.name.startsWith(name));
    for (const method of ['address', 'setTTL', 'setBroadcast', 'addMembership'] as const)
      assert.throws(() => (socket as unknown as Record<string, () => void>)[method]!(), /^not implemented$/);
    socket.send(X);
  }),
);
