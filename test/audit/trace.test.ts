import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { moduleOfPackage, ROOT } from '../support/paths.js';
import { suite } from '../support/suite.js';
import type { Printed } from './any-programs.js';

const test = suite('audit: trace', { needs: ['node', 'kernel'] });

interface TraceClass {
  new (
    onFinding: (finding: Printed) => void,
  ): {
    readLine(line: string): void;
    end(): void;
  };
}

const { Trace } = require(moduleOfPackage('trace/trace.js')) as { Trace: TraceClass };

/** What is found in a trace. */
function foundIn(lines: string | readonly string[]): Printed[] {
  const found: Printed[] = [];
  const trace = new Trace((finding) => found.push(finding));
  for (const line of typeof lines === 'string' ? lines.split('\n') : lines) trace.readLine(line);
  trace.end();
  return found;
}

const codesIn = (lines: string | readonly string[]): string[] => foundIn(lines).map(({ code, fd }) => `${code} ${fd}`);

/** Recordings of one program with an undrained edge, in the forms of several versions and options of strace. */
const FORMS = join(ROOT, 'test', 'audit', 'traces');

for (const [index, file] of readdirSync(FORMS).sort().entries()) {
  test(`audit:form.${index + 1} the form ${file} is read: an edge that was not drained is found in it`, () => {
    assert.equal(codesIn(readFileSync(join(FORMS, file), 'utf8')), ['POLLUX_EDGE_NOT_DRAINED 4']);
  });
}

/** Lines of one task, 10 ms apart, after what every trace begins with: an epoll instance 3, and a pair of sockets. */
function traceOf(...calls: string[]): string[] {
  const all = [
    'epoll_create1(EPOLL_CLOEXEC) = 3',
    'socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0, [4, 5]) = 0',
    ...calls,
    '+++ exited with 0 +++',
  ];
  return all.map((call, index) =>
    /^\d+ /.test(call) ? call : `100 ${(1_700_000_000 + index / 100).toFixed(6)} ${call}`,
  );
}

const add = (fd: number, bits: string, data = fd): string =>
  `epoll_ctl(3, EPOLL_CTL_ADD, ${fd}, {events=${bits}, data={u32=${data}, u64=${data}}}) = 0`;
const event = (bits: string, data = 4): string =>
  `epoll_wait(3, [{events=${bits}, data={u32=${data}, u64=${data}}}], 8, -1) = 1 <0.000100>`;
const QUIET = 'epoll_wait(3, [], 8, 300) = 0 <0.300200>';
const read = (length: number, wanted: number, fd = 4): string => `read(${fd}, ""..., ${wanted}) = ${length}`;
const AGAIN = 'read(4, 0x7ffd, 64) = -1 EAGAIN (Resource temporarily unavailable)';
const write = (length: number): string => `write(5, ""..., ${length}) = ${length}`;
const repeated = (times: number, ...calls: string[]): string[] => Array.from({ length: times }, () => calls).flat();

const EDGE = add(4, 'EPOLLIN|EPOLLET');

interface Case {
  readonly says: string;
  readonly lines: readonly string[];
  readonly found: readonly string[];
}

