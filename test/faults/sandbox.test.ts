import * as assert from 'uvu/assert';
import { runProgram } from '../support/program.js';
import { REFUSABLE, type Refusable } from '../support/sandbox.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('faults: system calls that a sandbox or an old kernel refuses', { sanitized: ['epoll'] }).unless(
  on(['bun', 'deno'], 'the runtime makes the refused calls itself, and need not go on without them'),
);

const ERRNOS = ['ENOSYS', 'EPERM'] as const;

type Errno = (typeof ERRNOS)[number];

/** For each system call: what fails without it, with the error. Everything else works without the call. */
const WITHOUT: { readonly [call in Refusable]?: (errno: Errno) => Readonly<Record<string, string>> } = {
  epoll_ctl: (errno) => ({
    poller: `${errno} epoll_ctl`,
    'open poller': `${errno} epoll_ctl`,
    'reactor uv': `${errno} epoll_ctl`,
    'reactor thread': `${errno} epoll_ctl`,
    ...(errno === 'ENOSYS' ? { kinds: 'ENOSYS epoll_ctl' } : {}),
  }),
  inotify_add_watch: (errno) => ({ inotify: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM inotify_add_watch' }),
  sendto: (errno) => ({ send: `${errno} send` }),
  sendfile: (errno) => ({ sendFile: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM sendfile' }),
  splice: (errno) => ({ splice: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM splice' }),
  readv: (errno) => ({ readv: `${errno} readv` }),
  recvmsg: (errno) => ({ recvFrom: `${errno} recvmsg` }),
  'ioctl TIOCGPTN': (errno) => ({ pty: `${errno} ioctl` }),
};

/** Why the host itself cannot run without a call; undefined where it can. */
function needOfHost(call: Refusable, errno: Errno): string | undefined {
  const isNode18 = process.versions.node.startsWith('18.');
  return isNode18 && call === 'epoll_wait' && errno === 'EPERM'
    ? 'libuv of Node 18 waits with epoll_wait, and aborts'
    : undefined;
}

for (const call of REFUSABLE) {
  for (const errno of ERRNOS) {
    const lost = WITHOUT[call]?.(errno) ?? {};
    const names = Object.keys(lost);
    const what =
      names.length === 0 ? 'everything works without it' : `its error names it, and all but ${names.join(', ')} works`;
    test.unless(needOfHost(call, errno))(`faults:sandbox.1 ${call} is refused with ${errno}: ${what}`, () => {
      const { stdout, stderr } = runProgram('sandboxed', call, errno);
      assert.is(stderr, '');
      assert.equal(JSON.parse(stdout), lost);
    });
  }
}
