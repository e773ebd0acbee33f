import '../support/preloaded.js';
import { createPoller, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { thrownBy } from '../support/expect.js';
import { calls, clear, fail, type Call, type Errno } from '../support/faults.js';
import { descriptorsByKind } from '../support/kernel.js';
import { suite } from '../support/suite.js';

const test = suite('faults of calls on descriptors', { sanitized: ['epoll'] });

const STORM = 50;

const MAKERS: ReadonlyArray<[call: Call, make: () => unknown]> = [
  ['socket', () => sys.socket('ipv4')],
  ['socketpair', () => sys.socketPair()],
  ['pipe2', () => sys.pipe()],
  ['open', () => sys.openPty()],
  ['ioctl', () => sys.openPty()],
  ['inotify_init1', () => sys.inotifyInit()],
];

for (const [call, make] of MAKERS) {
  for (const errno of ['EMFILE', 'ENFILE', 'ENOMEM'] as const) {
    test(`faults:make.1 ${call} fails with ${errno}: the error says so, and nothing stays open`, () => {
      const before = descriptorsByKind();
      clear();
      fail(call, errno);
      const error = thrownBy(make);
      assert.equal([error.code, error.syscall, error.fd], [errno, call, undefined]);
      assert.equal(descriptorsByKind(), before);
    });
  }
}

test('faults:make.2 a pseudoterminal whose name cannot be read is closed again', () => {
  const before = descriptorsByKind();
  clear();
  fail('ioctl', 'EIO', 2);
  const error = thrownBy(() => sys.openPty());
  assert.equal([error.code, error.syscall, error.fd], ['EIO', 'ioctl', undefined]);
  assert.is(calls('ioctl'), 2);
  assert.equal(descriptorsByKind(), before);
});

test('faults:make.3 inotifyInit() throws ERR_NOT_SUPPORTED on a kernel without inotify', () => {
  clear();
  fail('inotify_init1', 'ENOSYS');
  fail('inotify_init', 'ENOSYS');
  assert.is(thrownBy(() => sys.inotifyInit()).code, 'ERR_NOT_SUPPORTED');
});

/** A listener with one connection in its queue, and the socket that made it. */
function listening(): { listener: number; client: number } {
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const client = sys.socket('ipv4');
  const { port } = sys.localAddress(listener) as { port: number };
  sys.connect(client, { host: '127.0.0.1', port });
  const poller = createPoller();
  poller.add(listener, READABLE);
  assert.is(poller.wait(10_000).length, 1);
  poller.close();
  clear();
  return { listener, client };
}

for (const errno of ['EMFILE', 'ENFILE', 'ENOBUFS'] as const) {
  test(`faults:accept.1 accept4 fails with ${errno}: the connection stays in the queue and is reported again`, () => {
    const before = descriptorsByKind();
    const { listener, client } = listening();
    const poller = createPoller();
    poller.add(listener, READABLE);
    assert.equal(
      [...poller.wait(1000)].map(({ fd }) => fd),
      [listener],
    );
    fail('accept4', errno);
    const error = thrownBy(() => sys.accept(listener));
    assert.equal([error.code, error.syscall, error.fd], [errno, 'accept4', listener]);
    assert.equal(
      [...poller.wait(1000)].map(({ fd }) => fd),
      [listener],
    );
    const accepted = sys.accept(listener);
    assert.ok(accepted >= 0);
    assert.is(poller.wait(0).length, 0);
    for (const fd of [listener, client, accepted]) sys.close(fd);
    poller.close();
    assert.equal(descriptorsByKind(), before);
  });
}

for (const errno of ['EINTR', 'ECONNABORTED'] satisfies Errno[]) {
  test(`faults:accept.2 accept() takes a connection after accept4 has failed with ${errno} ${STORM} times`, () => {
    const { listener, client } = listening();
    fail('accept4', errno, 1, STORM);
    const accepted = sys.accept(listener);
    assert.ok(accepted >= 0);
    assert.is(calls('accept4'), STORM + 1);
    assert.is(sys.accept(listener), sys.WOULD_BLOCK);
    for (const fd of [listener, client, accepted]) sys.close(fd);
  });
}

test('faults:eintr.4 interrupted reads and writes are repeated', () => {
  const [a, b] = sys.socketPair();
  clear();
  fail('write', 'EINTR', 1, STORM);
  fail('read', 'EINTR', 1, STORM);
  assert.is(sys.write(b, Buffer.from('twins')), 5);
  const buffer = Buffer.alloc(8);
  assert.is(sys.read(a, buffer), 5);
  assert.is(sys.read(a, buffer), sys.WOULD_BLOCK);
  assert.equal([calls('write'), calls('read')], [STORM + 1, STORM + 2]);
  for (const fd of [a, b]) sys.close(fd);
});

test('faults:connect.1 an interrupted TCP connect goes on, and is not started again', () => {
  const { listener, client } = listening();
  const second = sys.socket('ipv4');
  fail('connect', 'EINTR');
  const { port } = sys.localAddress(listener) as { port: number };
  assert.is(sys.connect(second, { host: '127.0.0.1', port }), sys.WOULD_BLOCK);
  assert.is(calls('connect'), 1);
  for (const fd of [listener, client, second]) sys.close(fd);
});

for (const [call, errno, act] of [
  ['read', 'EIO', (fd: number) => sys.read(fd, Buffer.alloc(1))],
  ['write', 'ENOSPC', (fd: number) => sys.write(fd, Buffer.alloc(1))],
  ['connect', 'EAGAIN', (fd: number) => sys.connect(fd, { path: '/nowhere' })],
] as const) {
  test(`faults:call.1 ${call} fails with ${errno}: the error says so, with the descriptor`, () => {
    const [a, b] = sys.socketPair();
    clear();
    fail(call, errno);
    const error = thrownBy(() => act(a));
    assert.equal([error.code, error.syscall, error.fd], [errno, call, a]);
    for (const fd of [a, b]) sys.close(fd);
  });
}

for (const [errno, code, text] of [
  [9, 'EBADF', 'bad file descriptor'],
  [44, 'ECHRNG', 'channel number out of range'],
  [77, 'EBADFD', 'file descriptor in bad state'],
  [123, 'ENOMEDIUM', 'no medium found'],
  [133, 'EHWPOISON', 'memory page has hardware error'],
  [512, 'ERESTARTSYS', 'interrupted system call should be restarted'],
  [524, 'ENOTSUPP', 'operation is not supported'],
  [4000, 'UNKNOWN_4000', 'unknown error 4000'],
] as const) {
  test(`faults:errno.1 error number ${errno} of the kernel is ${code}: the error has its name and text, and the descriptor in its message`, () => {
    const [a, b] = sys.socketPair();
    clear();
    fail('read', errno);
    const error = thrownBy(() => sys.read(a, Buffer.alloc(1)));
    assert.is(error.message, `${code}: ${text}, read (fd ${a})`);
    assert.equal([error.code, error.errno, error.syscall, error.fd], [code, -errno, 'read', a]);
    assert.is(sys.errorName(errno), code);
    fail('pipe2', errno);
    const without = thrownBy(() => sys.pipe());
    assert.equal([without.message, without.fd], [`${code}: ${text}, pipe2`, undefined]);
    for (const fd of [a, b]) sys.close(fd);
  });
}
