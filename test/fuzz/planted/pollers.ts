import { createPoller } from 'pollux';
import { Mutant } from '../../mutants/mutant.js';
import { MUTANTS } from '../../mutants/table.js';
import type { OpenPoller } from '../poller/episode.js';

/** Opens pollers with one fault, by its name in the table of mutants. */
export function plantedPoller(name: string): OpenPoller {
  const mutation = MUTANTS[name];
  if (mutation === undefined) throw new Error(`no fault is called ${name}`);
  return (options) => new Mutant(createPoller(mutation.options?.(options) ?? options), mutation, options.capacity ?? 1024, false);
}
