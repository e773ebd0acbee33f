// @ts-check
// Processor time of FdStreams beside sockets of node:net: reading to the end of a fast peer, and requests to node:http.
import { c, node, runOnce, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';
import { compareSides, measureServers } from '../harness/servers.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const MIB = 1 << 20;
const WAYS = { data: "'data'", iterate: 'for await', resume: 'resume()' };
const KINDS = ['net', 'pollux'];
const CONNECTIONS = 16;

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function downloads({ quick, cores, progress }) {
  const [rounds, mib] = quick ? [3, 64] : [15, 256];
  const { samples, bytes } = await withParticipants(async (start) => {
    progress.step('downloads: warming up');
    const { port } = await start(c('source', mib * MIB), cores.load).answer();
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    /** @type {Set<number>} */
    const bytes = new Set();
    for (const kind of KINDS) {
      const probe = start(node('probes/download.cjs', kind, port), cores.server);
      for (const way of Object.keys(WAYS)) {
        turns[`${kind} ${way}`] = async () => {
          const answer = await probe.ask(way);
          bytes.add(answer.bytes);
          return answer.cpuNs / mib;
        };
        for (let i = 0; i < 3; i++) await turns[`${kind} ${way}`]?.();
      }
    }
    progress.step(`downloads of ${mib} MiB: net.Socket, FdStream`);
    return { samples: await alternate(turns, rounds, progress.rounds(rounds)), bytes };
  });
  if (bytes.size !== 1 || !bytes.has(mib * MIB)) throw new Error(`not all bytes arrived: ${[...bytes].join(', ')}`);
  return Object.entries(WAYS).map(([way, title]) => {
    const [socket = [], stream = []] = KINDS.map((kind) => samples[`${kind} ${way}`]);
    const us = (/** @type {number[]} */ side) => `${(spread(side).median / 1000).toFixed(0)} µs`;
    return {
      title: `reading to the end of a fast peer by ${title}: FdStream against net.Socket`,
      bar: '≤ 1.00 ×',
      limit: 1,
      spread: ratios(stream, socket),
      against: `a MiB: FdStream ${us(stream)}, net.Socket ${us(socket)}`,
    };
  });
}

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function gets(context) {
  const { quick, cores } = context;
  /** @type {Figure[]} */
  const figures = [];
  for (const pipelined of [1, 16]) {
    const [warmup, requests] = quick ? [2000, 8000] : [2000, 20_000];
    const ask = (/** @type {{ port: number, pid: number }} */ { port, pid }, /** @type {number} */ count) =>
      runOnce(c('get', port, CONNECTIONS, pipelined, warmup, count, pid), cores.load);
    const sides = KINDS.map((kind) => ({ name: kind, command: node('servers/http.cjs', kind) }));
    const title = `GETs to node:http, ${pipelined === 1 ? 'one at a time' : `${pipelined} pipelined`}`;
    const outcome = await measureServers(context, title, sides, quick ? 3 : 15, {
      warmUp: async (server) => {
        await ask(server, 20_000);
      },
      window: async (server) => (await ask(server, requests)).cpuNs / requests,
    });
    const named = (/** @type {string} */ name, /** @type {number} */ ns) =>
      `${name === 'net' ? 'net.Socket' : 'FdStream'} ${(ns / 1000).toFixed(2)} µs`;
    figures.push(
      compareSides(outcome, 'pollux', 'net', { title: `${title}: FdStream against net.Socket`, bar: '' }, named),
    );
  }
  return figures;
}
