import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { startServer } from '../support/example.js';
import { REDIS } from '../support/server-recipes.js';
import { lacksServer, startServerOf } from '../support/servers.js';
import { suite } from '../support/suite.js';
import { lacks, Talk } from '../support/talk.js';
import { bulk, RedisTalk, recordedAnswers, request } from '../support/redis.js';

const test = suite('examples-redis');

for (const version of ['2', '3'] as const) {
  test(`project:examples-redis.1 each command is answered as redis-server 7.0 answers it, in version ${version}`, async () => {
    await using server = await startServer('redis-server.mjs');
    const client = new RedisTalk(server.port);
    assert.match(await client.ask('HELLO', version), /\r\nproto\r\n:[23]\r\n/);
    const answers = recordedAnswers(version);
    assert.ok(answers.length > 300);
    for (const [words, answer] of answers) assert.is(await client.ask(...words), answer, words.join(' '));
    client.close();
  });
}

test('project:examples-redis.7 values have all bytes, and requests may be lines', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new RedisTalk(server.port);
  assert.is(await client.ask('SET', 'key', '\0\xff\r\n'), '+OK\r\n');
  assert.is(await client.ask('GET', 'key'), bulk('\0\xff\r\n'));
  assert.is(await client.ask('ECHO', ''), bulk(''));
  client.socket.write(
    'PING\r\nSET  a  b\r\n\r\nGET a\n  echo "two \\x77ords\\n" \nECHO \'it\\\'s\'\r\nECHO "open\r\n',
    'latin1',
  );
  const expected = ['+PONG\r\n', '+OK\r\n', bulk('b'), bulk('two words\n'), bulk("it's")];
  for (const answer of expected) assert.is(await client.reply(), answer);
  assert.is(await client.reply(), '-ERR Protocol error: unbalanced quotes in request\r\n');
  client.close();
});

test('project:examples-redis.8 a key expires, and is gone from every command', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new RedisTalk(server.port);
  const ttl = async (): Promise<number> => Number((await client.ask('PTTL', 'key')).slice(1));
  await client.ask('SET', 'key', 'value', 'EX', '1000');
  const left = await ttl();
  assert.ok(left > 0 && left <= 1_000_000, `${left}`);
  await client.ask('PEXPIRE', 'key', '1');
  while ((await ttl()) !== -2);
  const script: Array<[string[], string]> = [
    [['GET', 'key'], '$-1\r\n'],
    [['DBSIZE'], ':0\r\n'],
    [['KEYS', '*'], '*0\r\n'],
    [['DEL', 'key'], ':0\r\n'],
    [['SET', 'key', 'new', 'NX'], '+OK\r\n'],
    [['TTL', 'key'], ':-1\r\n'],
  ];
  for (const [words, answer] of script) assert.is(await client.ask(...words), answer, words.join(' '));
  client.close();
});

