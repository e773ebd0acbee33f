// The smallest echo server on a Poller: level-triggered, in a blocking loop.
//
//   node examples/blocking-echo.mjs            prints the port it listens on
//   telnet 127.0.0.1 PORT                      what you type comes back; a line "stop" ends the server
import { createPoller, READABLE, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';

const listener = sys.socket('ipv4');
sys.bind(listener, { host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
sys.listen(listener);
console.log(`listening on 127.0.0.1:${sys.localAddress(listener).port}`);

const poller = createPoller();
poller.add(listener, READABLE);
const buffer = Buffer.alloc(64 * 1024);
let serving = true;

while (serving) {
  for (const { fd, data: client } of poller.wait()) {
    if (client === undefined) welcome();
    else serve(fd, client);
  }
}
poller.close();

function welcome() {
  try {
    let fd;
    while ((fd = sys.accept(listener)) !== sys.WOULD_BLOCK) poller.add(fd, READABLE, { pending: null, line: '' });
  } catch (error) {
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
    poller.modify(listener, 0); // no descriptor is left: pause, rather than be told so over and over
  }
}

function serve(fd, client) {
  try {
    if (client.pending !== null) return flush(fd, client);
    const length = sys.read(fd, buffer);
    if (length === sys.WOULD_BLOCK) return;
    if (length === 0) return goodbye(fd);
    if (hasStop(client, buffer.latin1Slice(0, length))) serving = false;
    client.pending = Uint8Array.from(buffer.subarray(0, length));
    flush(fd, client);
  } catch {
    goodbye(fd); // ECONNRESET, EPIPE: the client is gone
  }
}

/** Whether one of the lines is "stop"; a line may come in pieces, and ends with LF or, from telnet, with CR LF. */
function hasStop(client, received) {
  const text = client.line + received;
  client.line = text.slice(text.lastIndexOf('\n') + 1).slice(0, 8); // the beginning is enough
  return /(?:^|\n)stop\r?\n/.test(text);
}

/** Sends what is pending; while the client does not take it, nothing more is read from it. */
function flush(fd, client) {
  const written = sys.write(fd, client.pending);
  if (written === client.pending.length) client.pending = null;
  else if (written !== sys.WOULD_BLOCK) client.pending = client.pending.subarray(written);
  poller.modify(fd, client.pending === null ? READABLE : WRITABLE);
}

function goodbye(fd) {
  poller.remove(fd); // before close: what is pending for it in this batch is stale now
  sys.close(fd);
  poller.modify(listener, READABLE); // a descriptor is free
}
