// A stream that waits for data, with the waiter and the action of the command line. Shows whether the process stays
// alive.
import { FdStream, Reactor } from 'pollux';
import * as sys from 'pollux/sys';

const [waiter, act] = process.argv.slice(2) as ['uv' | 'thread', string];
const stream = new FdStream(sys.socketPair()[0], { reactor: new Reactor({ waiter }) });
stream.resume();
if (act === 'unref') stream.unref();
if (act === 'destroy') stream.destroy();
if (act === 'wait') {
  setTimeout(() => {
    console.log('waited');
    stream.destroy();
  }, 100).unref();
}
process.on('exit', () => console.log('done'));
