// @ts-check
// Processor time of clients of databases per request, over FdStreams and over sockets of node:net. The servers are
// those of the tests, and without them the rows say what is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setUp } from '../../scripts/set-up/set-up.mjs';
import { ROOT, node, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {{ name: string, title: string, count: number, units: number }} Requests   `units` in one of `count` */
/** @typedef {{ title: string, requests: Requests[] }} Client */

/** @type {Record<'redis' | 'pg', Client>} */
const CLIENTS = {
  redis: {
    title: 'ioredis',
    requests: [
      { name: 'single', title: 'a GET, one at a time', count: 2000, units: 1 },
      { name: 'pipelined', title: 'a GET, 100 pipelined', count: 20_000, units: 1 },
    ],
  },
  pg: {
    title: 'pg',
    requests: [
      { name: 'single', title: 'a query of one row', count: 1000, units: 1 },
      { name: 'rows', title: 'a row, queries of 1000 rows', count: 50, units: 1000 },
    ],
  },
};
const KINDS = ['net', 'pollux'];

/** @param {Context} context @returns {Promise<Figure[]>} */
export const redis = (context) => measure(context, 'redis');
/** @param {Context} context @returns {Promise<Figure[]>} */
export const pg = (context) => measure(context, 'pg');

/** @param {Context} context @param {'redis' | 'pg'} client @returns {Promise<Figure[]>} */
async function measure({ quick, cores, progress }, client) {
  const { title, requests } = CLIENTS[client];
  progress.step(`${title}: starting its server`);
  setUp(['tests', 'stream-clients']);
  const objection = existsSync(join(ROOT, 'tools/stream-clients/node_modules'))
    ? undefined
    : 'tools/stream-clients could not be installed';
  const { lacksServer, startServerOf } = await fromTests('servers.js');
  const { POSTGRES, REDIS } = await fromTests('server-recipes.js');
  const recipe = client === 'redis' ? REDIS : POSTGRES;
  const reason = objection ?? lacksServer(recipe);
  if (reason !== undefined) return requests.map((each) => ({ title: titleOf(title, each), bar: '', reason }));
  const server = await startServerOf(recipe);
  try {
    const rounds = quick ? 3 : 15;
    const samples = await withParticipants(async (start) => {
      /** @type {Record<string, () => Promise<number>>} */
      const turns = {};
      for (const kind of KINDS) {
        progress.step(`${title}: warming up ${kind}`);
        const probe = start(node('probes/clients.cjs', kind, client, server.ports[0]), cores.server);
        for (const { name, count, units } of requests) {
          const turn = async () => (await probe.ask(`${name} ${count}`)).cpuNs / count / units;
          turns[`${kind} ${name}`] = turn;
          for (let i = 0; i < 5; i++) await turn();
        }
      }
      progress.step(`${title}: net.Socket, FdStream`);
      return alternate(turns, rounds, progress.rounds(rounds));
    });
    return requests.map((each) => {
      const [socket = [], stream = []] = KINDS.map((kind) => samples[`${kind} ${each.name}`]);
      const us = (/** @type {number[]} */ side) => `${(spread(side).median / 1000).toFixed(2)} µs`;
      const against = `FdStream ${us(stream)}, net.Socket ${us(socket)}`;
      return { title: titleOf(title, each), bar: '', spread: ratios(stream, socket), against };
    });
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

const titleOf = (/** @type {string} */ client, /** @type {Requests} */ { title }) =>
  `${client}, ${title}: FdStream against net.Socket`;

/** A module of test/support, compiled. @returns {Promise<any>} */
const fromTests = (/** @type {string} */ name) =>
  import(pathToFileURL(join(ROOT, 'test/build/test/support', name)).href);
