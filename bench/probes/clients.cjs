// @ts-check
'use strict';
// Clients of databases over a socket of node:net or a stream of pollux. The packages are those of tools/stream-clients.
//
//   clients.cjs net|pollux redis|pg PORT
//   single COUNT       one request after the other.   pipelined COUNT    100 at a time (redis)
//   rows COUNT         queries of 1000 rows (pg)         {"cpuNs"}
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { answerLinesLater, cpuNs } = require('./by-line.cjs');

const [, , way, client, port = '0'] = process.argv;
const clients = createRequire(join(__dirname, '../../tools/stream-clients/package.json'));
const where = { host: '127.0.0.1', port: Number(port) };
const AT_ONCE = 100;

/** @typedef {Record<string, (count: number) => Promise<void>>} Requests */

/** @returns {Promise<Requests>} */
async function overRedis() {
  const { AbstractConnector, Redis } = clients('ioredis');
  class Connector extends AbstractConnector {
    async connect() {
      this.connecting = true;
      this.stream = require('pollux').connectStream(where);
      return this.stream;
    }
  }
  const redis = new Redis(way === 'net' ? where : { Connector });
  await redis.set('key', 'x'.repeat(100));
  return {
    async single(count) {
      for (let i = 0; i < count; i++) await redis.get('key');
    },
    async pipelined(count) {
      for (let left = count; left > 0; left -= AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, () => redis.get('key')));
      }
    },
  };
}

/** @returns {Promise<Requests>} */
async function overPg() {
  const { Client } = clients('pg');
  const stream = way === 'net' ? {} : { stream: () => require('pollux').connectStream(where) };
  const pg = new Client({ ...where, user: 'postgres', ...stream });
  await pg.connect();
  const query = async (/** @type {number} */ rows) => {
    const { rowCount } = await pg.query("select n, repeat('x', 100) as text from generate_series(1, $1::int) n", [
      rows,
    ]);
    if (rowCount !== rows) throw new Error(`${rowCount} rows`);
  };
  return {
    async single(count) {
      for (let i = 0; i < count; i++) await query(1);
    },
    async rows(count) {
      for (let i = 0; i < count; i++) await query(1000);
    },
  };
}

const requests = client === 'redis' ? overRedis() : overPg();
answerLinesLater(async ([name = '', count]) => {
  const ask = (await requests)[name];
  if (ask === undefined) throw new Error(`no requests ${name}`);
  const start = cpuNs();
  await ask(Number(count));
  return { cpuNs: cpuNs() - start };
});
