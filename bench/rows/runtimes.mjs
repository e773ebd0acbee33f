// @ts-check
// The echo server on every runtime that the tests know, beside what each runtime has itself: node:net, Bun.listen,
// Deno.listen. uWebSockets.js, which some would pick, is not on npm's registry.
import { runtimes as allRuntimes } from '../../scripts/test/runtimes.mjs';
import { echoWindow, perMessage, warmUp } from '../harness/echo-window.mjs';
import { BENCH, c } from '../harness/participant.mjs';
import { compareSides, measureServers } from '../harness/servers.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {{ id: string, name: string, version: string, command: string, args: string[] }} Runtime */

/** By the name of a runtime: what it has itself, and the server on it. */
const OWN = {
  Node: { title: 'node:net', file: 'servers/node-net.cjs' },
  Bun: { title: 'Bun.listen', file: 'servers/bun-listen.mjs' },
  Deno: { title: 'Deno.listen', file: 'servers/deno-listen.mjs' },
};
const OURS = {
  receive: { title: 'a reactor with receive and send', file: 'servers/pollux-receive.cjs' },
  FdStream: { title: 'FdStreams', file: 'servers/pollux-streams.cjs' },
};

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function runtimes(context) {
  context.progress.step('runtimes: fetching them');
  /** @type {Figure[]} */
  const figures = [];
  for (const runtime of [thisOne(), .../** @type {Runtime[]} */ (allRuntimes())]) {
    figures.push(...(await onRuntime(context, runtime)));
  }
  figures.push({ title: 'uWebSockets.js', bar: '', reason: "not measured: it is not on npm's registry" });
  return figures;
}

/** @returns {Runtime} */
const thisOne = () => ({
  id: 'node',
  name: 'Node',
  version: process.versions.node,
  command: process.execPath,
  args: [],
});

/** @param {Context} context @param {Runtime} runtime @returns {Promise<Figure[]>} */
async function onRuntime(context, { name, version, command, args }) {
  const own = OWN[/** @type {keyof typeof OWN} */ (name)];
  const on = (/** @type {string} */ file) => [command, ...args, `${BENCH}/${file}`];
  const title = `echo on ${name} ${version}`;
  const sides = [
    { name: 'C', command: c('echo') },
    { name: own.title, command: on(own.file) },
    ...Object.entries(OURS).map(([side, { file }]) => ({ name: side, command: on(file) })),
  ];
  const outcome = await measureServers(context, title, sides, context.quick ? 3 : 11, {
    warmUp: ({ port }) => warmUp(context, port),
    window: (server) => echoWindow(context, server, server.port),
  });
  const against = (/** @type {string} */ side, /** @type {string} */ base, /** @type {string} */ what) =>
    compareSides(outcome, side, base, { title: `${title}: ${what} against ${base}`, bar: '' }, perMessage);
  return [
    ...Object.entries(OURS).flatMap(([side, { title: what }]) => [
      against(side, own.title, `pollux, ${what},`),
      against(side, 'C', `pollux, ${what},`),
    ]),
    against(own.title, 'C', own.title),
  ];
}
