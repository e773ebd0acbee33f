// A server that speaks redis's protocol, versions 2 and 3, in Node's event loop: what redis-benchmark, ioredis and
// node-redis ask for. Requests that come together (pipelining) are answered with one write; a client that does not take
// its answers is not read from. The folder redis-server has the protocol and the commands.
//
//   node examples/redis-server.mjs 6380        prints the port that it listens on; without a number any free one
//   redis-cli -p 6380 SET greeting hello
//   redis-benchmark -p 6380 -q -P 16
import { READABLE, watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { run } from './redis-server/commands.mjs';
import { encode } from './redis-server/replies.mjs';
import { Input } from './redis-server/requests.mjs';
import { Session } from './redis-server/session.mjs';
import { listenOn, portFrom } from './support/listen.mjs';

const MOST_ANSWERS = 1 << 20; // characters that are made before they are sent
const MOST_PUSHED = 32 << 20; // characters that wait for a client that takes nothing

const port = listenOn(portFrom(process.argv[2], 'redis-server.mjs [PORT]'), (fd) => {
  sys.setOption(fd, 'noDelay', true);
  const session = new Session((push) => deliver(client, connection, push));
  const client = { session, input: new Input(), output: null, pushed: '' };
  const connection = watch(fd, READABLE, () => {
    try {
      if (!serve(client, connection)) goodbye(client, connection);
    } catch {
      goodbye(client, connection); // ECONNRESET, EPIPE: the client is gone
    }
  });
});
console.log(`listening on 127.0.0.1:${port}`);

function goodbye(client, connection) {
  client.session.leave();
  connection.close();
  sys.close(connection.fd);
}

/** Reads, answers and sends as far as that goes now; false when the connection is finished. */
function serve(client, connection) {
  const { fd } = connection;
  if (client.output === null && client.input.fill((buffer, offset) => sys.read(fd, buffer, offset)) === 0) return false;
  while (send(client, fd)) {
    if (client.session.ends) return false;
    const answers = answer(client);
    const text = client.pushed + answers;
    client.pushed = '';
    if (text === '') {
      connection.interest = READABLE;
      return true;
    }
    client.output = Buffer.from(text, 'latin1');
  }
  connection.interest = WRITABLE;
  return true;
}

/** Writes what there is to send; false while some of it is left. */
function send(client, fd) {
  if (client.output === null) return true;
  const written = sys.write(fd, client.output);
  if (written === client.output.length) client.output = null;
  else if (written !== sys.WOULD_BLOCK) client.output = client.output.subarray(written);
  return client.output === null;
}

/** The answers to the requests that are complete. */
function answer({ session, input }) {
  let answers = '';
  for (let words; !session.ends && answers.length < MOST_ANSWERS; ) {
    try {
      words = input.next();
    } catch (error) {
      session.ends = true;
      return `${answers}-ERR Protocol error: ${error.message}\r\n`;
    }
    if (words === null) break;
    const reply = run(session, words);
    if (reply !== undefined) answers += encode(reply, session.version);
  }
  return answers;
}

/** Keeps what the client did not ask for until it can be sent. */
function deliver(client, connection, push) {
  client.pushed += encode(push, client.session.version);
  connection.interest = WRITABLE;
  if (client.output !== null && client.pushed.length > MOST_PUSHED) goodbye(client, connection);
}
