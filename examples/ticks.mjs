// A timer as a descriptor, beside others in one blocking loop: a tick at each whole period of the clock on the wall,
// until an event that another thread adds to says that it is over.
//
//   node examples/ticks.mjs 1000 5             five ticks, at whole seconds
//
// A loop that was busy for longer than a period is told so: the timer has expired more than once.
import { Worker } from 'node:worker_threads';
import { createPoller, READABLE } from 'pollux';
import * as sys from 'pollux/sys';

const [everyMs, count] = process.argv.slice(2).map(Number);
if (!(everyMs > 0 && count > 0)) {
  console.error('usage: node examples/ticks.mjs PERIOD_MS COUNT');
  process.exit(2);
}

const ticks = sys.openTimer({ clock: 'realtime' });
sys.setTimer(ticks, { atMs: Math.ceil(Date.now() / everyMs) * everyMs, everyMs });
const over = sys.openEvent();

const poller = createPoller();
poller.add(ticks, READABLE);
poller.add(over, READABLE);
for (let seen = 0, isOver = false; !isOver; ) {
  for (const { fd } of poller.wait()) {
    if (fd === over) {
      isOver = sys.readEvent(over) > 0;
      continue;
    }
    const expirations = sys.readTimer(ticks);
    if (expirations === sys.WOULD_BLOCK) continue; // some kernels are a tick early
    console.log(expirations === 1 ? `tick ${seen + 1}` : `tick ${seen + 1}, ${expirations - 1} missed`);
    if (++seen === count) endFromThread();
  }
}
poller.close();
sys.close(ticks);
sys.close(over);
console.log('over');

/** Any thread may add to an event: it need know no more than the number. */
function endFromThread() {
  sys.setTimer(ticks, {});
  const program = `import('${import.meta.resolve('pollux/sys')}').then((sys) => sys.addToEvent(${over}, 1))`;
  new Worker(program, { eval: true });
}
