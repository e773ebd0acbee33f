import * as assert from 'uvu/assert';
import { descriptors } from './descriptors.js';
import { openDescriptors } from './process.js';

/** Four bytes for each of 100,000 rounds. */
const SLACK_BYTES = 400_000;

/** Lets everything that is garbage be collected. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    global.gc!();
  }
}

interface Memory { heap: number; malloc: number }

function memoryInUse(): Memory {
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, malloc: descriptors.mallocBytes() };
}

/**
 * Passes when `act` leaves descriptors as they were, and one of several runs leaves memory as it was:
 * what leaks does so in every run, what Node keeps for itself does not.
 */
export async function expectNoGrowth(act: () => void | Promise<void>): Promise<void> {
  const growths: Memory[] = [];
  // What the runtime opens for itself, once, comes with the first run.
  await act();
  const before = openDescriptors();
  await settle();
  for (let run = 0; run < 6; run++) {
    const earlier = memoryInUse();
    await act();
    await settle();
    const now = memoryInUse();
    assert.equal(openDescriptors(), before);
    const growth = { heap: now.heap - earlier.heap, malloc: now.malloc - earlier.malloc };
    if (growth.heap < SLACK_BYTES && growth.malloc < SLACK_BYTES) return;
    growths.push(growth);
  }
  assert.unreachable(`memory grew in every run: ${JSON.stringify(growths)}`);
}
