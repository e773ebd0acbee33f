// A server that speaks redis's protocol (RESP2) with a few of its commands, in Node's event loop. Requests that come
// together (pipelining) are answered with one write; a client that does not take its answers is not read from.
//
//   node examples/redis-server.mjs 6380        prints the port that it listens on; without a number any free one
//   redis-cli -p 6380 SET greeting hello
//   redis-benchmark -p 6380 -t ping,set,get -P 16
import { READABLE, watch, WRITABLE } from 'pollux';
import * as sys from 'pollux/sys';
import { listenOn } from './support/listen.mjs';
import { Input } from './support/resp.mjs';

const MOST_ANSWERS = 1 << 20; // characters that are made before they are sent
const values = new Map(); // keys and values are bytes, kept as latin1 strings: a character is a byte

const bulk = (text) => (text === undefined ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`);
const list = (texts) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;
const number = (count) => `:${count}\r\n`;
const countOf = (keys, test) => number(keys.filter(test).length);

const commands = new Map(
  Object.entries({
    // how many arguments it takes at least, and what it does
    PING: [0, (text) => (text === undefined ? '+PONG\r\n' : bulk(text))],
    ECHO: [1, bulk],
    GET: [1, (key) => bulk(values.get(key))],
    SET: [2, (key, value) => (values.set(key, value), '+OK\r\n')],
    DEL: [1, (...keys) => countOf(keys, (key) => values.delete(key))],
    EXISTS: [1, (...keys) => countOf(keys, (key) => values.has(key))],
    INCR: [1, increment],
    DBSIZE: [0, () => number(values.size)],
    FLUSHALL: [0, () => (values.clear(), '+OK\r\n')],
    CONFIG: [1, (verb, name = '') => list(verb.toUpperCase() === 'GET' ? [name, ''] : [])], // redis-benchmark asks
    COMMAND: [0, () => list([])], // redis-cli asks
  }),
);

const port = listenOn(Number(process.argv[2] ?? 0), (fd) => {
  sys.setOption(fd, 'noDelay', true);
  const client = { input: new Input(), output: null, ends: false };
  watch(fd, READABLE, (_, connection) => {
    try {
      if (!serve(client, connection)) goodbye(connection);
    } catch {
      goodbye(connection); // ECONNRESET, EPIPE: the client is gone
    }
  });
});
console.log(`listening on 127.0.0.1:${port}`);

function goodbye(connection) {
  connection.close();
  sys.close(connection.fd);
}

/** Reads, answers and sends as far as that goes now; false when the connection is finished. */
function serve(client, connection) {
  const { fd } = connection;
  if (client.output === null && client.input.fill((buffer, offset) => sys.read(fd, buffer, offset)) === 0) return false;
  while (send(client, fd)) {
    if (client.ends) return false;
    const answers = answer(client);
    if (answers === '') {
      connection.interest = READABLE;
      return true;
    }
    client.output = Buffer.from(answers, 'latin1');
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
function answer(client) {
  let answers = '';
  try {
    for (let words; answers.length < MOST_ANSWERS && (words = client.input.next()) !== null; ) answers += run(words);
  } catch (error) {
    client.ends = true;
    answers += `-ERR Protocol error: ${error.message}\r\n`;
  }
  return answers;
}

function run([name, ...args]) {
  if (name === undefined) return '';
  const [least, command] = commands.get(name) ?? commands.get(name.toUpperCase()) ?? [];
  if (command === undefined) return `-ERR unknown command '${name.slice(0, 64).replace(/[\r\n]/g, ' ')}'\r\n`;
  return args.length < least ? `-ERR wrong number of arguments for '${name}'\r\n` : command(...args);
}

function increment(key) {
  const text = values.get(key) ?? '0';
  if (!/^-?\d{1,15}$/.test(text)) return '-ERR value is not an integer or out of range\r\n';
  values.set(key, String(Number(text) + 1));
  return number(Number(text) + 1);
}
