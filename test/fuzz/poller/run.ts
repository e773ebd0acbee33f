import { Finding } from '../finding.js';
import type { Fuzzer, Operation, Outcome } from '../fuzzer.js';
import { plantedPoller } from '../planted/pollers.js';
import { Random } from '../random.js';
import { Episode, type OpenPoller } from './episode.js';
import { endOpenings } from './openings.js';
import { OPERATIONS } from './operations.js';
import { print } from './print.js';

export const EPISODE_OPERATIONS = 300;

const NAMES = Object.keys(OPERATIONS);
const CUMULATIVE = NAMES.reduce<number[]>((sums, name) => [...sums, (sums.at(-1) ?? 0) + OPERATIONS[name]!.weight], []);
const TOTAL = CUMULATIVE.at(-1)!;

/** Single-threaded episodes of pollers against poll(2). */
export function pollerFuzzer(planted?: string): Fuzzer {
  const open = planted === undefined ? undefined : plantedPoller(planted);
  return {
    run: (seed, tell) => runSeed(seed, open, tell),
    replay: (operations) => replay(operations, open),
    print,
    end: endOpenings,
  };
}

/** Draws and runs the episode of `seed`. `tell` is called with each operation before it is made. */
export function runSeed(seed: number, open?: OpenPoller, tell?: (operation: Operation) => void): Outcome {
  const random = new Random(seed);
  const operations: Operation[] = [];
  return play(open, operations, function* (episode) {
    for (let count = 0; count < EPISODE_OPERATIONS; count++) {
      const operation: Operation =
        count === 0 ? ['openPoller', 0, 1 + random.below(8)] : drawOperation(episode, random);
      tell?.(operation);
      yield operation;
    }
  });
}

/** Runs operations that were drawn before. */
export function replay(operations: readonly Operation[], open?: OpenPoller): Outcome {
  return play(open, [], () => operations);
}

function play(
  open: OpenPoller | undefined,
  done: Operation[],
  source: (episode: Episode) => Iterable<Operation>,
): Outcome {
  const episode = new Episode(open);
  try {
    for (const operation of source(episode)) {
      done.push(operation);
      const [name, ...args] = operation;
      OPERATIONS[name]!.run(episode, args);
    }
    episode.end();
    return { operations: done, finding: undefined };
  } catch (error) {
    episode.clear();
    const finding = error instanceof Finding ? error : new Finding('crash', String((error as Error)?.stack ?? error));
    return { operations: done, finding };
  }
}

function drawOperation(episode: Episode, random: Random): Operation {
  for (;;) {
    const at = (random.next() / 0x1_0000_0000) * TOTAL;
    const name = NAMES[CUMULATIVE.findIndex((sum) => at < sum)]!;
    const args = OPERATIONS[name]!.draw(episode, random);
    if (args !== undefined) return [name, ...args];
  }
}
