import type { Operation } from '../fuzzer.js';
import type { Random } from '../random.js';

/**
 * What a script has one end of: the kind of connection, and whether the stream stays open after the end of its peer.
 */
export const CONNECTIONS = ['unix', 'tcp'] as const;

const SIZES = [0, 1, 100, 5000, 70_000, 300_000];
const STEPS = 14;

/**
 * The steps of a script. `stream` steps are made through the stream under test, `peer` steps with bare calls at the
 * other end; after each step everything comes to rest.
 */
const WEIGHTS: ReadonlyArray<readonly [name: string, weight: number, most: number]> = [
  ['write', 10, SIZES.length],
  ['writeMany', 3, 5],
  ['end', 2, SIZES.length],
  ['pause', 2, 1],
  ['resume', 3, 1],
  ['destroy', 1, 2],
  ['cork', 2, 4],
  ['echoNext', 3, SIZES.length],
  ['destroyOnData', 1, 1],
  ['endOnData', 1, 1],
  ['peerWrite', 9, SIZES.length],
  ['peerRead', 4, SIZES.length],
  ['peerDrain', 8, 1],
  ['peerEnd', 2, 1],
  ['peerClose', 1, 1],
  ['peerReset', 1, 1],
  ['peerBoth', 2, SIZES.length],
  ['together', 4, 3],
];
const TOTAL = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);

export function sizeOf(index: number): number {
  return SIZES[index % SIZES.length]!;
}

/** The steps of the script of a seed. The first step says which connection it uses. */
export function drawScript(random: Random): Operation[] {
  const script: Operation[] = [['open', random.below(CONNECTIONS.length), random.below(2)]];
  for (let step = 0; step < STEPS; step++) {
    let at = random.below(TOTAL);
    const [name, , most] = WEIGHTS.find(([, weight]) => (at -= weight) < 0)!;
    script.push([name, random.below(most)]);
  }
  return script;
}
