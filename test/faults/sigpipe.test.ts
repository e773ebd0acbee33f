import * as assert from 'uvu/assert';
import { runProgram } from '../support/program.js';
import { suite } from '../support/suite.js';
import { on } from '../support/runtime.js';

const test = suite('faults: writing to a peer that is gone', { sanitized: ['epoll'] }).unless(
  on(['bun', 'deno'], 'the program waits until libuv has given the signal back to the system'),
);

const WAYS = [
  ...['a unix socket', 'a seqpacket socket'].flatMap((peer) =>
    ['write', 'writev', 'sendFile', 'splice', 'send'].map((call) => `${call} to ${peer}`),
  ),
  ...['write', 'writev', 'sendFile', 'splice'].map((call) => `${call} to a pipe`),
];

for (const where of ['main', 'worker'] as const) {
  for (const refused of [undefined, 'pwritev2', 'sendto', 'sendmsg'] as const) {
    const kernel = refused === undefined ? '' : `, without ${refused}`;
    test(`faults:sigpipe.1 ${where} thread${kernel}: a write to a peer that has closed throws EPIPE, and SIGPIPE does not end the process`, () => {
      const { stdout, stderr } = runProgram('closed-peers', where, ...(refused === undefined ? [] : [refused]));
      assert.is(stderr, '');
      const { reuse, streams, left, ...outcome } = JSON.parse(stdout) as Record<string, string>;
      const expected = Object.fromEntries(
        WAYS.map((way) => [way, refused === 'sendto' && way.startsWith('send to') ? 'ENOSYS' : 'EPIPE']),
      );
      assert.equal(outcome, expected);
      assert.equal([reuse, streams], ['300 EPIPE', 'EPIPE,EPIPE']);
      // The disposition of SIGPIPE is as before, and no SIGPIPE is pending for the thread.
      assert.is(left, '');
    });
  }
}
