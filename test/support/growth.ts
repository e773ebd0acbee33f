import * as assert from 'uvu/assert';
import { descriptors } from './descriptors.js';
import { openDescriptors } from './process.js';

/** A leak of four bytes in each of 100,000 rounds. */
const SLACK_BYTES = 400_000;

/** Collects all garbage. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    global.gc!();
  }
}

interface Memory {
  heap: number;
  malloc: number;
}

function memoryInUse(): Memory {
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed + external, malloc: descriptors.mallocBytes() };
}

/**
 * Passes when one of several runs of `act` leaves descriptors and memory as they were: a leak shows in every
 * run, and what the runtime opens or keeps for itself does not.
 */
export async function expectNoGrowth(act: () => void | Promise<void>): Promise<void> {
  const growths: object[] = [];
  await act();
  await settle();
  for (let run = 0; run < 6; run++) {
    const earlier = memoryInUse();
    const before = openDescriptors();
    await act();
    await settle();
    const now = memoryInUse();
    const growth = { heap: now.heap - earlier.heap, malloc: now.malloc - earlier.malloc };
    const opened = openDescriptors().filter((fd) => !before.includes(fd));
    if (opened.length === 0 && growth.heap < SLACK_BYTES && growth.malloc < SLACK_BYTES) return;
    growths.push({ ...growth, opened });
  }
  assert.unreachable(`something grew in every run: ${JSON.stringify(growths)}`);
}
