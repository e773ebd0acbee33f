// @ts-check
// One window of echoed messages against a server that runs already.
import { c, runOnce } from './participant.mjs';

export const CONNECTIONS = 50;

/**
 * @typedef {object} Context what every row gets
 * @property {boolean} quick
 * @property {import('./cores.mjs').Cores} cores
 * @property {Record<string, string | undefined>} peers   by npm package: why it is missing, if it is
 * @property {import('./progress.mjs').Progress} progress
 * @property {boolean} write           pages are to be written
 * @property {() => string} conditions    under which the run is made, in words
 */

/**
 * The server's processor time per message, in ns. The window is short, so that the alternation is
 * fast, and begins after a warm-up on its own connections.
 * @param {Context} context @param {{ pid: number }} server @param {number} port
 */
export async function echoWindow({ cores, quick }, server, port) {
  const [warmup, messages] = quick ? [2000, 10_000] : [2000, 25_000];
  const { cpuNs } = await runOnce(c('load', port, CONNECTIONS, warmup, messages, server.pid), cores.load);
  return cpuNs / messages;
}

/** Lets a server compile what it is going to run. @param {Context} context @param {number} port */
export async function warmUp({ cores }, port) {
  await runOnce(c('load', port, CONNECTIONS, 0, 100_000, process.pid), cores.load);
}

/** Microseconds per message, for the column that says what a ratio is made of. */
export const perMessage = (/** @type {string} */ name, /** @type {number} */ ns) =>
  `${name} ${(ns / 1000).toFixed(2)} µs`;
