// @ts-check
// Idle timeouts of many connections on one reactor: what closing by timeout costs, and what having them costs the rest.
import { CONNECTIONS, echoWindow, perMessage, warmUp } from '../harness/echo-window.mjs';
import { c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, differences, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const MANY = 10_000;
const IDLE_MS = 1000;
const NEVER_MS = 3_600_000;
const MANY_WORDS = MANY.toLocaleString('en').replace(',', ' ');

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function timeouts(context) {
  return [...(await closing(context)), await having(context)];
}

/** @param {Context} context @returns {Promise<Figure[]>} */
async function closing({ quick, cores, progress }) {
  const rounds = quick ? 3 : 9;
  /** @type {number[]} */
  const lateMs = [];
  let early = 0;
  const side = (/** @type {number} */ idleMs) => () =>
    withParticipants(async (start) => {
      const server = start(node('probes/idle-timeouts.cjs', MANY, idleMs), cores.server);
      const { port } = await server.answer();
      await start(c('load', port, MANY), cores.load).answer();
      const answer = await server.answer();
      if (idleMs > 0) lateMs.push(answer.mostLateMs);
      early += answer.early;
      return answer.cpuNs;
    });
  progress.step(`${MANY_WORDS} connections closed by idle timeouts`);
  const { timed = [], bare = [] } = await alternate(
    { timed: side(IDLE_MS), bare: side(0) },
    rounds,
    progress.rounds(rounds),
  );
  if (early > 0) throw new Error(`${early} connections were closed early`);
  const us = (/** @type {number[]} */ samples) => `${(spread(samples).median / 1000).toFixed(2)} µs`;
  return [
    {
      title: `${MANY_WORDS} connections closed by an idle timeout of 1 s: CPU each above just closing`,
      bar: '',
      unit: 'ns',
      spread: differences(timed, bare),
      against: `${us(timed)}, ${us(bare)}; none early`,
    },
    {
      title: `${MANY_WORDS} connections closed by an idle timeout of 1 s: the last one late by`,
      bar: '',
      unit: 'ms',
      spread: spread(lateMs),
    },
  ];
}

/** @param {Context} context @returns {Promise<Figure>} */
async function having(context) {
  const rounds = context.quick ? 5 : 25;
  const title = `echo, ${CONNECTIONS} active: ${MANY_WORDS} idle connections and all with timeouts, against without`;
  const samples = await withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    for (const [name, idleMs] of Object.entries({ with: NEVER_MS, without: 0 })) {
      context.progress.step(`${title}: connecting`);
      const server = start(node('servers/pollux-reactor.cjs', idleMs), context.cores.server);
      const { port } = await server.answer();
      await start(c('load', port, MANY), context.cores.load).answer();
      await warmUp(context, port);
      turns[name] = () => echoWindow(context, server, port);
    }
    context.progress.step(title);
    return alternate(turns, rounds, context.progress.rounds(rounds));
  });
  const { with: timed = [], without: bare = [] } = samples;
  return {
    title,
    bar: '',
    unit: '×',
    spread: ratios(timed, bare),
    against: `${perMessage('with', spread(timed).median)}, ${perMessage('without', spread(bare).median)}`,
  };
}
