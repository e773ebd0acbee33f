import * as assert from 'uvu/assert';
import { runProgram } from './support/program.js';
import { REFUSABLE, type Refusable } from './support/sandbox.js';
import { suite } from './support/suite.js';

const test = suite('faults: system calls that a sandbox or an old kernel refuses');

const ERRNOS = ['ENOSYS', 'EPERM'] as const;

type Errno = typeof ERRNOS[number];

/** What cannot work without a call, and what its error says. Whatever is not named here works all the same. */
const WITHOUT: { readonly [call in Refusable]?: (errno: Errno) => Readonly<Record<string, string>> } = {
  epoll_ctl: (errno) => ({
    'poller': `${errno} epoll_ctl`, 'open poller': `${errno} epoll_ctl`, 'reactor uv': `${errno} epoll_ctl`,
    'reactor thread': `${errno} epoll_ctl`, ...(errno === 'ENOSYS' ? { kinds: 'ENOSYS epoll_ctl' } : {}),
  }),
  inotify_add_watch: (errno) => ({ inotify: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM inotify_add_watch' }),
  sendto: (errno) => ({ send: `${errno} send` }),
  sendfile: (errno) => ({ sendFile: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM sendfile' }),
  splice: (errno) => ({ splice: errno === 'ENOSYS' ? 'ERR_NOT_SUPPORTED' : 'EPERM splice' }),
  readv: (errno) => ({ readv: `${errno} readv` }),
  recvmsg: (errno) => ({ recvFrom: `${errno} recvmsg` }),
  'ioctl TIOCGPTN': (errno) => ({ pty: `${errno} ioctl` }),
};

for (const call of REFUSABLE) {
  for (const errno of ERRNOS) {
    const lost = WITHOUT[call]?.(errno) ?? {};
    const names = Object.keys(lost);
    const what = names.length === 0 ? 'everything works without it' : `its error names it, and all but ${names.join(', ')} works`;
    test(`fault.sandbox.1 ${call} is refused with ${errno}: ${what}`, () => {
      const { stdout, stderr } = runProgram('sandboxed', call, errno);
      assert.is(stderr, '');
      assert.equal(JSON.parse(stdout), lost);
    });
  }
}
