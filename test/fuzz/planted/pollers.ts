import { createPoller } from 'pollux';
import { Mutant } from '../../mutants/mutant.js';
import { MUTANTS } from '../../mutants/table.js';
import type { OpenPoller } from '../poller/episode.js';

/** Opens pollers with one fault, by its name in the table of mutants. */
export function plantedPoller(name: string): OpenPoller {
  const mutation = MUTANTS[name];
  if (mutation === undefined) throw new Error(`no fault is called ${name}`);
  return (options) =>
    new Mutant(createPoller(mutation.options?.(options) ?? options), mutation, options.capacity ?? 1024, false);
}

/** The mutants that the fuzzer has to find: one or more for each promise. */
export const PLANTED_POLLERS = [
  'eexist-missing',
  'failed-add-modifies',
  'errors-without-details',
  'falsy-data-lost',
  'data-inherited',
  'readd-is-silent',
  'mode-sticks',
  'hup-dropped',
  'hup-with-own-shutdown',
  'half-close-is-hangup',
  'read-closed-dropped',
  'early',
  'wake-does-nothing',
  'second-wake-lost',
  'woken-sticks',
  'wake-hides-events',
  'remove-clears-all',
  'ebadf-is-enoent',
  'remove-of-disarmed-fails',
  'level-is-edge',
  'edge-is-level',
  'oneshot-is-level',
  'duplicates',
  'directions-split',
  'loses-the-tenth',
  'edge-once',
  'edge-silent-at-add',
  'edge-not-rearmed',
  'oneshot-unregisters',
  'pause-ignored',
  'pause-unregisters',
  'over-capacity',
  'overflow-lost',
  'unfair',
  'stale-kept',
  'generation-ignored',
];
