// A listening socket on 127.0.0.1, watched by the thread's reactor.
import { ONESHOT, READABLE, watch } from 'pollux';
import * as sys from 'pollux/sys';

const EXHAUSTED = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'];
const RETRY_MS = 100;

/** The port that the user has asked for; 0 where nothing was said. With anything that is no port the program ends. */
export function portFrom(text, usage) {
  const port = Number(text ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  console.error(`usage: node examples/${usage}`);
  process.exit(2);
}

/** Calls `onConnection` with each descriptor, and returns the port. Port 0 is any free one. */
export function listenOn(port, onConnection) {
  const listener = sys.socket('ipv4');
  sys.setOption(listener, 'reuseAddress', true);
  sys.bind(listener, { host: '127.0.0.1', port });
  sys.listen(listener);
  watch(listener, READABLE | ONESHOT, (_, watched) => {
    if (acceptAll(listener, onConnection)) watched.rearm();
    else watched.setIdleTimeout(RETRY_MS, () => watched.rearm());
  });
  return sys.localAddress(listener).port;
}

/** False when no descriptor is left: being told so over and over would help nobody. */
function acceptAll(listener, onConnection) {
  try {
    for (let fd = sys.accept(listener); fd !== sys.WOULD_BLOCK; fd = sys.accept(listener)) onConnection(fd);
    return true;
  } catch (error) {
    if (!EXHAUSTED.includes(error.code)) throw error;
    return false;
  }
}
