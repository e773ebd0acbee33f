// A service that tells systemd when it is ready, that it is alive, and when it stops: sd_notify(3), Type=notify,
// WatchdogSec=.
//
//   systemd-run --user -p Type=notify -p WatchdogSec=5 node examples/systemd-notify.mjs
import * as sys from 'pollux/sys';

/** Tells `state` to the service manager; nothing happens where there is none. */
export function notify(state) {
  const path = process.env.NOTIFY_SOCKET;
  if (path === undefined) return;
  const fd = sys.socket('unix', 'dgram');
  try {
    // A path that begins with @ is an abstract name. The manager knows the sender by its credentials.
    sys.sendMessage(fd, [Buffer.from(state)], {
      address: { path: path.replace(/^@/, '\0') },
      control: { credentials: { pid: process.pid, uid: process.getuid(), gid: process.getgid() } },
    });
  } finally {
    sys.close(fd);
  }
}

notify(`READY=1\nSTATUS=serving\nMAINPID=${process.pid}`);
console.log('ready');

// Twice as often as it must be. A loop that hangs does not come here, and systemd starts the service anew.
const watchdogMs = Number(process.env.WATCHDOG_USEC ?? 0) / 1000;
const alive = watchdogMs > 0 ? setInterval(() => notify('WATCHDOG=1'), watchdogMs / 2) : setInterval(() => {}, 60_000);

process.on('SIGTERM', () => {
  notify('STOPPING=1');
  clearInterval(alive);
});
