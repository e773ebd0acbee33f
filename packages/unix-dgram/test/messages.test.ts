import { once } from 'node:events';
import { createSocket, type Socket } from 'pollux-unix-dgram';
import * as assert from 'uvu/assert';
import { scoped } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { connected, fill, numbers, open, pathIn, Receiver } from './support/sockets.js';

const test = suite('messages of pollux-unix-dgram');
const isLinux = process.platform === 'linux';
/** Elsewhere a message has 2048 bytes at most, and a socket is writable whatever the queue of its receiver. */
const onLinux = test.unless(isLinux ? undefined : 'only Linux has long datagrams and tells when a full queue has room');

test(
  'unix-dgram:messages.1 a message arrives with its size and the path of its sender, or null where that is not bound',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = open(scope);
    sender.send(Buffer.from('xPINGx'), 1, 4, receiver.path);
    await receiver.until(1);
    const path = pathIn(scope);
    sender.bind(path);
    sender.sendto(Buffer.from('PONG'), 0, 4, receiver.path);
    await receiver.until(2);
    assert.equal(receiver.messages, ['PING', 'PONG']);
    assert.equal(receiver.from, [
      { size: 4, address: {}, path: null },
      { size: 4, address: {}, path },
    ]);
  }),
);

test(
  'unix-dgram:messages.2 the listener of createSocket is told each message',
  scoped(async (scope) => {
    const path = pathIn(scope);
    const message = await new Promise<string>((done) => {
      const socket = createSocket('unix_dgram', (buffer) => done(String(buffer)));
      scope.atEnd(() => socket.close());
      socket.bind(path);
      open(scope).send('text', 0, 4, path);
    });
    assert.is(message, 'text');
  }),
);

test(
  'unix-dgram:messages.3 callbacks and events come before send, bind and connect return',
  scoped((scope) => {
    const seen: string[] = [];
    const path = pathIn(scope);
    const receiver = open(scope).on('listening', () => seen.push('listening'));
    receiver.bind(path);
    seen.push('bound');
    const sender = open(scope).on('connect', () => seen.push(`connect ${sender.connected}`));
    sender.connect(path);
    seen.push('connected');
    sender.send(Buffer.from('x'), (...args: unknown[]) => seen.push(`callback ${args.length}`));
    seen.push('sent');
    assert.equal(seen, ['listening', 'bound', 'connect true', 'connected', 'callback 0', 'sent']);
  }),
);

onLinux(
  'unix-dgram:messages.4 messages of any size arrive whole: none at all, and more than 64 KiB',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    const large = 'x'.repeat(150_000);
    for (const message of ['', large, '', 'y']) {
      sender.send(Buffer.from(message));
      await receiver.until(receiver.messages.length + 1);
    }
    assert.equal(
      receiver.messages.map(({ length }) => length),
      [0, large.length, 0, 1],
    );
    assert.is(receiver.from[1]!.size, large.length);
  }),
);

test(
  'unix-dgram:messages.5 a connected socket can send to another path',
  scoped(async (scope) => {
    const [first, second] = [new Receiver(scope), new Receiver(scope)];
    const sender = connected(scope, first);
    sender.send('other', 0, 5, second.path);
    sender.send('own');
    await Promise.all([first.until(1), second.until(1)]);
    assert.equal([first.messages, second.messages], [['own'], ['other']]);
  }),
);

test.unless(isLinux ? undefined : 'only Linux has abstract names of unix sockets')(
  'unix-dgram:messages.6 an abstract name is a path that begins with a NUL',
  scoped(async (scope) => {
    const path = `\0pollux-unix-dgram-${process.pid}`;
    const receiver = new Receiver(scope, path);
    connected(scope, receiver).send('x');
    await receiver.until(1);
  }),
);

/** A full queue, and how many messages are in it. */
function full(receiver: Receiver, sender: Socket): number {
  const count = fill(sender);
  assert.ok(count > 0, 'the queue has room');
  assert.equal(receiver.messages, []);
  return count;
}

