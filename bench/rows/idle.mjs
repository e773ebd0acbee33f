// @ts-check
// Cost is what is ready, not what is registered: many idle registrations against ten, in wait()
// alone and in the echo server.
import { CONNECTIONS, echoWindow, perMessage, warmUp } from '../harness/echo-window.mjs';
import { c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const EVENTS = 64;
const FEW = 10;
const MANY = 10_000;
const MANY_CONNECTIONS = 15_000;

const words = (/** @type {number} */ count) => count.toLocaleString('en').replace(/,/g, ' ');

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function idleWait({ quick, cores, progress }) {
  const [rounds, loops] = quick ? [9, 1000] : [41, 3000];
  const { few = [], many = [] } = await withParticipants(async (start) => {
    progress.step(`wait, ${words(MANY)} idle: warming up`);
    const probe = start(node('probes/wait.cjs', EVENTS, FEW, MANY), cores.server);
    const side = (/** @type {number} */ poller) => async () =>
      (await probe.ask(`wait ${loops} ${poller}`)).waitNs / loops;
    await probe.ask('wait 20000 0');
    progress.step(`wait, ${words(MANY)} idle registrations and ${FEW}`);
    return alternate({ few: side(0), many: side(1) }, rounds, progress.rounds(rounds));
  });
  return [
    {
      title: `wait, batch of ${EVENTS}: ${words(MANY)} idle registrations against ${FEW}`,
      bar: '≤ 1.03 ×',
      limit: 1.03,
      unit: '×',
      spread: ratios(many, few),
      against: `${(spread(many).median / 1000).toFixed(2)} µs, ${(spread(few).median / 1000).toFixed(2)} µs per wait`,
    },
  ];
}

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function idleEcho(context) {
  const { quick, cores, progress } = context;
  const rounds = quick ? 5 : 25;
  const title = `echo, ${CONNECTIONS} active: ${words(MANY_CONNECTIONS)} idle connections against ${FEW}`;
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const [name, command] of Object.entries({ C: c('echo'), pollux: node('servers/pollux-blocking.cjs') })) {
      for (const idle of [FEW, MANY_CONNECTIONS]) {
        progress.step(`${title}: connecting ${words(idle)} to ${name}`);
        const server = start(command, cores.server);
        const { port } = await server.answer();
        await start(c('load', port, idle), cores.load).answer();
        await warmUp(context, port);
        turns[`${name} ${idle}`] = () => echoWindow(context, server, port);
      }
    }
    progress.step(title);
    return alternate(turns, rounds, progress.rounds(rounds));
  });
  const side = (/** @type {string} */ name, /** @type {number} */ idle) => samples[`${name} ${idle}`] ?? [];
  const c15k = ratios(side('C', MANY_CONNECTIONS), side('C', FEW)).median.toFixed(3);
  return [
    {
      title,
      bar: '≤ 1.03 ×',
      limit: 1.03,
      unit: '×',
      spread: ratios(side('pollux', MANY_CONNECTIONS), side('pollux', FEW)),
      against:
        `${perMessage('pollux', spread(side('pollux', MANY_CONNECTIONS)).median)}, ` +
        `${perMessage('pollux', spread(side('pollux', FEW)).median)}; C ${c15k} ×`,
    },
  ];
}
