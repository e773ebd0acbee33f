// Tells when tasks have to wait for the processor, for memory or for storage: a trigger of pressure stall information.
//
//   node examples/psi-pressure.mjs cpu 150 2000         Linux 5.2: more than 150 ms of waiting in 2000 ms
//   for i in $(seq 8); do timeout 5 sh -c 'while :; do :; done' & done
//
// Windows are 500 … 10,000 ms; without CAP_SYS_RESOURCE a multiple of 2000 ms, and EINVAL otherwise (Linux 6.4; before,
// only root may set a trigger).
//
// The kernel forgets what a trigger has to say as soon as anybody polls it, and Node's event loop, which polls a
// reactor's poller, would be the first: hence a thread that waits instead.
import { constants, readFileSync } from 'node:fs';
import { PRIORITY, Reactor } from 'pollux';
import * as sys from 'pollux/sys';

const [resource, stallMs, windowMs] = process.argv.slice(2);
if (windowMs === undefined) {
  console.error('usage: node examples/psi-pressure.mjs cpu|memory|io STALL_MS WINDOW_MS');
  process.exit(2);
}
const path = `/proc/pressure/${resource}`;
const fd = sys.open(path, constants.O_RDWR);
sys.write(fd, Buffer.from(`some ${stallMs * 1000} ${windowMs * 1000}\0`)); // in microseconds

const reactor = new Reactor({ waiter: 'thread' });
reactor.watch(fd, PRIORITY, (readiness) => {
  if ((readiness & PRIORITY) === 0) throw new Error('the trigger is gone');
  console.log(`${resource}: ${readFileSync(path, 'utf8').split('\n', 1)[0]}`);
});
console.log(`watching ${path}`);
