import * as assert from 'uvu/assert';
import { fuzzerOf } from './fuzzers.js';
import type { FuzzerName } from './fuzzer.js';
import { PLANTED_POLLERS } from './planted/pollers.js';
import { PLANTED_REACTORS } from './planted/reactors.js';
import { PLANTED_STREAMS } from './planted/streams.js';
import { suite } from '../support/suite.js';

const test = suite('faults that were planted for the fuzzer', { needs: ['kernel', 'node'] });

/** How many operations, from seed 1 on, may be made until a fault is found. Most faults need a tenth of that. */
const MOST: Readonly<Record<FuzzerName, number>> = { poller: 60_000, stream: 6000, reactor: 6000, faults: 0 };

function find(fuzzer: FuzzerName, fault: string): void {
  test(`fuzz:planted.${fuzzer} ${fault} is found within ${MOST[fuzzer]} operations`, async () => {
    const planted = fuzzerOf(fuzzer, fault);
    try {
      let operations = 0;
      for (let seed = 1; operations < MOST[fuzzer]; seed++) {
        const outcome = await planted.run(seed);
        operations += outcome.operations.length;
        if (outcome.finding === undefined) continue;
        if (process.env['POLLUX_TELL'] !== undefined)
          console.log(`${fuzzer} ${fault}: seed ${seed}, ${operations} operations, ${outcome.finding.message}`);
        return;
      }
      assert.unreachable(`nothing was found in ${operations} operations`);
    } finally {
      planted.end();
    }
  });
}

for (const fault of PLANTED_POLLERS) find('poller', fault);
for (const fault of Object.keys(PLANTED_STREAMS)) find('stream', fault);
for (const fault of PLANTED_REACTORS) find('reactor', fault);
