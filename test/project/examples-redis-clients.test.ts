import * as assert from 'uvu/assert';
import { lacksClient, outputOf } from '../support/client-program.js';
import { startServer } from '../support/example.js';
import { suite } from '../support/suite.js';

const test = suite('clients of the example redis-server', { needs: ['node', 'kernel'] });

const IOREDIS = `
import { Redis } from 'ioredis';

const redis = new Redis(Number(process.env.PORT));
console.log(await redis.set('key', 'value', 'EX', 1000), await redis.get('key'), (await redis.ttl('key')) > 900);
console.log(await redis.mset({ a: '1', b: '2' }), await redis.mget('a', 'none', 'b'));
console.log(await redis.hset('hash', { x: '1', y: '2' }), await redis.hgetall('hash'));
console.log(await redis.pipeline().rpush('list', 'a', 'b').lpop('list').lrange('list', 0, -1).exec());
console.log(await redis.multi().incr('n').get('n').exec());
console.log(await redis.zadd('zset', 1, 'a', 2.5, 'b'), await redis.zrange('zset', 0, -1, 'WITHSCORES'));
console.log(Buffer.compare(await redis.getBuffer('key'), Buffer.from('value')));
console.log(await redis.call('NOSUCH').catch(({ message }) => message));
const keys = [];
for await (const page of redis.scanStream({ match: '?' })) keys.push(...page);
console.log(keys.sort());
const listener = redis.duplicate();
await listener.subscribe('news');
const heard = new Promise((resolve) => listener.once('message', (...words) => resolve(words)));
console.log(await redis.publish('news', 'hello'), await heard);
const other = new Redis(Number(process.env.PORT), { db: 3, keyPrefix: 'app:', connectionName: 'me' });
console.log(await other.exists('key'), await other.setnx('key', 'mine'), await other.client('GETNAME'));
await Promise.all([redis, listener, other].map((client) => client.quit()));
`;
const OF_IOREDIS = `OK value true
OK [ '1', null, '2' ]
2 { x: '1', y: '2' }
[ [ null, 2 ], [ null, 'a' ], [ null, [ 'b' ] ] ]
[ [ null, 1 ], [ null, '1' ] ]
2 [ 'a', '1', 'b', '2.5' ]
0
ERR unknown command 'NOSUCH', with args beginning with: 
[ 'a', 'b', 'n' ]
1 [ 'news', 'hello' ]
0 1 me
`;

const NODE_REDIS = `
import { createClient } from 'redis';

const url = \`redis://127.0.0.1:\${process.env.PORT}/3\`;
const client = await createClient({ url, name: 'me', RESP }).connect();
console.log(await client.set('key', 'value', { expiration: { type: 'EX', value: 1000 } }), await client.get('key'));
console.log(await client.hSet('hash', { x: '1', y: '2' }), Object.entries(await client.hGetAll('hash')));
console.log(await client.multi().incr('n').get('n').exec());
console.log(await client.zAdd('zset', [{ score: 1.5, value: 'a' }]), await client.zPopMin('zset'));
console.log(await client.sAdd('set', ['a', 'b']), await client.sMembers('set'), await client.sIsMember('set', 'a'));
console.log(await client.lPush('list', ['a', 'b']), await client.lPop('list'), await client.lPop('none'));
const id = await client.xAdd('stream', '*', { field: 'value' });
console.log((await client.xRange('stream', '-', '+'))[0].id === id);
console.log(Object.entries(await client.configGet('save')), (await client.clientInfo()).name);
const found = [];
for await (const keys of client.scanIterator({ MATCH: '*h*' })) found.push(...keys);
console.log(found);
const listener = await client.duplicate().connect();
const heard = new Promise((resolve) => void listener.subscribe('news', resolve).then(() => client.publish('news', 'hi')));
console.log(await heard);
await Promise.all([client.close(), listener.close()]);
`;
const OF_NODE_REDIS = `OK value
2 [ [ 'x', '1' ], [ 'y', '2' ] ]
[ 1, '1' ]
1 { value: 'a', score: 1.5 }
2 [ 'a', 'b' ] 1
2 b null
true
[ [ 'save', '' ] ] me
[ 'hash' ]
hi
`;

const CLIENTS: ReadonlyArray<[name: string, program: string, prints: string]> = [
  ['ioredis', IOREDIS, OF_IOREDIS],
  ['node-redis, version 2 of the protocol,', NODE_REDIS.replace('RESP', 'RESP: 2'), OF_NODE_REDIS],
  ['node-redis, version 3 of the protocol,', NODE_REDIS.replace('RESP', 'RESP: 3'), OF_NODE_REDIS],
];

for (const [name, program, prints] of CLIENTS) {
  test.unless(lacksClient(program))(`project:examples-redis-clients.1 ${name} works with its defaults`, async () => {
    await using server = await startServer('redis-server.mjs');
    assert.is(await outputOf(program.replaceAll('process.env.PORT', `'${server.port}'`), __dirname), prints);
  });
}
