import { constants, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPoller, READABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { descriptors } from '../support/descriptors.js';
import { thrownBy } from '../support/expect.js';
import { lackOf } from '../support/facts.js';
import { ptyPair } from '../support/kinds.js';
import { openDescriptors } from '../support/process.js';
import { scoped, type Scope } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('sys classify', { sanitized: ['epoll'] });

const O_PATH = 0o10000000;

/** A file of each kind, with what classify() says of it. */
const CLASSES: ReadonlyArray<
  [name: string, readiness: sys.Readiness, kind: sys.FileKind, open: (scope: Scope) => number]
> = [
  ['a pipe', 'pollable', 'pipe', (scope) => scope.open.pipe()[0]],
  ['a FIFO', 'pollable', 'pipe', (scope) => scope.open.fifo()[1]],
  ['a TCP socket', 'pollable', 'socket', (scope) => scope.open.tcp()[0]],
  ['a socket that is not connected', 'pollable', 'socket', (scope) => scope.own(sys.socket('ipv6'))],
  ['a pseudoterminal', 'pollable', 'terminal', (scope) => ptyPair(scope)[0]],
  ['an eventfd', 'pollable', 'kernel-object', (scope) => scope.own(descriptors.eventFd(0))],
  ['a timerfd', 'pollable', 'kernel-object', (scope) => scope.own(descriptors.timerFd(1000))],
  ['a poller', 'pollable', 'kernel-object', (scope) => scope.poller().fd],
  ['a regular file', 'always-ready', 'regular-file', (scope) => file(scope, constants.O_RDWR | constants.O_CREAT)],
  [
    '/dev/null',
    'always-ready',
    'character-device',
    (scope) => scope.own(descriptors.openFile('/dev/null', constants.O_RDONLY)),
  ],
  [
    '/dev/zero',
    'always-ready',
    'character-device',
    (scope) => scope.own(descriptors.openFile('/dev/zero', constants.O_RDONLY)),
  ],
  [
    '/proc/mounts',
    'pollable',
    'regular-file',
    (scope) => scope.own(descriptors.openFile('/proc/self/mounts', constants.O_RDONLY)),
  ],
  [
    'a directory',
    'unsupported',
    'directory',
    (scope) => scope.own(descriptors.openFile(scope.directory(), constants.O_RDONLY)),
  ],
  [
    'a path of a file',
    'unsupported',
    'regular-file',
    (scope) => pathOnly(scope, file(scope, constants.O_RDWR | constants.O_CREAT)),
  ],
  ['a path of a symbolic link', 'unsupported', 'symbolic-link', link],
];

function file(scope: Scope, flags: number): number {
  return scope.own(descriptors.openFile(join(scope.directory(), 'file'), flags));
}

function pathOnly(scope: Scope, fd: number): number {
  return scope.own(descriptors.openFile(`/proc/self/fd/${fd}`, O_PATH));
}

function link(scope: Scope): number {
  const path = join(scope.directory(), 'link');
  symlinkSync('nowhere', path);
  return scope.own(descriptors.openFile(path, O_PATH | constants.O_NOFOLLOW));
}

for (const [name, readiness, kind, open] of CLASSES) {
  const lack = name === '/proc/mounts' ? lackOf('procMounts') : name === 'a FIFO' ? lackOf('fifoWriters') : undefined;
  test.unless(lack)(
    `sys:classify.1 ${name} is ${readiness}, of the kind ${kind}`,
    scoped((scope) => {
      const fd = open(scope);
      const before = openDescriptors();
      assert.equal(sys.classify(fd), { readiness, kind });
      assert.equal(openDescriptors(), before);
      const poller = createPoller();
      scope.atEnd(() => poller.close());
      if (readiness === 'pollable') poller.add(fd, READABLE);
      else
        assert.match(
          String(thrownBy(() => poller.add(fd, READABLE)).code),
          readiness === 'always-ready' ? /^EPERM$/ : /^E(PERM|BADF)$/,
        );
    }),
  );
}

test(
  'sys:classify.2 classify() changes neither position nor flags nor data',
  scoped((scope) => {
    const path = join(scope.directory(), 'file');
    writeFileSync(path, 'contents');
    const fd = scope.own(descriptors.openFile(path, constants.O_RDONLY));
    const [reader, writer] = sys.pipe().map((end) => scope.own(end)) as [number, number];
    sys.write(writer, Buffer.from('data'));
    const buffer = Buffer.alloc(3);
    sys.read(fd, buffer);
    const info = (): string[] => [fd, reader].map((open) => readFileSync(`/proc/self/fdinfo/${open}`, 'utf8'));
    const before = info();
    for (const open of [fd, reader]) sys.classify(open);
    assert.equal(info(), before);
    assert.is(sys.read(fd, buffer), 3);
    assert.is(buffer.toString(), 'ten');
    assert.is(sys.bytesReadable(reader), 4);
  }),
);
