// @ts-check
// Wake-up latency: one byte there and back over one connection, to a server that is asleep each time.
import { c, node, runOnce, withParticipants } from '../harness/participant.mjs';
import { warmUp } from '../harness/echo-window.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const REACTOR = 'servers/pollux-reactor.cjs';

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function latency(context) {
  const sides = [
    { name: 'C', command: c('echo') },
    { name: 'pollux, blocking loop', command: node('servers/pollux-blocking.cjs') },
    { name: 'pollux, uv waiter', command: ['env', 'POLLUX_WAITER=uv', ...node(REACTOR)] },
    { name: 'pollux, thread waiter', command: ['env', 'POLLUX_WAITER=thread', ...node(REACTOR)] },
    ...(context.peers['socketwatcher'] === undefined
      ? [{ name: 'uv_poll', command: node('servers/uv-poll.cjs') }]
      : []),
    { name: 'node:net', command: node('servers/node-net.cjs') },
  ];
  const rounds = context.quick ? 3 : 15;
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const { name, command } of sides) {
      context.progress.step(`latency: warming up ${name}`);
      const { port } = await start(command, context.cores.server).answer();
      await warmUp(context, port);
      turns[name] = () => roundTrip(context, port);
    }
    context.progress.step('latency');
    return alternate(turns, rounds, context.progress.rounds(rounds));
  });
  return sides.slice(1).map(({ name }) => compare(samples, name));
}

/** The median of a window of round trips, in ns. @param {Context} context @param {number} port */
async function roundTrip({ cores, quick }, port) {
  const { medianNs } = await runOnce(c('latency', port, 200, quick ? 1000 : 4000), cores.load);
  return medianNs;
}

/** @param {Record<string, number[]>} samples @param {string} name @returns {Figure} */
function compare(samples, name) {
  const own = samples[name] ?? [];
  const bare = samples['C'] ?? [];
  const us = (/** @type {number[]} */ side) => `${(spread(side).median / 1000).toFixed(1)} µs`;
  return {
    title: `latency of one byte and back: ${name} against C`,
    bar: '',
    unit: '×',
    spread: ratios(own, bare),
    against: `${us(own)}, C ${us(bare)}`,
  };
}
