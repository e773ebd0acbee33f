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
  await withParticipants(async (start) => {
    progress.step(`add, modify, remove: warming up`);
    const pollux = start(node('probes/control.cjs', DESCRIPTORS), cores.server);
    const micro = start(c('micro', 0, DESCRIPTORS), cores.server);
    await pollux.ask('control 40');
    await micro.ask('control 10');
    /** @param {typeof pollux} side @param {Record<string, number[]>} samples */
    const turn = (side, samples) => async () => {
      const spent = await side.ask(`control ${loops}`);
      for (const call of CALLS) (samples[call] ??= []).push(spent[`${call}Ns`] / loops / DESCRIPTORS);
      return 0;
    };
    progress.step(`add, modify, remove of ${DESCRIPTORS} descriptors: C, pollux`);
    await alternate({ C: turn(micro, bare), pollux: turn(pollux, own) }, rounds, progress.rounds(rounds));
  });
  return CALLS.map((call) => ({
    title: `${call}: above epoll_ctl`, bar: '≤ + 120 ns', limit: 120, unit: 'ns',
    spread: differences(own[call] ?? [], bare[call] ?? []),
    against: `pollux ${spread(own[call] ?? []).median.toFixed(0)} ns, C ${spread(bare[call] ?? []).median.toFixed(0)} ns`,
  }));
}
