import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { startServer } from '../support/example.js';
import { suite } from '../support/suite.js';
import { lacks, Talk } from '../support/talk.js';

const test = suite('examples-redis');

/** A request as clients send it: an array of bulk strings. */
function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

test('project:examples-redis.1 each command is answered as Redis answers it', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new Talk(server.port);
  const script: Array<[string[], string]> = [
    [['PING'], '+PONG\r\n'],
    [['ping', 'hello'], bulk('hello')],
    [['ECHO', 'a\r\nb'], bulk('a\r\nb')],
    [['GET', 'none'], '$-1\r\n'],
    [['SET', 'key', '\0\xff\r\n'], '+OK\r\n'],
    [['GET', 'key'], bulk('\0\xff\r\n')],
    [['SET', 'empty', ''], '+OK\r\n'],
    [['GET', 'empty'], bulk('')],
    [['EXISTS', 'key', 'none', 'key'], ':2\r\n'],
    [['INCR', 'n'], ':1\r\n'],
    [['INCR', 'n'], ':2\r\n'],
    [['INCR', 'key'], '-ERR value is not an integer or out of range\r\n'],
    [['DBSIZE'], ':3\r\n'],
    [['DEL', 'key', 'none', 'empty'], ':2\r\n'],
    [['FLUSHALL'], '+OK\r\n'],
    [['DBSIZE'], ':0\r\n'],
    [['CONFIG', 'GET', 'save'], `*2\r\n${bulk('save')}${bulk('')}`],
    [['COMMAND', 'DOCS'], '*0\r\n'],
    [['GET'], "-ERR wrong number of arguments for 'GET'\r\n"],
    [['__proto__'], "-ERR unknown command '__proto__'\r\n"],
  ];
  for (const [words, answer] of script) assert.is(await client.ask(request(...words), answer), answer);
  assert.is(
    await client.ask('PING\r\nSET  a  b\r\n\r\nGET a\n', `+PONG\r\n+OK\r\n${bulk('b')}`),
    `+PONG\r\n+OK\r\n${bulk('b')}`,
  );
  client.close();
});

test('project:examples-redis.2 a request that comes byte by byte is one request', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new Talk(server.port);
  const other = new Talk(server.port);
  for (const byte of request('SET', 'key', 'a\r\nb')) {
    client.socket.write(byte, 'latin1');
    assert.is(await other.ask('PING\r\n', '+PONG\r\n'), '+PONG\r\n');
  }
  assert.is(await client.ask('', '+OK\r\n'), '+OK\r\n');
  assert.is(await client.ask(request('GET', 'key'), bulk('a\r\nb')), bulk('a\r\nb'));
  client.close();
  other.close();
});

test('project:examples-redis.3 100,000 requests at once are answered in their order, one of them large', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new Talk(server.port);
  const large = 'x'.repeat(3_000_000);
  let requests = request('SET', 'large', large);
  let answers = '+OK\r\n';
  for (let i = 0; i < 50_000; i++) {
    requests += request('SET', `key${i % 1000}`, String(i)) + request('GET', `key${i % 1000}`);
    answers += `+OK\r\n${bulk(String(i))}`;
  }
  requests += request('GET', 'large');
  answers += bulk(large);
  assert.ok((await client.ask(requests, answers)) === answers);
  client.close();
});

test('project:examples-redis.4 a client that does not read its answers delays no other, and gets all of them later', async () => {
  await using server = await startServer('redis-server.mjs');
  const greedy = new Talk(server.port);
  const value = 'v'.repeat(1 << 20);
  assert.is(await greedy.ask(request('SET', 'value', value), '+OK\r\n'), '+OK\r\n');
  greedy.socket.pause();
  greedy.socket.write(request('GET', 'value').repeat(40));
  const other = new Talk(server.port);
  for (let i = 0; i < 100; i++) assert.is(await other.ask(request('PING'), '+PONG\r\n'), '+PONG\r\n');
  greedy.socket.resume();
  const answers = bulk(value).repeat(40);
  assert.ok((await greedy.ask('', answers)) === answers);
  greedy.close();
  other.close();
});

test('project:examples-redis.5 an invalid request is answered with an error and the end of the connection', async () => {
  await using server = await startServer('redis-server.mjs');
  for (const wrong of ['*x\r\n', '*1\r\n:3\r\n', '*-1\r\n', '*1\r\n$99999999999\r\n', 'x'.repeat(100_000)]) {
    const client = new Talk(server.port);
    client.socket.write(`PING\r\n${wrong}`);
    assert.match(await client.rest().catch(String), /^\+PONG\r\n-ERR Protocol error: [^\r\n]*\r\n$|ECONNRESET/);
    client.close();
  }
  const client = new Talk(server.port);
  assert.is(await client.ask('PING\r\n', '+PONG\r\n'), '+PONG\r\n');
  client.close();
});

const lacking = lacks('redis-cli') ?? lacks('redis-benchmark');
const TITLE = 'project:examples-redis.6 redis-cli and redis-benchmark run without an error';
if (lacking !== undefined) {
  test.gate(TITLE, lacking);
} else {
  test(TITLE, async () => {
    await using server = await startServer('redis-server.mjs');
    const run = (program: string, ...args: string[]): string => {
      const result = spawnSync(program, ['-p', String(server.port), ...args], { encoding: 'utf8', timeout: 120_000 });
      assert.is(result.stderr, '');
      assert.is(result.status, 0);
      return result.stdout;
    };
    assert.is(run('redis-cli', 'SET', 'greeting', 'hello'), 'OK\n');
    assert.is(run('redis-cli', 'GET', 'greeting'), 'hello\n');
    for (const pipeline of ['1', '16']) {
      const report = run('redis-benchmark', '-t', 'ping,set,get', '-n', '10000', '-P', pipeline, '--csv');
      assert.equal(
        report
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(',')[0]),
        ['"PING_INLINE"', '"PING_MBULK"', '"SET"', '"GET"'],
      );
    }
  });
}
