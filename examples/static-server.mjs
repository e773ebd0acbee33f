// A server of files over HTTP/1.1: keep-alive, GET and HEAD, ranges. The bytes go from the file to the socket inside
// the kernel (sendfile), as fast as the client takes them. The folder static-server has what is of HTTP.
//
//   node examples/static-server.mjs . 8080     the folder, and the port; without a number any free one
//   curl -i -r 0-99 http://127.0.0.1:8080/README.md
//   wrk -t1 -c50 http://127.0.0.1:8080/README.md
import { closeSync, realpathSync } from 'node:fs';
import { READABLE, watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { answerTo, refuse } from './static-server/answers.mjs';
import { listenOn, portFrom } from './support/listen.mjs';

const ROOT = realpathSync.native(process.argv[2] ?? '.');
const LONGEST_HEAD = 16384;
const IDLE_MS = 30_000;
const MORE = process.platform === 'linux' ? sys.MSG_MORE : 0; // the head waits for the body, to travel with it
const buffer = Buffer.allocUnsafe(LONGEST_HEAD);

const port = listenOn(portFrom(process.argv[3], 'static-server.mjs [FOLDER] [PORT]'), (fd) => {
  sys.setOption(fd, 'noDelay', true);
  const client = { input: '', head: null, file: -1, offset: 0, end: 0, closes: false, lingers: false, isDone: false };
  const connection = watch(fd, READABLE, () => {
    try {
      if (!serve(client, connection)) goodbye(client, connection);
    } catch {
      goodbye(client, connection); // ECONNRESET, EPIPE: the client is gone
    }
  });
  connection.setIdleTimeout(IDLE_MS, () => goodbye(client, connection));
});
console.log(`listening on 127.0.0.1:${port}`);

function goodbye(client, connection) {
  connection.close();
  sys.close(connection.fd);
  if (client.file >= 0) closeSync(client.file);
}

/** Reads, answers and sends as far as that goes now; false when the connection is finished. */
function serve(client, connection) {
  if (client.isDone) return sys.read(connection.fd, buffer) !== 0;
  const isIdle = client.head === null && client.file < 0;
  if (isIdle && !receive(client, connection.fd)) return false;
  while (send(client, connection.fd)) {
    if (client.closes) return client.lingers && end(client, connection);
    if (!answerNext(client)) {
      connection.interest = READABLE;
      return true;
    }
  }
  connection.interest = WRITABLE;
  return true;
}

/** Ends writing, and waits for the client's end: a close while it still sends is a reset, which loses the answer. */
function end(client, connection) {
  sys.shutdown(connection.fd, 'write');
  connection.interest = READABLE;
  client.isDone = true;
  return true;
}

function receive(client, fd) {
  const length = sys.read(fd, buffer);
  if (length > 0) client.input += buffer.latin1Slice(0, length);
  return length !== 0;
}

/** Sends the head, then the file; false while some of it is left. */
function send(client, fd) {
  if (client.head !== null) {
    const sent = sys.send(fd, client.head, 0, undefined, client.file < 0 ? 0 : MORE);
    if (sent < client.head.length) {
      if (sent > 0) client.head = client.head.subarray(sent);
      return false;
    }
    client.head = null;
  }
  while (client.offset < client.end) {
    const sent = sys.sendFile(fd, client.file, client.offset, client.end - client.offset);
    if (sent === sys.WOULD_BLOCK) return false;
    if (sent === 0) throw new Error('the file has become shorter than was said');
    client.offset += sent;
  }
  if (client.file >= 0) closeSync(client.file);
  client.file = -1;
  return true;
}

/** Begins the answer to the next request; false when there is none yet. */
function answerNext(client) {
  client.input = client.input.replace(/^(?:\r\n)+/, '');
  const end = client.input.indexOf('\r\n\r\n');
  if (end < 0 && client.input.length < LONGEST_HEAD) return false;
  Object.assign(client, end < 0 ? refuse(431, true, true) : answerTo(client.input.slice(0, end), ROOT));
  client.input = client.input.slice(end + 4);
  return true;
}
