import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { runFileBy } from '../../../test/support/program.js';
import { scoped, type Scope } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Recorder } from './support/recorder.js';

const OTHER_KERNEL = 'the events are compared with those of epoll(7), which is of Linux';
const test = suite('events of pollux-epoll').unless(process.platform === 'linux' ? undefined : OTHER_KERNEL);

const { EPOLLERR: ERR, EPOLLHUP: HUP, EPOLLIN: IN, EPOLLOUT: OUT, EPOLLPRI: PRI, EPOLLRDHUP: RDHUP } = Epoll;
const { EPOLLET: ET, EPOLLONESHOT: ONESHOT } = Epoll;
const ALL = IN | OUT | PRI | RDHUP;
const X = Buffer.from('x');

const NAMES = { IN, OUT, PRI, ERR, HUP, RDHUP, ET, ONESHOT };

function named(events: number): string {
  const names = Object.entries(NAMES).filter(([, bit]) => events & bit);
  return names.length === 0 ? '0' : names.map(([name]) => name).join('|');
}

/** What is opened, and what happens to it. */
type Kind = (scope: Scope) => number;

const readEnd =
  (act: (writer: number) => void): Kind =>
  (scope) => {
    const [reader, writer] = sys.pipe();
    scope.own(reader);
    act(writer);
    return reader;
  };

const writeEnd: Kind = (scope) => {
  const [reader, writer] = sys.pipe();
  sys.close(reader);
  return scope.own(writer);
};

const unixSocket =
  (act: (peer: number, own: number) => void): Kind =>
  (scope) => {
    const [own, peer] = sys.socketPair();
    scope.own(own);
    act(peer, own);
    return own;
  };

const refusedDatagram: Kind = (scope) => {
  const receiver = sys.socket('ipv4', 'dgram');
  sys.bind(receiver, { host: '127.0.0.1', port: 0 });
  const address = sys.localAddress(receiver) as sys.InternetAddress;
  sys.close(receiver);
  const sender = scope.own(sys.socket('ipv4', 'dgram'));
  sys.connect(sender, address);
  sys.write(sender, X);
  return sender;
};

const dataAndEnd = (writer: number): void => {
  sys.write(writer, X);
  sys.close(writer);
};

const ROWS: ReadonlyArray<[title: string, kind: Kind, asked: number, reported: number]> = [
  ['the read end of a pipe without writers', readEnd(sys.close), IN, HUP],
  ['the read end of a pipe without writers', readEnd(sys.close), ALL, HUP],
  ['the read end of a pipe without writers', readEnd(sys.close), 0, HUP],
  ['the read end of a pipe without writers', readEnd(sys.close), ERR, HUP],
  ['the read end of a pipe with the last data', readEnd(dataAndEnd), ALL, IN | HUP],
  ['the read end of a pipe with the last data', readEnd(dataAndEnd), PRI, HUP],
  ['the write end of a pipe without readers', writeEnd, OUT, OUT | ERR],
  ['the write end of a pipe without readers', writeEnd, IN | RDHUP, ERR],
  ['a socket whose peer sends no more', unixSocket((peer) => sys.shutdown(peer, 'write')), IN, IN],
  ['a socket whose peer sends no more', unixSocket((peer) => sys.shutdown(peer, 'write')), ALL, IN | OUT | RDHUP],
  ['a socket whose peer sends no more', unixSocket((peer) => sys.shutdown(peer, 'write')), RDHUP, RDHUP],
  ['a socket whose peer is closed', unixSocket(sys.close), ALL, IN | OUT | RDHUP | HUP],
  ['a socket whose peer is closed', unixSocket(sys.close), HUP, HUP],
  [
    'a socket whose peer was closed with unread data',
    unixSocket((peer, own) => {
      sys.write(own, X);
      sys.close(peer);
    }),
    IN,
    IN | ERR | HUP,
  ],
  ['a datagram socket with an error', refusedDatagram, IN | OUT, OUT | ERR],
  ['a datagram socket with an error', refusedDatagram, ERR, ERR],
];

for (const [index, [title, kind, asked, reported]] of ROWS.entries()) {
  test(
    `epoll:events.${index + 1} ${title}, asked for ${named(asked)}, reports ${named(reported)}, as the kernel does`,
    scoped(async (scope) => {
      const fd = kind(scope);
      const recorder = new Recorder(scope);
      recorder.epoll.add(fd, asked);
      assert.is(named(await recorder.events()), named(reported));
    }),
  );
}

