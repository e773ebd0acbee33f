// A stream that waits for data, with the waiter and the action of the command line. Shows whether the process stays
// alive.
import { FdStream, Reactor } from 'pollux';
import * as sys from 'pollux/sys';

const [waiter, act] = process.argv.slice(2) as ['uv' | 'thread', string];
const [fd, peer] = sys.socketPair();
const stream = new FdStream(fd, { reactor: new Reactor({ waiter }), readSize: 100, highWaterMark: 100 });
if (act === 'full') sys.write(peer, Buffer.alloc(100));
else stream.resume();
if (act === 'unref') stream.unref();
if (act === 'destroy') stream.destroy();
if (act === 'wait') {
  setTimeout(() => {
    console.log('waited');
    stream.destroy();
  }, 100).unref();
}
process.on('exit', () => console.log('done'));
