// A descriptor that node cannot wait on by itself: a named pipe, read by line, whose writers come and go.
//
//   mkfifo /tmp/door; node examples/watch-fifo.mjs /tmp/door
//   echo hello > /tmp/door                     from another terminal, as often as you like; "bye" ends it
import { closeSync, constants, openSync } from 'node:fs';
import { createPoller, READABLE } from 'pollux';
import { read, WOULD_BLOCK } from 'pollux/sys';

const path = process.argv[2];
if (path === undefined) {
  console.error('usage: node examples/watch-fifo.mjs FIFO');
  process.exit(2);
}
const open = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
const buffer = Buffer.alloc(4096);
const poller = createPoller();
let fifo = open();
poller.add(fifo, READABLE);
console.log(`reading ${path}`);

for (let text = ''; !text.includes('bye\n'); ) {
  for (const event of poller.wait()) {
    const length = read(fifo, buffer);
    if (length > 0) {
      text = buffer.toString('utf8', 0, length);
      process.stdout.write(text);
    } else if (length !== WOULD_BLOCK && event.hangup) {
      poller.remove(fifo); // the last writer has gone, and a FIFO stays hung up, reported by
      closeSync(fifo); // every wait, until the next one: open it anew and wait for that
      fifo = open();
      poller.add(fifo, READABLE);
    }
  }
}
poller.close();