test('project:examples-redis.9 a message goes to those who listen to its channel, and to no one who has left', async () => {
  await using server = await startServer('redis-server.mjs');
  const [listener, modern, speaker] = [1, 2, 3].map(() => new RedisTalk(server.port)) as [
    RedisTalk,
    RedisTalk,
    RedisTalk,
  ];
  assert.is(await listener.ask('SUBSCRIBE', 'news', 'other'), `*3\r\n${bulk('subscribe')}${bulk('news')}:1\r\n`);
  assert.is(await listener.reply(), `*3\r\n${bulk('subscribe')}${bulk('other')}:2\r\n`);
  assert.match(await listener.ask('GET', 'a'), /^-ERR Can't execute 'get': only /);
  assert.is(await listener.ask('PING'), `*2\r\n${bulk('pong')}${bulk('')}`);
  await modern.ask('HELLO', '3');
  assert.is(await modern.ask('PSUBSCRIBE', 'n*'), `>3\r\n${bulk('psubscribe')}${bulk('n*')}:1\r\n`);
  assert.is(await modern.ask('GET', 'a'), '_\r\n');
  assert.is(await speaker.ask('PUBLISH', 'news', 'hello'), ':2\r\n');
  assert.is(await listener.reply(), `*3\r\n${bulk('message')}${bulk('news')}${bulk('hello')}`);
  assert.is(await modern.reply(), `>4\r\n${bulk('pmessage')}${bulk('n*')}${bulk('news')}${bulk('hello')}`);
  modern.close();
  assert.is(await listener.ask('UNSUBSCRIBE'), `*3\r\n${bulk('unsubscribe')}${bulk('news')}:1\r\n`);
  assert.is(await listener.reply(), `*3\r\n${bulk('unsubscribe')}${bulk('other')}:0\r\n`);
  while ((await speaker.ask('PUBLISH', 'news', 'again')) !== ':0\r\n');
  assert.is(await listener.ask('PING'), '+PONG\r\n');
  listener.close();
  speaker.close();
});

test('project:examples-redis.10 a transaction is given up when another client changes a watched key', async () => {
  await using server = await startServer('redis-server.mjs');
  const [careful, other] = [new RedisTalk(server.port), new RedisTalk(server.port)];
  for (const [change, answer] of [
    [['SADD', 'unwatched', 'a'], '*1\r\n+PONG\r\n'],
    [['SADD', 'key', 'a'], '*-1\r\n'],
    [['SREM', 'key', 'a'], '*-1\r\n'],
    [['FLUSHALL'], '*-1\r\n'],
  ] as const) {
    await careful.ask('WATCH', 'key');
    await other.ask(...change);
    await careful.ask('MULTI');
    assert.is(await careful.ask('PING'), '+QUEUED\r\n');
    assert.is(await careful.ask('EXEC'), answer, change.join(' '));
  }
  careful.close();
  other.close();
});

test('project:examples-redis.11 INFO, HELLO and CLIENT say who serves, and who asks', async () => {
  await using server = await startServer('redis-server.mjs');
  const client = new RedisTalk(server.port);
  await client.ask('SELECT', '2');
  await client.ask('SET', 'key', 'value', 'EX', '1000');
  assert.match(await client.ask('INFO'), /redis_version:7\.0\.15\r\n[^]*loading:0\r\n[^]*db2:keys=1,expires=1,/);
  assert.not.match(await client.ask('INFO', 'replication'), /redis_version/);
  assert.match(await client.ask('INFO', 'replication'), /role:master\r\n/);
  assert.match(await client.ask('INFO', 'stats'), /total_connections_received:1\r\ntotal_commands_processed:6\r\n/);
  const hello = await client.ask('HELLO', '3', 'AUTH', 'default', 'any', 'SETNAME', 'me');
  assert.match(hello, /^%7\r\n\$6\r\nserver\r\n\$5\r\nredis\r\n.*\$5\r\nproto\r\n:3\r\n.*\$7\r\nmodules\r\n\*0\r\n$/s);
  assert.is(await client.ask('CLIENT', 'SETINFO', 'LIB-NAME', 'test'), '+OK\r\n');
  assert.match(await client.ask('CLIENT', 'INFO'), /id=\d+ name=me .* db=2 .* resp=3 lib-name=test /);
  assert.ok(Number((await client.ask('COMMAND', 'COUNT')).slice(1)) > 100);
  assert.match(await client.ask('COMMAND', 'LIST'), /\r\nget\r\n/);
  assert.is(await client.ask('COMMAND', 'INFO', 'a', 'b'), '*2\r\n_\r\n_\r\n');
  assert.is(await client.ask('COMMAND'), '*0\r\n');
  const quit = client.ask('QUIT');
  assert.is(await quit, '+OK\r\n');
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

const VERSION = /v=(7\.0)\./.exec(spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
test.unless(lacksServer(REDIS) ?? (VERSION === undefined ? 'redis-server is not version 7.0' : undefined))(
  'project:examples-redis.12 redis-server 7.0 itself answers as the record of its answers says',
  async () => {
    for (const version of ['2', '3'] as const) {
      await using server = await startServerOf(REDIS);
      const client = new RedisTalk(server.ports[0]!);
      await client.ask('HELLO', version);
      for (const [words, answer] of recordedAnswers(version))
        assert.is(await client.ask(...words), answer, words.join(' '));
      client.close();
    }
  },
);

const lacking = lacks('redis-cli') ?? lacks('redis-benchmark');
const TITLE = 'project:examples-redis.6 redis-cli and all tests of redis-benchmark run without an error';
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
    for (const args of [[], ['-3', '-P', '16', '-r', '1000']]) {
      const report = run('redis-benchmark', '-n', '400', ...args, '--csv');
      const lines = report.trim().split('\n').slice(1);
      assert.ok(lines.length >= 20, report);
      // What takes less than a millisecond has the rate inf.
      for (const line of lines) assert.match(line, /^"[A-Z]+[^"]*","(\d+\.\d+|inf)",/);
      for (const name of ['PING_INLINE', 'SPOP', 'ZPOPMIN', 'LRANGE_600 (first 600 elements)', 'MSET (10 keys)']) {
        assert.ok(report.includes(`"${name}"`), name);
      }
    }
  });
}
