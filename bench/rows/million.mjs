// @ts-check
// What a poller costs by the number of its registrations, without JavaScript: a million of them over a stand-in for the
// kernel's calls, and as many as the system allows on the kernel, beside C.
import { readFileSync } from 'node:fs';
import { buildMillion } from '../harness/build.mjs';
import { c, withParticipants } from '../harness/participant.mjs';
import { alternate, ratios, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */
/** @typedef {import('../harness/participant.mjs').Participant} Participant */
/** @typedef {Record<string, number[]>} Samples nanoseconds by call */

const FEW = 1000;
const MANY = 1_000_000;
const ACTIVE = 256;
const ACTIVE_ON_KERNEL = 10;
const MOST_ON_KERNEL = 19_900;
const CALLS = ['add', 'modify', 'remove'];

const words = (/** @type {number} */ count) => count.toLocaleString('en').replace(/,/g, ' ');
const ns = (/** @type {number[] | undefined} */ samples) => spread(samples ?? []).median.toFixed(1);

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function million(context) {
  /** @type {Figure[]} */
  const figures = [];
  for (const backend of /** @type {const} */ (['epoll', 'kqueue'])) {
    buildMillion(backend);
    figures.push(...(await onStandIn(context, backend)));
  }
  return [...figures, ...(await onKernel(context))];
}

/** @param {Context} context @param {string} backend @returns {Promise<Figure[]>} */
async function onStandIn({ quick, cores, progress }, backend) {
  const [rounds, waits, calls] = quick ? [3, 500, MANY] : [15, 4000, MANY];
  return withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    /** @type {Record<number, Samples>} */
    const samples = { [FEW]: {}, [MANY]: {} };
    /** @type {Record<number, number>} */
    const bytes = {};
    for (const count of [FEW, MANY]) {
      progress.step(`${backend}, ${words(count)} registrations over a stand-in for the kernel: warming up`);
      const program = start(c(`million-${backend}`, 'stand-in', count, ACTIVE), cores.server);
      bytes[count] = (await program.ask('counts')).bytes / count;
      await program.ask(`wait ${waits}`);
      await program.ask(`control ${calls / count}`);
      const own = /** @type {Samples} */ (samples[count]);
      turns[count] = async () => {
        await control(program, 'control', calls / count, count, own, '');
        await control(program, 'shuffled', calls / count, count, own, ', shuffled');
        for (const way of ['wait', 'others']) {
          (own[way] ??= []).push((await program.ask(`${way} ${waits}`)).waitNs / waits / ACTIVE);
        }
        return 0;
      };
    }
    progress.step(`${backend}, ${words(MANY)} registrations over a stand-in for the kernel, and ${words(FEW)}`);
    await alternate(turns, rounds, progress.rounds(rounds));
    const title = `${backend} backend alone, ${words(MANY)} registrations against ${words(FEW)}`;
    const compare = (/** @type {string} */ call, /** @type {string} */ what, /** @type {Partial<Figure>} */ bar) => {
      const [few = [], many = []] = [samples[FEW]?.[call], samples[MANY]?.[call]];
      const against = `${ns(many)} ns, ${ns(few)} ns`;
      return /** @type {Figure} */ ({
        title: `${title}: ${what}`,
        bar: '',
        ...bar,
        spread: ratios(many, few),
        against,
      });
    };
    const bar = { bar: '≤ 1.10 ×', limit: 1.1 };
    return [
      ...CALLS.map((call) => compare(call, call, bar)),
      ...CALLS.map((call) => compare(`${call}, shuffled`, `${call}, in any order`, {})),
      compare('wait', `an event of a wait, ${ACTIVE} active`, bar),
      compare('others', `an event of a wait, another ${ACTIVE} each time`, {}),
      {
        title: `${backend} backend alone, memory of a registration, ${words(MANY)} of them`,
        bar: '≤ 32 B',
        limit: 32,
        unit: 'B',
        spread: spread([bytes[MANY] ?? NaN]),
        against: `${words(FEW)}: ${bytes[FEW]?.toFixed(1)} B`,
      },
    ];
  });
}

/**
 * One turn of add, modify and remove, in nanoseconds each.
 * @param {Participant} program @param {string} command @param {number} loops @param {number} descriptors
 * @param {Samples} samples @param {string} suffix
 */
async function control(program, command, loops, descriptors, samples, suffix) {
  const spent = await program.ask(`${command} ${loops}`);
  for (const call of CALLS) (samples[`${call}${suffix}`] ??= []).push(spent[`${call}Ns`] / loops / descriptors);
}

/** @param {Context} context @returns {Promise<Figure[]>} */
async function onKernel({ quick, cores, progress }) {
  const [rounds, waits, calls] = quick ? [3, 2000, 40_000] : [15, 20_000, 200_000];
  const counts = [ACTIVE_ON_KERNEL, FEW, Math.min(MOST_ON_KERNEL, mostDescriptors() - 100)];
  const sides = ['pollux', 'C'];
  return withParticipants(async (start) => {
    /** @type {Record<string, () => Promise<number>>} */
    const turns = {};
    /** @type {Record<string, Samples>} */
    const samples = {};
    for (const side of sides) {
      for (const count of counts) {
        progress.step(`${words(count)} registrations on the kernel: warming up ${side}`);
        const command =
          side === 'C' ? c('many', count, ACTIVE_ON_KERNEL) : c('million-epoll', 'kernel', count, ACTIVE_ON_KERNEL);
        const program = start(command, cores.server);
        await program.ask(`wait ${waits}`);
        const name = `${side} ${count}`;
        const own = (samples[name] = /** @type {Samples} */ ({}));
        const loops = Math.ceil(calls / count);
        turns[name] = async () => {
          await control(program, 'control', loops, count, own, '');
          (own['wait'] ??= []).push((await program.ask(`wait ${waits}`)).waitNs / waits / ACTIVE_ON_KERNEL);
          return 0;
        };
      }
    }
    progress.step(`up to ${words(counts[2] ?? 0)} registrations on the kernel: pollux, C`);
    await alternate(turns, rounds, progress.rounds(rounds));
    const [least = 0, , most = 0] = counts;
    return [...CALLS, 'wait'].map((call) => {
      const of = (/** @type {string} */ side, /** @type {number} */ count) => samples[`${side} ${count}`]?.[call] ?? [];
      const figures = sides.map((side) => `${side} ${counts.map((count) => ns(of(side, count))).join(', ')} ns`);
      const slope = ratios(of('C', most), of('C', least)).median.toFixed(3);
      return {
        title: `epoll backend on the kernel, ${words(most)} registrations against ${least}: ${call === 'wait' ? 'an event of a wait' : call}`,
        bar: '',
        spread: ratios(of('pollux', most), of('pollux', least)),
        against: `with ${counts.map(words).join(', ')}: ${figures.join('; ')}; C ${slope} ×`,
      };
    });
  });
}

/** How many descriptors a process may have. */
function mostDescriptors() {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1024);
}
