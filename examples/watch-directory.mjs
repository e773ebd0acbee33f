// Says what happens to the files of a directory: inotify, as a stream of events. Linux.
//
//   node examples/watch-directory.mjs /tmp     then, elsewhere: touch /tmp/a && mv /tmp/a /tmp/b && rm /tmp/b
import { FdStream } from 'pollux';
import * as sys from 'pollux/sys';

const SIGNS = [
  [sys.IN_CREATE, '+'],
  [sys.IN_MOVED_TO, '+'], // the cookie of both halves of a move is the same
  [sys.IN_CLOSE_WRITE, '='], // written, and closed by who wrote: time to read it
  [sys.IN_MOVED_FROM, '-'],
  [sys.IN_DELETE, '-'],
];

const path = process.argv[2];
if (path === undefined) {
  console.error('usage: node examples/watch-directory.mjs DIRECTORY');
  process.exit(2);
}

const fd = sys.inotifyInit();
const asked = SIGNS.reduce((mask, [bit]) => mask | bit, sys.IN_ONLYDIR);
sys.inotifyAddWatch(fd, path, asked);
console.log(`watching ${path}`);

// Each chunk is what one read(2) returned: whole events, in the order in which they happened.
for await (const chunk of new FdStream(fd)) {
  for (const { mask, cookie, name } of sys.inotifyEvents(chunk)) {
    if ((mask & sys.IN_Q_OVERFLOW) !== 0) console.log('! more happened than the kernel could keep: look again');
    if ((mask & sys.IN_IGNORED) !== 0) process.exit(); // the directory is gone
    const sign = SIGNS.find(([bit]) => (mask & bit) !== 0)?.[1];
    if (sign === undefined) continue;
    console.log(`${sign} ${name}${(mask & sys.IN_ISDIR) !== 0 ? '/' : ''}${cookie !== 0 ? ' (moved)' : ''}`);
  }
}