test(
  'epoll:events.urgent.1 urgent data is EPOLLPRI until it is read',
  scoped(async (scope) => {
    const listener = scope.own(sys.socket('ipv4'));
    sys.bind(listener, { host: '127.0.0.1', port: 0 });
    sys.listen(listener, 1);
    const client = scope.own(sys.socket('ipv4'));
    sys.connect(client, sys.localAddress(listener) as sys.InternetAddress);
    const accepting = new Recorder(scope);
    accepting.epoll.add(listener, IN | ONESHOT);
    await accepting.until(1);
    const server = scope.own(sys.accept(listener));
    const recorder = new Recorder(scope);
    recorder.epoll.add(server, PRI | ERR);
    await recorder.expectNone();
    sys.send(client, X, 0, 1, sys.MSG_OOB);
    assert.is(named(await recorder.events()), 'PRI');
    sys.recv(server, Buffer.alloc(1), 0, 1, sys.MSG_OOB);
    await recorder.expectNone();
  }),
);

test(
  'epoll:events.modes.1 EPOLLONESHOT reports one event, and modify arms it again',
  scoped(async (scope) => {
    const fd = readEnd((writer) => scope.own(writer) && sys.write(writer, X))(scope);
    const recorder = new Recorder(scope);
    recorder.epoll.add(fd, IN | ONESHOT);
    for (let round = 0; round < 3; round++) {
      assert.is(named(await recorder.events()), 'IN');
      await recorder.expectNone();
      recorder.epoll.modify(fd, IN | ONESHOT);
    }
  }),
);

test(
  'epoll:events.modes.2 EPOLLET reports what is new',
  scoped(async (scope) => {
    let writer = -1;
    const fd = readEnd((end) => {
      writer = scope.own(end);
    })(scope);
    const recorder = new Recorder(scope);
    recorder.epoll.add(fd, IN | ET);
    for (let round = 0; round < 3; round++) {
      sys.write(writer, X);
      assert.is(named(await recorder.events()), 'IN');
      await recorder.expectNone();
    }
  }),
);

test(
  'epoll:events.modes.3 modify changes the events in the same turn, also within the callback',
  scoped(async (scope) => {
    const [own, peer] = sys.socketPair();
    scope.own(own);
    scope.own(peer);
    sys.write(peer, X);
    const seen: string[] = [];
    await new Promise<void>((done) => {
      const epoll = new Epoll((_, fd, events) => {
        seen.push(named(events));
        if (seen.length === 1) epoll.modify(fd, OUT);
        else if (seen.length === 2) epoll.modify(fd, IN | OUT);
        else {
          epoll.close();
          done();
        }
      });
      epoll.add(own, IN);
    });
    assert.equal(seen, ['IN', 'OUT', 'IN|OUT']);
  }),
);

test(
  'epoll:events.stale.1 after remove no event is delivered, not even one of the present batch',
  scoped(async (scope) => {
    const ends = Array.from({ length: 8 }, () => readEnd(dataAndEnd)(scope));
    const seen: number[] = [];
    const epoll = new Epoll((_, fd) => {
      seen.push(fd);
      for (const end of ends) epoll.remove(end);
    });
    for (const end of ends) epoll.add(end, IN);
    while (seen.length === 0) await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done));
    assert.is(seen.length, 1);
    epoll.close();
  }),
);

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', tmpdir()]).status === 0;

test.unless(canMount ? undefined : 'mounting is not allowed here (unshare -rm mount)')(
  'epoll:events.kernel-file.1 a file that forgets its event when it is polled, /proc/self/mounts, reports each change',
  () => {
    const { stdout } = runFileBy((...command) => ['unshare', '-rm', ...command], join(__dirname, 'programs/mounts.js'));
    assert.equal(stdout.trim().split('\n'), [String(PRI | ERR), String(PRI | ERR)]);
  },
);

const ATTRIBUTE = '/sys/class/net/lo/mtu';

test.unless(existsSync(ATTRIBUTE) ? undefined : 'sysfs is not mounted here')(
  'epoll:events.kernel-file.2 an attribute of sysfs, as a GPIO pin is one, reports EPOLLPRI and EPOLLERR until it is read',
  scoped(async (scope) => {
    const fd = scope.own(sys.open(ATTRIBUTE));
    const recorder = new Recorder(scope);
    recorder.epoll.add(fd, PRI | ERR);
    await recorder.until(3);
    assert.is(named(await recorder.events()), 'PRI|ERR');
    sys.read(fd, Buffer.alloc(64));
    await recorder.expectNone();
  }),
);
