// Many connections to one server: `crowd.js PORT COUNT`. Says "connected" once all are, writes a byte on every
// second of them when it is told "speak", and says "closed" once the server has ended each.
import { READABLE, Reactor, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';

const AT_ONCE = 500;
const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const reactor = new Reactor();
const fds: number[] = [];

async function connect(): Promise<void> {
  while (fds.length < count) {
    const fd = sys.socket('ipv4');
    fds.push(fd);
    if (sys.connect(fd, { host: '127.0.0.1', port }) === sys.WOULD_BLOCK) await reactor.once(fd, WRITABLE);
    assert.is(sys.takeError(fd), 0);
  }
}

function speak(): void {
  for (let i = 0; i < count; i += 2) {
    try {
      sys.write(fds[i]!, Buffer.from('x'));
    } catch {
      // EPIPE, ECONNRESET: the server has closed the connection already.
    }
  }
}

function awaitEnds(): void {
  let ended = 0;
  for (const fd of fds) {
    reactor.watch(fd, READABLE, (_, watch) => {
      watch.close();
      if (++ended === count) process.send!('closed', () => process.disconnect());
    });
  }
}

void Promise.all(Array.from({ length: AT_ONCE }, connect)).then(() => {
  awaitEnds();
  process.on('message', speak);
  process.send!('connected');
});
