// A file of the kernel that says when it has changed: what is mounted, and what is no longer. Such files (here
// /proc/self/mounts; the attributes of sysfs and GPIO pins are of the kind) are always readable, and a change is
// PRIORITY.
//
//   node examples/watch-mounts.mjs             Linux; then mount or unmount something, a USB stick or a container will do
//   sudo mount -t tmpfs none /mnt && sudo umount /mnt
//
// This file forgets a change as soon as anybody asks for it, and Node's event loop, which asks a reactor's poller,
// would be the first: hence a thread that waits instead.
import { openSync, readSync } from 'node:fs';
import { PRIORITY, Reactor } from 'pollux';

const fd = openSync('/proc/self/mounts', 'r');
let mounted = read();
const reactor = new Reactor({ waiter: 'thread' });
reactor.watch(fd, PRIORITY, () => {
  const now = read();
  for (const place of now) if (!mounted.has(place)) console.log(`+ ${place}`);
  for (const place of mounted) if (!now.has(place)) console.log(`- ${place}`);
  mounted = now;
});
console.log(`${mounted.size} mounted`);

/** Each line of the file, without its options: what is mounted where, and of which type. */
function read() {
  const chunk = Buffer.alloc(65536);
  let text = '';
  for (let length; (length = readSync(fd, chunk, 0, chunk.length, text.length)) > 0; )
    text += chunk.latin1Slice(0, length);
  return new Set(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ').slice(0, 3).join(' ')),
  );
}