onLinux(
  'unix-dgram:congestion.1 a full queue is an error of the callback, and "writable" comes when there is room',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver).on('congestion', () => assert.unreachable('there is a callback'));
    let count = full(receiver, sender);
    const errors: Array<NodeJS.ErrnoException | undefined> = [];
    sender.send(Buffer.from('refused'), (error) => errors.push(error));
    const [{ message, code, syscall }] = errors as [NodeJS.ErrnoException];
    assert.equal([message, code, syscall], ['congestion', 'EAGAIN', 'send']);
    // All that is refused is sent again.
    while (count < 300) {
      await once(sender, 'writable');
      count = fill(sender, count);
    }
    await receiver.until(count);
    assert.equal(receiver.messages, numbers(count));
  }),
);

onLinux(
  'unix-dgram:congestion.2 without a callback "congestion" is told the message, once for each, and then "writable" comes once',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    const count = full(receiver, sender);
    const refused: string[] = [];
    let rooms = 0;
    sender.on('congestion', (message: Buffer) => refused.push(String(message))).on('writable', () => rooms++);
    sender.send(Buffer.from('a'));
    sender.send('b');
    assert.equal(refused, ['a', 'b']);
    assert.is(rooms, 0);
    await receiver.until(count);
    while (rooms === 0) await once(sender, 'writable');
    sender.send(Buffer.from('c'));
    await receiver.until(count + 1);
    assert.equal(receiver.messages, [...numbers(count), 'c']);
    assert.is(rooms, 1);
  }),
);

onLinux(
  'unix-dgram:congestion.3 a message that nobody would hear about is kept, and sent before later ones',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    const count = full(receiver, sender);
    const buffer = Buffer.from('kept');
    sender.send(buffer);
    buffer.fill('!');
    sender.send('next');
    const errors: Array<Error | undefined> = [];
    sender.send('later', (error) => errors.push(error));
    assert.is(errors[0]?.message, 'congestion');
    await once(sender, 'writable');
    sender.send('last');
    await receiver.until(count + 3);
    assert.equal(receiver.messages, [...numbers(count), 'kept', 'next', 'last']);
  }),
);

onLinux(
  'unix-dgram:congestion.4 what is kept and can no longer be sent is an "error" for each message',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    full(receiver, sender);
    const codes: string[] = [];
    sender.on('error', ({ code }: NodeJS.ErrnoException) => codes.push(code!));
    sender.send('a');
    sender.send('b');
    receiver.socket.close();
    // once() would reject with the first error.
    await new Promise((done) => sender.on('writable', done));
    // The first error ends the connection.
    assert.equal(codes, ['ECONNREFUSED', 'ENOTCONN']);
  }),
);

onLinux(
  'unix-dgram:congestion.5 closing a socket that keeps messages is an "error" that says how many were not sent',
  scoped((scope) => {
    const receiver = new Receiver(scope);
    const sender = connected(scope, receiver);
    full(receiver, sender);
    sender.send('a');
    sender.send('b');
    const messages: string[] = [];
    sender.on('error', ({ message }: Error) => messages.push(message));
    sender.close();
    assert.equal(messages, ['send ECANCELED: 2 messages were not sent']);
  }),
);

onLinux(
  'unix-dgram:congestion.6 a full queue of a receiver that the socket is not connected to is EAGAIN, and no event follows',
  scoped(async (scope) => {
    const receiver = new Receiver(scope);
    full(receiver, connected(scope, receiver));
    const sender = open(scope).on('congestion', () => assert.unreachable('not connected'));
    const codes: unknown[] = [];
    sender.send('a', 0, 1, receiver.path, (error) => codes.push((error as NodeJS.ErrnoException).code));
    sender.once('error', ({ code }: NodeJS.ErrnoException) => codes.push(code));
    sender.send('a', 0, 1, receiver.path);
    assert.equal(codes, ['EAGAIN', 'EAGAIN']);
  }),
);
