// Prints what a listener does while no descriptor is left, and once one is free.
import { listen, Reactor } from 'pollux';
import * as sys from 'pollux/sys';
import { descriptors } from '../support/descriptors.js';

const FULL_MS = 250;
/** The processor time that is allowed in that time: more means spinning. */
const MOST_CPU_US = 150_000;

const reactor = new Reactor({ waiter: process.argv[2] as 'uv' | 'thread' });
const clients = [sys.socket('ipv4'), sys.socket('ipv4')] as const;
let before: NodeJS.CpuUsage | undefined;
let count = 0;

const listener = listen({ host: '127.0.0.1', port: 0, reactor }, (fd) => {
  sys.close(fd);
  if (++count === 1) {
    setImmediate(fill);
    return;
  }
  const { user, system } = process.cpuUsage(before);
  console.log('accepted', user + system < MOST_CPU_US);
  listener.close();
});
const { address } = listener;
sys.connect(clients[0], address);

function fill(): void {
  const limit = descriptors.limitDescriptors(5);
  sys.connect(clients[1], address);
  before = process.cpuUsage();
  setTimeout(() => {
    console.log('waiting', count);
    descriptors.limitDescriptors(limit);
  }, FULL_MS);
}
