// Prints the events of /proc/self/mounts for a mount and its removal. Run in a mount namespace of its own.
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { Epoll } from 'pollux-epoll';

const fd = openSync('/proc/self/mounts', 'r');
const steps = [
  ['mount', '-t', 'tmpfs', 'none', tmpdir()],
  ['umount', tmpdir()],
];

const epoll = new Epoll((_, __, events) => {
  console.log(events & (Epoll.EPOLLPRI | Epoll.EPOLLERR));
  step();
});
epoll.add(fd, Epoll.EPOLLPRI | Epoll.EPOLLERR);
step();

function step(): void {
  const [command, ...args] = steps.shift() ?? [];
  if (command === undefined) epoll.close();
  else spawnSync(command, args);
}
