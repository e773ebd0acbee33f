// @ts-check
// What wait() adds to epoll_wait(2) per event.
import { c, node, withParticipants } from '../harness/participant.mjs';
import { alternate, differences, spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const EVENTS = 64;

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function wait({ quick, cores, progress }) {
  const [rounds, loops] = quick ? [9, 1000] : [61, 3000];
  const samples = await withParticipants(async (start) => {
    progress.step(`wait, ${EVENTS} events: warming up`);
    const pollux = start(node('probes/wait.cjs', EVENTS, 0), cores.server);
    const bare = start(c('micro', EVENTS, 0), cores.server);
    await pollux.ask('wait 20000 0');
    progress.step(`wait, ${EVENTS} events: C, pollux`);
    const perEvent = (/** @type {{ waitNs: number }} */ { waitNs }) => waitNs / loops / EVENTS;
    return alternate(
      {
        C: async () => perEvent(await bare.ask(`wait ${loops}`)),
        pollux: async () => perEvent(await pollux.ask(`wait ${loops} 0`)),
      },
      rounds,
      progress.rounds(rounds),
    );
  });
  const { pollux = [], C = [] } = samples;
  return [
    {
      title: `wait, batch of ${EVENTS}: per event above epoll_wait`,
      bar: '≤ 10 ns',
      limit: 10,
      unit: 'ns',
      spread: differences(pollux, C),
      against: `pollux ${spread(pollux).median.toFixed(1)} ns, C ${spread(C).median.toFixed(1)} ns`,
    },
  ];
}
