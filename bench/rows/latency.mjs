// @ts-check
// Wake-up latency: one byte there and back over one connection, to a server that is asleep each time, or that spins.
import { warmUp } from '../harness/echo-window.mjs';
import { c, node, runOnce } from '../harness/participant.mjs';
import { compareSides, measureServers } from '../harness/servers.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

/** Longer than any wait of the row. */
const SPIN_US = 1_000_000;
const REACTOR = 'servers/pollux-reactor.cjs';

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function latency(context) {
  const problem = context.peers['socketwatcher'];
  const sides = [
    { name: 'C', command: c('echo') },
    { name: 'pollux, blocking loop', command: node('servers/pollux-blocking.cjs') },
    { name: 'pollux, uv waiter', command: ['env', 'POLLUX_WAITER=uv', ...node(REACTOR)] },
    { name: 'pollux, thread waiter', command: ['env', 'POLLUX_WAITER=thread', ...node(REACTOR)] },
    { name: 'uv_poll', command: node('servers/uv-poll.cjs'), ...(problem === undefined ? {} : { objection: problem }) },
    { name: 'node:net', command: node('servers/node-net.cjs') },
  ];
  const outcome = await measure(context, 'latency', sides, []);
  return sides.slice(1).map(({ name }) => {
    const title = `latency of one byte and back: ${name} against C`;
    return compareSides(outcome, name, 'C', { title, bar: '' }, inUs);
  });
}

/**
 * The same with a client that does not sleep, so that the wake-up of the server is all that differs.
 * @param {Context} context @returns {Promise<Figure[]>}
 */
export async function spin(context) {
  if (context.cores.load === undefined) {
    return [{ title: 'latency to a server that spins', bar: '≤ 0.30 ×', reason: 'client and server need a core each' }];
  }
  const sides = [
    { name: 'C', command: c('echo') },
    { name: 'pollux that spins', command: node('servers/pollux-blocking.cjs', SPIN_US) },
    { name: 'pollux that sleeps', command: node('servers/pollux-blocking.cjs') },
    { name: 'C that spins', command: c('echo', 'spin') },
  ];
  const outcome = await measure(context, 'latency to a server that spins', sides, ['spin']);
  return sides.slice(1).map(({ name }, index) => {
    const title = `latency of one byte and back, client that spins: ${name} against C that sleeps`;
    const bar = index === 0 ? { bar: '≤ 0.30 ×', limit: 0.3 } : { bar: '' };
    return compareSides(outcome, name, 'C', { title, ...bar }, inUs);
  });
}

/**
 * The median of each window of round trips, in ns.
 * @param {Context} context @param {string} title @param {import('../harness/servers.mjs').Side[]} sides
 * @param {string[]} way  how the client waits: sleeping, or `spin`
 */
function measure(context, title, sides, way) {
  const { quick, cores } = context;
  const roundTrips = async (/** @type {{ port: number }} */ { port }) =>
    (await runOnce(c('latency', port, 200, quick ? 1000 : 4000, ...way), cores.load)).medianNs;
  return measureServers(context, title, sides, quick ? 3 : 15, {
    warmUp: async (server) => {
      await warmUp(context, server.port);
      if (way.length > 0) process.kill(server.pid, 'SIGSTOP');
    },
    // A server that spins must not take the core from the others while it is not its turn.
    window: (server) => (way.length > 0 ? awake(server, () => roundTrips(server)) : roundTrips(server)),
  });
}

/** @param {{ pid: number }} server @param {() => Promise<number>} use */
async function awake({ pid }, use) {
  process.kill(pid, 'SIGCONT');
  try {
    return await use();
  } finally {
    process.kill(pid, 'SIGSTOP');
  }
}

const inUs = (/** @type {string} */ name, /** @type {number} */ ns) => `${name} ${(ns / 1000).toFixed(1)} µs`;
