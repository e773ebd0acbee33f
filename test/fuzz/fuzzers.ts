import type { Fuzzer, FuzzerName } from './fuzzer.js';
import { pollerFuzzer } from './poller/run.js';
import { reactorFuzzer } from './reactor/run.js';
import { faultsFuzzer } from './faults/run.js';
import { streamFuzzer } from './stream/run.js';

/** The fuzzer of that name; `planted` names a fault that its subject is to have. */
export function fuzzerOf(name: FuzzerName, planted?: string): Fuzzer {
  if (name === 'poller') return pollerFuzzer(planted);
  if (name === 'stream') return streamFuzzer(planted);
  if (name === 'reactor') return reactorFuzzer(planted);
  if (name === 'faults') return faultsFuzzer();
  throw new Error(name);
}
