// @ts-check
// Process memory per idle registration without data.
import { BENCH, runOnce } from '../harness/participant.mjs';
import { spread } from '../harness/rounds.mjs';

/** @typedef {import('../harness/echo-window.mjs').Context} Context */
/** @typedef {import('../harness/figures.mjs').Figure} Figure */

const REGISTRATIONS = 15_000;

/** @param {Context} context @returns {Promise<Figure[]>} */
export async function memory({ quick, cores, progress }) {
  const rounds = quick ? 3 : 11;
  progress.step(`memory of ${REGISTRATIONS} registrations`);
  const onRound = progress.rounds(rounds);
  // Blocks of a page and more come from the kernel: the allocator's leftovers would hide them.
  const environment = ['env', 'MALLOC_MMAP_THRESHOLD_=4096'];
  const command = [
    ...environment,
    process.execPath,
    '--expose-gc',
    `${BENCH}/probes/memory.cjs`,
    String(REGISTRATIONS),
  ];
  const dirty = [];
  const resident = [];
  for (let round = 1; round <= rounds; round++) {
    onRound(round);
    const { privateDirtyBytes, rssBytes } = await runOnce(command, cores.server);
    dirty.push(privateDirtyBytes / REGISTRATIONS);
    resident.push(rssBytes / REGISTRATIONS);
  }
  return [
    {
      title: 'memory per idle registration (private, dirty)',
      bar: '≤ 32 B',
      limit: 32,
      unit: 'B',
      spread: spread(dirty),
      against: `15 000 registrations; resident ${spread(resident).median.toFixed(1)} B`,
    },
  ];
}
