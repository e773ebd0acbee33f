// @ts-check
// Processor time of an echo server per message, against the C program: in a blocking loop, and in
// Node's event loop with the peers that a user would pick there.
import { echoWindow, perMessage, warmUp } from '../harness/echo-window.mjs';
import { c, node } from '../harness/participant.mjs';
import { compareSides, measureServers } from '../harness/servers.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {import('../harness/servers.mjs').Side} Side */

const C = { name: 'C', command: c('echo') };
/** As Node is, a process of more than one thread: the part of the distance that no caller can avoid. */
const C_THREADED = { name: 'C, two threads', command: c('echo', 'second-thread') };

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function blocking(context) {
  const outcome = await measure(context, 'echo, blocking loop', [
    C,
    C_THREADED,
    { name: 'SubmissionQueue', command: node('servers/pollux-queue.cjs') },
    { name: 'reactor.run()', command: node('servers/pollux-receive.cjs', 'run') },
    { name: 'single calls', command: node('servers/pollux-blocking.cjs') },
  ]);
  const against = (/** @type {string} */ name, /** @type {string} */ what, /** @type {Partial<Figure>} */ bar = {}) =>
    compareSides(outcome, name, 'C', { title: `echo, blocking loop: ${what}`, bar: '', ...bar }, perMessage);
  return [
    against('SubmissionQueue', 'server CPU per message, pollux with a SubmissionQueue against C', {
      bar: '≤ 0.97 ×',
      limit: 0.97,
    }),
    against('reactor.run()', 'pollux, reactor.run() with receive and send, against C'),
    against('single calls', 'pollux, one call for each read and write, against C'),
    against('C, two threads', 'C with a second thread, against C'),
  ];
}

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function eventLoop(context) {
  const outcome = await measure(context, 'echo, event loop', [
    C,
    { name: 'receive', command: node('servers/pollux-receive.cjs') },
    { name: 'reactor', command: node('servers/pollux-reactor.cjs') },
    { name: 'FdStream', command: node('servers/pollux-streams.cjs') },
    { name: 'node:net', command: node('servers/node-net.cjs') },
    { name: 'uv_poll', command: node('servers/uv-poll.cjs'), ...objection(context.peers['socketwatcher']) },
    { name: 'npm epoll', command: node('servers/npm-epoll.cjs'), ...objection(context.peers['epoll']) },
  ]);
  /** @param {string} name @param {string} base @param {string} what @param {Partial<Figure>} bar */
  const against = (name, base, what, bar = {}) =>
    compareSides(
      outcome,
      name,
      base,
      { title: `echo, event loop: ${what} against ${base}`, bar: '', ...bar },
      perMessage,
    );
  return [
    against('receive', 'C', 'pollux, a reactor with receive and send,', { bar: '≤ 1.00 ×', limit: 1 }),
    against('receive', 'node:net', 'pollux, a reactor with receive and send,', { bar: '≤ 0.60 ×', limit: 0.6 }),
    against('reactor', 'C', 'pollux, handlers that read and write themselves,'),
    against('reactor', 'node:net', 'pollux, handlers that read and write themselves,'),
    against('FdStream', 'C', 'pollux, FdStreams', { bar: '≤ 1.25 ×', limit: 1.25 }),
    against('FdStream', 'node:net', 'pollux, FdStreams', { bar: '≤ 0.75 ×', limit: 0.75 }),
    against('node:net', 'C', 'node:net'),
    against('uv_poll', 'C', 'uv_poll (socketwatcher)'),
    against('npm epoll', 'C', 'npm epoll'),
  ];
}

/**
 * The reactor of the textbooks: a descriptor is deregistered and registered again around each read and each write, with
 * another callback.
 * @param {Context} context @returns {Promise<Figure[]>}
 */
export async function textbook(context) {
  const TEXTBOOK = "the textbook's C";
  const outcome = await measure(context, "echo, the textbook's reactor", [
    { name: TEXTBOOK, command: c('textbook') },
    C,
    { name: 'receive', command: node('servers/pollux-receive.cjs') },
    { name: 'reactor', command: node('servers/pollux-reactor.cjs') },
    { name: 'switching', command: node('servers/pollux-textbook.cjs') },
    { name: 'deregistering', command: node('servers/pollux-textbook.cjs', 'deregister') },
  ]);
  /** @param {string} name @param {string} what @param {Partial<Figure>} bar */
  const against = (name, what, bar = {}) => {
    const title = `echo, event loop: ${what} against ${TEXTBOOK}`;
    return compareSides(outcome, name, TEXTBOOK, { title, bar: '', ...bar }, perMessage);
  };
  return [
    against('receive', 'pollux, a reactor with receive and send,', { bar: '≤ 0.60 ×', limit: 0.6 }),
    against('reactor', 'pollux, handlers that read and write themselves,'),
    against('switching', 'pollux, watches whose handler and interest change as there,'),
    against('deregistering', 'pollux, watches that are closed and made again as there,'),
    against('C', 'C that keeps its registrations'),
  ];
}

/** @param {string | undefined} problem */
const objection = (problem) => (problem === undefined ? {} : { objection: problem });

/** @param {Context} context @param {string} title @param {Side[]} sides */
function measure(context, title, sides) {
  return measureServers(context, title, sides, context.quick ? 5 : 25, {
    warmUp: ({ port }) => warmUp(context, port),
    window: (server) => echoWindow(context, server, server.port),
  });
}
