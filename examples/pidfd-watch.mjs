// Tells when processes have ended that are not children: those of a pid file, of another terminal, of another
// supervisor.
//
//   sleep 100 & node examples/pidfd-watch.mjs $!        then: kill $!
//
// Nobody is polled, and a number that is given to another process meanwhile does no harm. Why it has ended is for its
// parent to know.
import { once, READABLE } from 'pollux';
import * as sys from 'pollux/sys';

const pids = process.argv.slice(2).map(Number);
if (pids.length === 0) {
  console.error('usage: node examples/pidfd-watch.mjs PID...');
  process.exit(2);
}

async function watchProcess(pid) {
  let fd;
  try {
    fd = sys.openProcess(pid);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return console.log(`${pid} is not there`);
  }
  console.log(`${pid} runs`);
  await once(fd, READABLE);
  sys.close(fd);
  console.log(`${pid} has ended`);
}

await Promise.all(pids.map(watchProcess));
