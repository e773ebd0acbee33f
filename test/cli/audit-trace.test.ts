import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { WOULD_BLOCK, close, open, openPty, read } from 'pollux/sys';
import * as assert from 'uvu/assert';
import { lackOfStrace } from '../audit/any-programs.js';
import { pollux } from '../support/command.js';
import { CLI, ROOT } from '../support/paths.js';
import { type Scope, scoped } from '../support/scope.js';
import { suite } from '../support/suite.js';

const test = suite('cli: audit of a trace', { needs: ['node', 'kernel'] });
const traced = test.unless(lackOfStrace());

const FORM = join(ROOT, 'test', 'audit', 'traces', '6.1-f-ttt.strace');

test('cli:audit-trace.1 --strace of a recording with a fault: status 1, and the calls with their lines and times', () => {
  const { stdout, stderr, status } = pollux(['audit', '--strace', FORM]);
  assert.equal([status, stderr], [1, '']);
  assert.match(stdout, /^POLLUX_EDGE_NOT_DRAINED fd 4 \(unix socket\), process 21805: an edge was delivered/);
  assert.match(stdout, /Read or accept in a loop until EAGAIN/);
  assert.match(stdout, /Registered with EPOLLIN\|EPOLLET:\n +line 3 1795869678\.153501 \[21805\] epoll_ctl\(3, /);
  assert.match(stdout, /Shown by:\n +line 5 [^]*line 10 1795869678\.175391 \[21805\] read\(4, /);
  assert.match(stdout, /\npollux audit: 1 finding\n$/);
});

test('cli:audit-trace.2 --only leaves other codes out, and with --json there is one object a line', () => {
  const args = ['audit', '--strace', FORM, '--only'];
  assert.is(pollux([...args, 'POLLUX_GHOST']).status, 0);
  const { stdout, status } = pollux([...args, 'POLLUX_GHOST,POLLUX_EDGE_NOT_DRAINED', '--json']);
  const [line, ...rest] = stdout.split('\n');
  const { code, rank, fd, calls } = JSON.parse(line!) as Record<string, unknown>;
  assert.equal([status, rest, code, rank, fd], [1, [''], 'POLLUX_EDGE_NOT_DRAINED', 'finding', 4]);
  assert.ok(Array.isArray(calls));
});

test(
  'cli:audit-trace.3 advice changes no exit status',
  scoped((scope) => {
    const file = join(scope.directory(), 'trace');
    writeFileSync(file, '9 epoll_create(1) = 3\n9 epoll_wait(3, [], 8, 1) = 0\n9 +++ exited with 0 +++\n');
    const { stdout, status } = pollux(['audit', '--strace', file]);
    assert.is(status, 0);
    assert.match(stdout, /^advice: POLLUX_EPOLL_INHERITED fd 3 \(epoll instance\), process 9: /);
    assert.match(stdout, /\npollux audit: nothing was found; 1 piece of advice\n$/);
  }),
);

test(
  'cli:audit-trace.4 a file that is no recording: status 1, and a line that says so',
  scoped((scope) => {
    const file = join(scope.directory(), 'trace');
    writeFileSync(file, 'one\ntwo\n');
    const { stderr, status } = pollux(['audit', '--strace', file]);
    assert.is(status, 1);
    assert.match(stderr, /has 2 lines, and none is a system call as strace prints it/);
  }),
);

test('cli:audit-trace.5 a wrong command line is refused with status 2', () => {
  const refusals: ReadonlyArray<[args: string[], message: RegExp]> = [
    [['--exec'], /--exec needs a command/],
    [['--strace', 'no-such-file'], /there is no file no-such-file/],
    [['--strace', FORM, 'x'], /unexpected argument 'x'/],
    [['--exec', '--strace', FORM, 'x'], /--exec and --strace exclude each other/],
    [['--save', 'x', 'script.js'], /--save is for --exec/],
    [['--strace', FORM, '--only', 'POLLUX_MODIFY_STROM'], /is the code of no finding.*POLLUX_MODIFY_STORM/],
  ];
  for (const [args, message] of refusals) {
    const { stderr, status } = pollux(['audit', ...args]);
    assert.is(status, 2, args.join(' '));
    assert.match(stderr, message);
  }
});

test('cli:audit-trace.6 where strace is missing, --exec says how to get it', () => {
  const { stderr, status } = pollux(['audit', '--exec', 'true'], { PATH: '/nowhere' });
  assert.is(status, 1);
  assert.match(stderr, /^pollux: strace\(1\) is not installed\. (Get it with: .*strace|See https:\/\/strace\.io)\n$/);
});

/** A folder with a `strace` that prints `message` and fails. */
function failingStrace(scope: Scope, message: string): string {
  const folder = scope.directory();
  writeFileSync(join(folder, 'strace'), `#!/bin/sh\necho '${message}' >&2\nexit 1\n`);
  chmodSync(join(folder, 'strace'), 0o755);
  return folder;
}

test(
  'cli:audit-trace.7 where ptrace is not permitted, --exec says why, with what strace said',
  scoped((scope) => {
    const folder = failingStrace(scope, 'strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted');
    const { stderr, status } = pollux(['audit', '--exec', 'true'], { PATH: `${folder}:${process.env['PATH']}` });
    assert.is(status, 1);
    assert.match(stderr, /^pollux: strace may not trace: .*PTRACE_TRACEME.*Operation not permitted\n$/);
  }),
);

traced(
  'cli:audit-trace.8 --exec of a command without a fault: status 0, and its output and arguments are its own',
  () => {
    const { stdout, stderr, status } = pollux(['audit', '--exec', 'echo', '--json', '--help']);
    assert.equal([status, stdout, stderr], [0, '--json --help\npollux audit: nothing was found\n', '']);
  },
);

traced('cli:audit-trace.9 --exec of a command that fails: status 1, and a line that says so', () => {
  const { stderr, status } = pollux(['audit', '--exec', 'sh', '-c', 'exit 3']);
  assert.equal([status, stderr], [1, 'pollux: the command ended with the exit status 3\n']);
});

traced('cli:audit-trace.10 --exec of a command that does not exist: status 2', () => {
  const { stderr, status } = pollux(['audit', '--exec', 'no-such-command']);
  assert.is(status, 2);
  assert.match(stderr, /there is no command no-such-command/);
});

traced(
  'cli:audit-trace.11 --save keeps the recording, which --strace reads',
  scoped((scope) => {
    const file = join(scope.directory(), 'trace');
    const fault =
      'import select,os; r,w=os.pipe(); p=select.epoll(); p.register(r); os.close(w); [p.poll() for _ in range(50)]';
    const live = pollux(['audit', '--json', '--save', file, '--exec', 'python3', '-c', fault]);
    assert.is(live.status, 1, live.stderr);
    assert.match(readFileSync(file, 'utf8'), /^\d+ +[\d.]+ execve\(/);
    assert.is(pollux(['audit', '--json', '--strace', file]).stdout, live.stdout);
  }),
);

traced(
  'cli:audit-trace.12 SIGTERM is passed to the command, and what it leaves behind is judged',
  scoped(async () => {
    const fault = `import select,os
r,w=os.pipe(); p=select.epoll(); p.register(r,select.EPOLLIN|select.EPOLLET); os.write(w,b'x'*100)
p.poll(); os.read(r,10); p.poll(0.2); print('ready',flush=True); p.poll()`;
    const args = [CLI, 'audit', '--json', '--exec', 'python3', '-c', fault];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line);
      if (line === 'ready') child.kill('SIGTERM');
    });
    await once(reader, 'close');
    assert.equal(await exit, [1, null]);
    assert.equal(
      lines.slice(1).map((line) => (JSON.parse(line) as { code: string }).code),
      ['POLLUX_EDGE_NOT_DRAINED'],
    );
  }),
);

/** What appears on the terminal `fd` until `pattern` does. */
async function shownOn(fd: number, pattern: RegExp, child: ChildProcess): Promise<string> {
  const buffer = Buffer.alloc(4096);
  let shown = '';
  while (!pattern.test(shown) && child.exitCode === null) {
    const length = read(fd, buffer);
    if (length === WOULD_BLOCK) await new Promise((resolve) => setTimeout(resolve, 20));
    else shown += buffer.toString('latin1', 0, length);
  }
  return shown;
}

traced(
  'cli:audit-trace.13 on a terminal a line of progress is shown while the command runs',
  scoped(async (scope) => {
    const { fd: controller, path } = openPty();
    const terminal = open(path, 'r+');
    scope.atEnd(() => close(controller));
    scope.atEnd(() => close(terminal));
    const args = [CLI, 'audit', '--exec', 'cat'];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', terminal] });
    const exit = once(child, 'exit');
    const shown = await shownOn(controller, /events/, child);
    child.stdin!.end();
    assert.match(shown, /pollux audit: \d+ s, \d+ tasks?, \d+ epoll instances?, \d+ events/);
    assert.equal(await exit, [0, null]);
  }),
);
