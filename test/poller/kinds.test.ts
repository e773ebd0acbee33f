import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR, HANGUP, READABLE, READ_CLOSED, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, descriptors, untilPolled } from '../support/descriptors.js';
import { expectEvents, expectNone } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { ptyPair } from '../support/kinds.js';
import { MODES } from '../support/kit.js';
import { scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('kinds', { sanitized: ['kqueue'] });

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;

/** A request for the list of network interfaces: struct nlmsghdr, struct rtgenmsg. */
function linkRequest(): Buffer {
  const RTM_GETLINK = 18;
  const NLM_F_REQUEST_DUMP = 0x301;
  const request = Buffer.alloc(20);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(RTM_GETLINK, 4);
  request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
  return request;
}

for (const { name, mode } of MODES) {
  test(
    `poller:kinds.1 timerfd, ${name}: readable when the timer expires, and silent once read`,
    scoped((scope) => {
      const poller = scope.poller();
      const fd = scope.own(descriptors.timerFd(20));
      poller.add(fd, mode | READABLE);
      expectNone(poller);
      expectEvents(poller, [fd, READABLE]);
      if (mode === 0) expectEvents(poller, [fd, READABLE]);
      else expectNone(poller);
      assert.is(sys.read(fd, Buffer.alloc(8)), 8);
      poller.modify(fd, mode | READABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:kinds.2 pidfd, ${name}: readable when the process has ended`,
    scoped(async (scope) => {
      const poller = scope.poller();
      const child = spawn('/bin/cat', { stdio: ['pipe', 'ignore', 'ignore'] });
      const ended = once(child, 'exit');
      const fd = scope.own(descriptors.pidFd(child.pid!));
      poller.add(fd, mode | READABLE);
      expectNone(poller);
      child.kill('SIGKILL');
      expectEvents(poller, [fd, READABLE]);
      if (mode === 0) expectEvents(poller, [fd, READABLE]);
      else expectNone(poller);
      await ended;
    }),
  );

  test(
    `poller:kinds.3 inotify, ${name}: readable when something happens in the directory`,
    scoped((scope) => {
      const poller = scope.poller();
      const directory = scope.directory();
      const fd = scope.own(descriptors.inotify(directory));
      poller.add(fd, mode | READABLE);
      expectNone(poller);
      const happenings = [() => writeFileSync(join(directory, 'file'), ''), () => unlinkSync(join(directory, 'file'))];
      for (const happen of happenings) {
        happen();
        expectEvents(poller, [fd, READABLE]);
        assert.ok(sys.read(fd, Buffer.alloc(4096)) > 0);
        poller.modify(fd, mode | READABLE);
        expectNone(poller);
      }
    }),
  );

  test(
    `poller:kinds.4 netlink, ${name}: writable at once, and readable when the kernel answers`,
    scoped((scope) => {
      const poller = scope.poller();
      const fd = scope.own(descriptors.rawSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
      poller.add(fd, mode | READABLE | WRITABLE);
      expectEvents(poller, [fd, WRITABLE]);
      poller.modify(fd, mode | READABLE);
      expectNone(poller);
      assert.is(sys.write(fd, linkRequest()), 20);
      expectEvents(poller, [fd, READABLE]);
      const buffer = Buffer.alloc(65536);
      while (sys.read(fd, buffer) !== sys.WOULD_BLOCK);
      poller.modify(fd, mode | READABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:kinds.5 pty, ${name}: what the slave writes is readable at the master, and the reverse`,
    scoped((scope) => {
      const poller = scope.poller();
      const [slave, master] = ptyPair(scope);
      poller.add(slave, mode | READABLE, 'slave');
      poller.add(master, mode | READABLE, 'master');
      expectNone(poller);
      sys.write(slave, Buffer.from('x'));
      expectEvents(poller, [master, READABLE, 'master']);
      assert.is(sys.read(master, Buffer.alloc(8)), 1);
      sys.write(master, Buffer.from('x'));
      expectEvents(poller, [slave, READABLE, 'slave']);
      assert.is(sys.read(slave, Buffer.alloc(8)), 1);
      expectNone(poller);
    }),
  );

  test(
    `poller:kinds.6 UDP, ${name}: an empty datagram is readable`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = scope.open.udp();
      poller.add(a, mode | READABLE);
      expectNone(poller);
      assert.is(sys.write(b, Buffer.alloc(0)), 0);
      expectEvents(poller, [a, READABLE]);
      assert.is(sys.read(a, Buffer.alloc(8)), 0);
      assert.is(sys.read(a, Buffer.alloc(8)), sys.WOULD_BLOCK);
      poller.modify(a, mode | READABLE);
      expectNone(poller);
    }),
  );

  test(
    `poller:kinds.7 UDP, ${name}: a socket that is not connected is writable, and not readable`,
    scoped((scope) => {
      const poller = scope.poller();
      const fd = scope.own(sys.socket('ipv4', 'dgram'));
      poller.add(fd, mode | READABLE | WRITABLE);
      expectEvents(poller, [fd, WRITABLE]);
    }),
  );

  test(
    `poller:kinds.12 UDP, ${name}: a pending error is reported as readable and error, and the next call fails with that error`,
    scoped((scope) => {
      const poller = scope.poller();
      const [a, b] = scope.open.udp();
      poller.add(a, mode | READABLE);
      scope.close(b);
      sys.write(a, Buffer.from('x'));
      untilPolled(a, POLLIN);
      expectEvents(poller, [a, READABLE | ERROR]);
      assert.throws(
        () => sys.read(a, Buffer.alloc(8)),
        (error: { code?: string }) => error.code === 'ECONNREFUSED',
      );
    }),
  );
}

test(
  'poller:kinds.8 the master of a pseudoterminal whose slave was never opened does not hang up',
  scoped((scope) => {
    const poller = scope.poller();
    const master = scope.own(descriptors.ptyMaster());
    poller.add(master, READABLE | WRITABLE);
    expectEvents(poller, [master, WRITABLE]);
  }),
);

test.unless(lackOf('terminalHangup'))(
  'poller:kinds.9 data that the slave wrote before closing can be read from the master, and then the hangup stays',
  scoped((scope) => {
    const poller = scope.poller();
    const [slave, master] = ptyPair(scope);
    sys.write(slave, Buffer.from('abc'));
    scope.close(slave);
    untilPolled(master, POLLIN);
    poller.add(master, READABLE);
    expectEvents(poller, [master, READABLE | READ_CLOSED | HANGUP]);
    assert.is(sys.read(master, Buffer.alloc(8)), 3);
    assert.throws(
      () => sys.read(master, Buffer.alloc(8)),
      (error: { code?: string }) => error.code === 'EIO',
    );
    expectEvents(poller, [master, READABLE | READ_CLOSED | HANGUP]);
  }),
);

test.unless(lackOf('procMounts'))(
  'poller:kinds.10 /proc/self/mounts, a file that changes without being read, is reported as readable',
  scoped((scope) => {
    const poller = scope.poller();
    const fd = scope.own(descriptors.openFile('/proc/self/mounts', constants.O_RDONLY));
    poller.add(fd, READABLE);
    expectEvents(poller, [fd, READABLE]);
  }),
);

test(
  'poller:kinds.11 descriptors of many kinds are reported together',
  scoped((scope) => {
    const poller = scope.poller();
    const timer = scope.own(descriptors.timerFd(1));
    const counter = scope.own(descriptors.eventFd(1));
    const [reader, writer] = sys.pipe().map((fd) => scope.own(fd)) as [number, number];
    const [a] = sys.socketPair().map((fd) => scope.own(fd)) as [number, number];
    sys.write(writer, Buffer.from('x'));
    untilPolled(timer, POLLIN);
    for (const fd of [timer, counter, reader]) poller.add(fd, READABLE);
    poller.add(a, READABLE | WRITABLE);
    expectEvents(poller, [timer, READABLE], [counter, READABLE], [reader, READABLE], [a, WRITABLE]);
  }),
);
