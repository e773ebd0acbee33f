// @ts-check
// Processor time of an echo server per message, against the C program: in a blocking loop, and in
// Node's event loop with the peers that a user would pick there.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { echoWindow, perMessage, warmUp } from '../harness/echo-window.mjs';
import { BENCH, c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const C = { name: 'C', command: c('echo') };
/** As Node is, a process of more than one thread: the part of the distance that no caller can avoid. */
const C_THREADED = { name: 'C, two threads', command: c('echo', 'second-thread') };
const BLOCKING = { name: 'pollux', command: node('servers/pollux-blocking.cjs') };
/** Not in the tree until there is a Reactor; measured from the day it is. */
const REACTOR_FILE = 'servers/pollux-reactor.cjs';

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function blocking(context) {
  const samples = await measure(context, 'echo, blocking loop', [C, C_THREADED, BLOCKING]);
  return [
    compare(samples, 'pollux', 'C', {
      title: 'echo, blocking loop: server CPU per message, against C',
      bar: '≤ 1.05 ×',
      limit: 1.05,
    }),
    compare(samples, 'C, two threads', 'C', {
      title: 'echo, blocking loop: C with a second thread, against C',
      bar: '',
    }),
  ];
}

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function eventLoop(context) {
  const hasReactor = existsSync(join(BENCH, REACTOR_FILE));
  const peers = [
    ...(hasReactor ? [{ name: 'pollux', command: node(REACTOR_FILE) }] : []),
    { name: 'node:net', command: node('servers/node-net.cjs') },
    ...(context.peers['socketwatcher'] === undefined
      ? [{ name: 'uv_poll', command: node('servers/uv-poll.cjs') }]
      : []),
    ...(context.peers['epoll'] === undefined ? [{ name: 'npm epoll', command: node('servers/npm-epoll.cjs') }] : []),
  ];
  const samples = await measure(context, 'echo, event loop', [C, ...peers]);
  return [
    compare(samples, 'pollux', 'C', {
      title: 'echo, event loop: pollux against C',
      bar: '≤ 1.10 ×',
      limit: 1.1,
      reason: 'not built yet',
    }),
    compare(samples, 'pollux', 'node:net', {
      title: 'echo, event loop: pollux against node:net',
      bar: '≤ 0.65 ×',
      limit: 0.65,
      reason: 'not built yet',
    }),
    compare(samples, 'node:net', 'C', { title: 'echo, event loop: node:net against C', bar: '' }),
    compare(samples, 'uv_poll', 'C', peerFigure('uv_poll (socketwatcher)', context.peers['socketwatcher'])),
    compare(samples, 'npm epoll', 'C', peerFigure('npm epoll', context.peers['epoll'])),
  ];
}

function peerFigure(/** @type {string} */ name, /** @type {string | undefined} */ problem) {
  return {
    title: `echo, event loop: ${name} against C`,
    bar: '',
    ...(problem === undefined ? {} : { reason: problem.split('\n')[0] ?? '', failed: true }),
  };
}

/**
 * All servers run at once, each sleeping while it is not its turn.
 * @param {Context} context @param {string} title @param {{ name: string, command: string[] }[]} sides
 */
async function measure(context, title, sides) {
  const rounds = context.quick ? 5 : 25;
  return withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const { name, command } of sides) {
      context.progress.step(`${title}: warming up ${name}`);
      const server = start(command, context.cores.server);
      const { port } = await server.answer();
      await warmUp(context, port);
      turns[name] = () => echoWindow(context, server, port);
    }
    context.progress.step(`${title}: ${sides.map(({ name }) => name).join(', ')}`);
    return alternate(turns, rounds, context.progress.rounds(rounds));
  });
}

/**
 * @param {Record<string, number[]>} samples @param {string} name @param {string} base
 * @param {Figure} figure @returns {Figure}
 */
function compare(samples, name, base, figure) {
  const own = samples[name];
  const other = samples[base];
  if (own === undefined || other === undefined) return figure;
  const against = `${perMessage(name, spread(own).median)}, ${perMessage(base, spread(other).median)}`;
  return { ...figure, unit: '×', spread: ratios(own, other), against };
}
