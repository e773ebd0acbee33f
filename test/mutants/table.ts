import { BATCHES } from './batches.js';
import { CAPABILITIES } from './capabilities.js';
import { DELIVERY } from './delivery.js';
import { EDGES } from './edges.js';
import { LIFECYCLE } from './lifecycle.js';
import { MODIFICATIONS } from './modifications.js';
import type { Mutation } from './mutant.js';
import { READINESS } from './readiness.js';
import { REGISTRATIONS } from './registrations.js';
import { SOURCES } from './sources.js';
import { WAITS } from './waits.js';

/** All mutants by name. */
export const MUTANTS: Readonly<Record<string, Mutation>> = {
  ...REGISTRATIONS,
  ...MODIFICATIONS,
  ...READINESS,
  ...DELIVERY,
  ...EDGES,
  ...SOURCES,
  ...BATCHES,
  ...WAITS,
  ...LIFECYCLE,
  ...CAPABILITIES,
};
