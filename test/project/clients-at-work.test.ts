import * as assert from 'uvu/assert';
import { lacksClient, outputOf } from '../support/client-program.js';
import { MARIADB, MOSQUITTO, NGINX, POSTGRES, REDIS } from '../support/server-recipes.js';
import { lacksServer, startServerOf, type ServerRecipe } from '../support/servers.js';
import { suite } from '../support/suite.js';

const test = suite('clients that work hard over connectStream()', { needs: ['node', 'kernel'] });

/** Each program names its ports PORT and SECURE, and prints what it compares. */
const HTTP = `
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as tls from 'node:tls';
import { connectStream } from 'pollux';

const big = randomBytes(20e6);
writeFileSync('root/big', big);
const digest = createHash('sha1').update(big).digest('hex');
const plain = new http.Agent({ keepAlive: true, maxSockets: 3 });
plain.createConnection = connectStream;
const secure = new https.Agent({ keepAlive: true, maxSockets: 3, ca: readFileSync('ca.pem') });
secure.createConnection = (options) => tls.connect({ ...options, socket: connectStream(options) });
const get = (protocol, port, agent, path) =>
  new Promise((done, reject) => {
    const request = protocol.get({ host: '127.0.0.1', port, agent, path }, (response) => {
      const hash = createHash('sha1');
      response.on('data', (chunk) => hash.update(chunk)).on('end', () => done(hash.digest('hex')));
    });
    request.on('error', reject);
  });
for (const [protocol, port, agent] of [[http, PORT, plain], [https, SECURE, secure]]) {
  const found = await Promise.all(Array.from({ length: 6 }, () => get(protocol, port, agent, '/big')));
  console.log(found.every((each) => each === digest));
  for (let i = 0; i < 200; i++) await get(protocol, port, agent, '/hello.txt');
  console.log(agent.totalSocketCount <= 3);
  agent.destroy();
}
`;

const REDIS_PROGRAM = `
import { randomBytes } from 'node:crypto';
import { AbstractConnector, Redis } from 'ioredis';
import { connectStream } from 'pollux';

class Connector extends AbstractConnector {
  constructor({ disconnectTimeout }) {
    super(disconnectTimeout);
  }

  async connect() {
    this.connecting = true;
    this.stream = connectStream({ host: '127.0.0.1', port: PORT });
    return this.stream;
  }
}
const redis = new Redis({ Connector });
const big = randomBytes(20e6);
await redis.set('big', big);
console.log((await redis.getBuffer('big')).equals(big));
console.log((await Promise.all(Array.from({ length: 10_000 }, () => redis.incr('count')))).at(-1));
const other = new Redis({ Connector });
await other.client('KILL', 'ID', await redis.client('ID'));
console.log(await redis.incr('count'));
await Promise.all([redis.quit(), other.quit()]);
`;

const POSTGRES_PROGRAM = `
import pg from 'pg';
import { connectStream } from 'pollux';

const [host, port] = ['127.0.0.1', PORT];
const pool = new pg.Pool({ host, port, user: 'postgres', stream: () => connectStream({ host, port }) });
const { rows } = await pool.query("select n, repeat('x', n % 1000) as t from generate_series(1, 20000) n");
console.log(rows.length, rows.reduce((sum, { t }) => sum + t.length, 0));
const big = 'y'.repeat(10e6);
console.log((await pool.query('select $1::text as big', [big])).rows[0].big === big);
const numbers = Array.from({ length: 300 }, (_, i) => i);
const answers = await Promise.all(numbers.map((i) => pool.query('select $1::int as i', [i])));
console.log(answers.every((answer, i) => answer.rows[0].i === i));
await pool.query('select pg_terminate_backend(pg_backend_pid())').catch(({ code }) => console.log(code));
console.log((await pool.query('select 1 as one')).rows);
await pool.end();
const refused = new pg.Client({ stream: () => connectStream({ host, port: 1 }) });
await refused.connect().catch(({ message }) => console.log(message));
`;

const MARIADB_PROGRAM = `
import { createPool } from 'mysql2/promise';
import { connectStream } from 'pollux';

const stream = (port) => () => connectStream({ host: '127.0.0.1', port });
const pool = createPool({ user: 'root', database: 'mysql', stream: stream(PORT) });
const [rows] = await pool.query("select seq, repeat('x', seq % 1000) t from seq_1_to_20000");
console.log(rows.length, rows.reduce((sum, { t }) => sum + t.length, 0));
const numbers = Array.from({ length: 300 }, (_, i) => i);
const answers = await Promise.all(numbers.map((i) => pool.execute('select ? as i', [i])));
console.log(answers.every(([[{ i }]], index) => Number(i) === index));
await pool.end();
const refused = createPool({ user: 'root', stream: stream(1) });
await refused.query('select 1').catch(({ code }) => console.log(code));
await refused.end();
`;

const MQTT_PROGRAM = `
import mqtt from 'mqtt';
import { once } from 'node:events';
import { connectStream } from 'pollux';

const client = new mqtt.MqttClient(() => connectStream({ host: '127.0.0.1', port: PORT }), { reconnectPeriod: 20 });
await once(client, 'connect');
await client.subscribeAsync('all', { qos: 1 });
const big = Buffer.alloc(3e6, 'x');
let count = 0;
const last = new Promise((done) => client.on('message', (_, message) => ++count === 301 && done(message)));
await Promise.all(Array.from({ length: 300 }, (_, i) => client.publishAsync('all', String(i), { qos: 1 })));
await client.publishAsync('all', big, { qos: 1 });
console.log((await last).equals(big));
client.stream.destroy();
await once(client, 'connect');
await client.endAsync();
console.log('connected again');
`;

const WORK: ReadonlyArray<[what: string, recipe: ServerRecipe, program: string, prints: string]> = [
  ['agents of http and https get large files and many small ones', NGINX, HTTP, 'true\n'.repeat(4)],
  ['ioredis moves large values, pipelines, and connects again', REDIS, REDIS_PROGRAM, 'true\n10000\n10001\n'],
  [
    'pg reads many rows and large ones, and connects again',
    POSTGRES,
    POSTGRES_PROGRAM,
    '20000 9990000\ntrue\ntrue\n57P01\n[ { one: 1 } ]\nconnect ECONNREFUSED 127.0.0.1:1\n',
  ],
  ['mysql2 reads many rows', MARIADB, MARIADB_PROGRAM, '20000 9990000\ntrue\nECONNREFUSED\n'],
  ['mqtt sends many messages and a large one, and connects again', MOSQUITTO, MQTT_PROGRAM, 'true\nconnected again\n'],
];

for (const [index, [what, recipe, program, prints]] of WORK.entries()) {
  test.unless(lacksClient(program) ?? lacksServer(recipe))(`project:clients-at-work.${index + 1} ${what}`, async () => {
    await using server = await startServerOf(recipe);
    const [port, secure] = server.ports;
    const source = program.replaceAll('PORT', String(port)).replaceAll('SECURE', String(secure));
    assert.is(await outputOf(source, server.folder), prints);
  });
}
