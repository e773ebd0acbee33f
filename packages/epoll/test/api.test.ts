import { Epoll } from 'pollux-epoll';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { suite } from '../../../test/support/suite.js';

const test = suite('pollux-epoll');

test('epoll:api.1 the callback is told null, the descriptor and its events', async () => {
  const [reader, writer] = sys.pipe();
  const calls: unknown[][] = [];
  await new Promise<void>((done) => {
    const epoll = new Epoll((...call) => {
      calls.push(call);
      epoll.remove(reader).close();
      done();
    });
    epoll.add(reader, Epoll.EPOLLIN);
    sys.write(writer, Buffer.from('x'));
  });
  assert.equal(calls, [[null, reader, Epoll.EPOLLIN]]);
  sys.close(reader);
  sys.close(writer);
});