const CASES: readonly Case[] = [
  {
    says: 'an edge that was drained until EAGAIN is no finding',
    lines: [EDGE, write(9), event('EPOLLIN'), read(9, 64), AGAIN, QUIET],
    found: [],
  },
  {
    says: 'an edge that ended with a short read is no finding',
    lines: [EDGE, write(9), event('EPOLLIN'), read(9, 64), QUIET],
    found: [],
  },
  {
    says: 'an edge whose read took exactly what was sent is no finding',
    lines: [EDGE, write(64), event('EPOLLIN'), read(64, 64), QUIET],
    found: [],
  },
  {
    says: 'a read that holds back while a write waits for room is no finding',
    lines: [EDGE, write(99), event('EPOLLIN'), read(9, 9), 'write(4, ""..., 9) = -1 EAGAIN (x)', QUIET],
    found: [],
  },
  {
    says: 'a program that reads before it is told to, as that of Go, is no finding when it reads later',
    lines: [EDGE, AGAIN, write(99), event('EPOLLIN'), read(9, 9), QUIET, read(9, 9), QUIET],
    found: [],
  },
  {
    says: 'what is left of an edge is found although the descriptor is closed before the end',
    lines: [EDGE, write(99), event('EPOLLIN'), read(9, 9), QUIET, 'close(4) = 0', 'close(5) = 0'],
    found: ['POLLUX_EDGE_NOT_DRAINED 4'],
  },
  {
    says: 'a listener in edge mode that accepts once is found at the next connection',
    lines: [
      'socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_IP) = 6',
      'listen(6, 5) = 0',
      add(6, 'EPOLLIN|EPOLLET'),
      event('EPOLLIN', 6),
      'accept4(6, NULL, NULL, SOCK_CLOEXEC) = 7',
      read(5, 64, 7),
      QUIET,
      event('EPOLLIN', 6),
      'accept4(6, NULL, NULL, SOCK_CLOEXEC) = 8',
    ],
    found: ['POLLUX_EDGE_NOT_DRAINED 6'],
  },
  {
    says: 'the end of a peer that edge mode reported, and nobody read, is a half-close that was missed',
    lines: [
      add(4, 'EPOLLIN|EPOLLRDHUP|EPOLLET'),
      write(5),
      'shutdown(5, SHUT_WR) = 0',
      event('EPOLLIN|EPOLLRDHUP'),
      read(5, 64),
      QUIET,
    ],
    found: ['POLLUX_HALF_CLOSE_MISSED 4'],
  },
  {
    says: 'a oneshot that is armed again after it was handled is no finding',
    lines: repeated(1, add(4, 'EPOLLIN|EPOLLONESHOT'), write(5), event('EPOLLIN'), read(5, 64)).concat(
      'epoll_ctl(3, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLONESHOT, data={u32=4, u64=4}}) = 0',
      QUIET,
    ),
    found: [],
  },
  {
    says: 'a oneshot for EPOLLOUT that is left alone when it has fired is no finding',
    lines: [add(4, 'EPOLLOUT|EPOLLONESHOT'), event('EPOLLOUT'), write(5), QUIET],
    found: [],
  },
  {
    says: 'three events after a read of 0 are no finding, and four are',
    lines: [
      add(4, 'EPOLLIN'),
      'close(5) = 0',
      event('EPOLLIN|EPOLLHUP'),
      read(0, 64),
      ...repeated(4, event('EPOLLIN|EPOLLHUP'), read(0, 64)),
    ],
    found: ['POLLUX_HALF_CLOSE_MISSED 4'],
  },
  {
    says: 'a hangup that thirty threads are told of at a time is no finding',
    lines: [
      read(1, 1, 0),
      add(4, 'EPOLLIN'),
      ...Array.from({ length: 30 }, (_, index) => `clone3({flags=CLONE_FILES|CLONE_THREAD}, 88) = ${200 + index}`),
      ...Array.from({ length: 30 }, (_, index) => `${200 + index} 1700000001.0 epoll_wait(3,  <unfinished ...>`),
      ...Array.from(
        { length: 30 },
        (_, index) =>
          `${200 + index} 1700000002.0 <... epoll_wait resumed>[{events=EPOLLHUP, data={u32=4, u64=4}}], 8, -1) = 1`,
      ),
      'epoll_ctl(3, EPOLL_CTL_DEL, 4, NULL) = 0',
    ],
    found: [],
  },
  {
    says: 'events of a descriptor that dup() keeps alive are those of a ghost',
    lines: [add(4, 'EPOLLIN'), 'dup(4) = 6', 'close(4) = 0', write(1), event('EPOLLIN')],
    found: ['POLLUX_GHOST 4'],
  },
  {
    says: 'a descriptor that the child of fork() closes is no finding: the parent has it',
    lines: [add(4, 'EPOLLIN'), 'clone(child_stack=NULL, flags=SIGCHLD) = 101', '101 1700000001.0 close(4) = 0', QUIET],
    found: [],
  },
  {
    says: 'a duplicate that execve() closes in the child is no ghost',
    lines: [
      add(4, 'EPOLLIN'),
      'vfork() = 101',
      'close(4) = 0',
      '101 1700000001.0 execve("/bin/true", ["true"], 0x7ffe /* 1 var */) = 0',
      QUIET,
    ],
    found: [],
  },
  {
    says: 'a connection that was read and answered may be closed without EPOLL_CTL_DEL',
    lines: [
      add(4, 'EPOLLIN'),
      write(5),
      event('EPOLLIN'),
      read(5, 64),
      'write(4, ""..., 5) = 5',
      'close(4) = 0',
      QUIET,
    ],
    found: [],
  },
  {
    says: 'EPOLL_CTL_DEL of a number that was closed is found',
    lines: [add(4, 'EPOLLIN'), 'close(4) = 0', 'epoll_ctl(3, EPOLL_CTL_DEL, 4, NULL) = -1 EBADF (Bad file descriptor)'],
    found: ['POLLUX_CLOSED_WHILE_REGISTERED 4'],
  },
  {
    says: 'a descriptor that is closed directly before the epoll instance is no finding',
    lines: [add(4, 'EPOLLIN'), 'close(4) = 0', 'close(3) = 0'],
    found: [],
  },
  {
    says: 'a oneshot that nobody armed again is found although a read without an event gets the rest',
    lines: [add(4, 'EPOLLIN|EPOLLONESHOT'), write(5), event('EPOLLIN'), read(5, 64), write(5), QUIET, read(5, 64)],
    found: ['POLLUX_ONESHOT_NOT_REARMED 4'],
  },
  {
    says: 'a number that is another file now, which is ready and not registered, is found whatever went before',
    lines: [
      add(4, 'EPOLLIN'),
      write(5),
      event('EPOLLIN'),
      read(5, 64),
      'write(4, ""..., 5) = 5',
      'close(4) = 0',
      'socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0, [4, 6]) = 0',
      'write(6, ""..., 5) = 5',
      QUIET,
    ],
    found: ['POLLUX_CLOSED_WHILE_REGISTERED 4'],
  },
  {
    says: 'a descriptor that a program closes when it ends was open until then: what is left of an edge is found',
    lines: [
      'socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_IP) = 6',
      add(6, 'EPOLLIN|EPOLLET'),
      event('EPOLLIN', 6),
      read(9, 9, 6),
      QUIET,
      'close(6) = 0',
    ],
    found: ['POLLUX_EDGE_NOT_DRAINED 6'],
  },
  {
    says: 'a recording without a call of read() does not tell what was read: an edge is no finding',
    lines: [EDGE, write(99), event('EPOLLIN'), QUIET, 'recvfrom(5, ""..., 9, 0, NULL, NULL) = 9'],
    found: [],
  },
  {
    says: 'a mode without an interest is found',
    lines: [add(4, 'EPOLLET'), QUIET],
    found: ['POLLUX_NO_INTEREST 4'],
  },
  {
    says: 'a close that another task overtakes closes what it names, and not what the number is by then',
    lines: [
      add(4, 'EPOLLIN'),
      'epoll_ctl(3, EPOLL_CTL_DEL, 4, NULL) = 0',
      '100 1700000001.0 close(4 <unfinished ...>',
      '101 1700000001.1 socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_IP) = 4',
      '100 1700000001.2 <... close resumed>) = 0',
      add(4, 'EPOLLIN|EPOLLET'),
      event('EPOLLIN'),
      read(9, 9),
      QUIET,
    ],
    found: ['POLLUX_EDGE_NOT_DRAINED 4'],
  },
  {
    says: 'two descriptors with the same data are not judged',
    lines: [add(4, 'EPOLLIN|EPOLLET', 7), add(5, 'EPOLLIN|EPOLLET', 7), event('EPOLLIN', 7), read(9, 9), QUIET],
    found: [],
  },
  {
    says: 'a listener and an epoll instance without CLOEXEC get advice',
    lines: [
      'epoll_create(1) = 9',
      'socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 6',
      'listen(6, 5) = 0',
      'epoll_ctl(9, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=6, u64=6}}) = 0',
      'epoll_wait(9, [], 8, 1) = 0',
    ],
    found: ['POLLUX_LISTENER_INHERITED 6', 'POLLUX_EPOLL_INHERITED 9'],
  },
  {
    says: 'changes of interest that no wait sees get advice',
    lines: repeated(10, add(4, 'EPOLLIN'), 'epoll_ctl(3, EPOLL_CTL_DEL, 4, NULL) = 0'),
    found: ['POLLUX_CTL_CANCELLED 4'],
  },
  {
    says: 'waits with room for one event, of which more are ready, get advice',
    lines: [
      add(4, 'EPOLLIN'),
      ...repeated(100, 'epoll_wait(3, [{events=EPOLLIN, data={u32=4, u64=4}}], 1, -1) = 1 <0.000010>', read(1, 1)),
    ],
    found: ['POLLUX_WAIT_PER_EVENT 3'],
  },
  {
    says: 'EPOLLEXCLUSIVE that the kernel refuses gets advice',
    lines: [
      'epoll_ctl(3, EPOLL_CTL_MOD, 4, {events=EPOLLIN|EPOLLEXCLUSIVE, data={u32=4, u64=4}}) = -1 EINVAL (Invalid argument)',
    ],
    found: ['POLLUX_EXCLUSIVE_MISUSED 3'],
  },
];

for (const [index, { says, lines, found }] of CASES.entries()) {
  test(`audit:trace.${index + 1} ${says}`, () => {
    assert.equal(codesIn(traceOf(...lines)), found);
  });
}

test('audit:trace-memory.1 what was closed is forgotten: ten thousand connections leave no memory behind', () => {
  const connection = traceOf(
    EDGE,
    event('EPOLLIN'),
    read(9, 64),
    'epoll_ctl(3, EPOLL_CTL_DEL, 4, NULL) = 0',
    'close(4) = 0',
    'close(5) = 0',
  ).slice(1, -1);
  const trace = new Trace(() => {});
  const heapAfter = (times: number): number => {
    for (let count = 0; count < times; count++) for (const line of connection) trace.readLine(line);
    global.gc!();
    return process.memoryUsage().heapUsed;
  };
  const before = heapAfter(1000);
  const growth = heapAfter(10_000) - before;
  assert.ok(growth < 1_000_000, `${growth} bytes more`);
});
