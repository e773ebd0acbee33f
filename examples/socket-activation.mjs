// A service that systemd (or systemd-socket-activate) starts with a socket that listens already: sd_listen_fds(3).
// Answers each connection with a line, and ends when nobody came for a while.
//
//   systemd-socket-activate -l 7000 node examples/socket-activation.mjs     then: nc 127.0.0.1 7000
import { FdStream, listen } from 'pollux';

const FIRST_FD = 3;
const IDLE_MS = Number(process.argv[2] ?? 60_000);

/** The descriptors that were passed to this process, and not to a parent of it. */
function passedDescriptors() {
  const { LISTEN_PID, LISTEN_FDS = '0' } = process.env;
  if (Number(LISTEN_PID) !== process.pid) return [];
  return Array.from({ length: Number(LISTEN_FDS) }, (_, index) => FIRST_FD + index);
}

let served = 0;
const timer = setTimeout(stop, IDLE_MS);

const listeners = passedDescriptors().map((fd) =>
  listen({ fd, maxConnections: 100 }, (connection) => {
    timer.refresh();
    new FdStream(connection).on('error', () => {}).end(`hello, you are number ${++served}\n`);
  }),
);

function stop() {
  for (const listener of listeners) listener.close();
  clearTimeout(timer);
}

if (listeners.length === 0) {
  console.error('no socket was passed: start it by systemd-socket-activate');
  process.exitCode = 1;
  stop();
} else {
  for (const { address } of listeners) console.log('listening on', address.path ?? `${address.host}:${address.port}`);
}
