// A worker that writes into a pipe of its own, tells of each event, and ends after three.
import { parentPort } from 'node:worker_threads';
import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';

const [reader, writer] = sys.pipe();
let left = 3;
const epoll = new Epoll((_, fd, events) => {
  sys.read(fd, Buffer.alloc(1));
  parentPort!.postMessage(events);
  if (--left === 0) epoll.close();
  else sys.write(writer, Buffer.from('x'));
});
epoll.add(reader, Epoll.EPOLLIN);
sys.write(writer, Buffer.from('x'));
