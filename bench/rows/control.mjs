// @ts-check
// What add(), modify() and remove() add to epoll_ctl(2).
import { c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, differences, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const DESCRIPTORS = 1000;
const CALLS = ['add', 'modify', 'remove'];

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function control({ quick, cores, progress }) {
  const [rounds, loops] = quick ? [9, 10] : [41, 20];
  /** @type {Record<string, number[]>} */
  const own = {};
  /** @type {Record<string, number[]>} */
  const bare = {};
  /** @type {Record<string, number[]>} */
  const threaded = {};
  await withParticipants(async (start) => {
    progress.step(`add, modify, remove: warming up`);
    const pollux = start(node('probes/control.cjs', DESCRIPTORS), cores.server);
    const micro = start(c('micro', 0, DESCRIPTORS), cores.server);
    const microThreaded = start(c('micro', 0, DESCRIPTORS, 'second-thread'), cores.server);
    await pollux.ask('control 40');
    await micro.ask('control 10');
    await microThreaded.ask('control 10');
    /** @param {typeof pollux} side @param {Record<string, number[]>} samples */
    const turn = (side, samples) => async () => {
      const spent = await side.ask(`control ${loops}`);
      for (const call of CALLS) (samples[call] ??= []).push(spent[`${call}Ns`] / loops / DESCRIPTORS);
      return 0;
    };
    progress.step(`add, modify, remove of ${DESCRIPTORS} descriptors: C, pollux`);
    const sides = { C: turn(micro, bare), threaded: turn(microThreaded, threaded), pollux: turn(pollux, own) };
    await alternate(sides, rounds, progress.rounds(rounds));
  });
  return CALLS.map((call) => ({
    title: `${call}: above epoll_ctl`,
    bar: '≤ + 150 ns',
    limit: 150,
    unit: 'ns',
    spread: differences(own[call] ?? [], bare[call] ?? []),
    against: `pollux ${median(own[call])}, C ${median(bare[call])}, C with a second thread ${median(threaded[call])}`,
  }));
}

const median = (/** @type {number[] | undefined} */ samples) => `${spread(samples ?? []).median.toFixed(0)} ns`;
