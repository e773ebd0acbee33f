// @ts-check
// Alternation: noise that lasts longer than one measurement meets all sides alike, so figures are
// made per round and the median of the rounds is taken.

/**
 * Measures every side once per round, in turn; who begins moves on each round.
 * @param {Record<string, () => Promise<number>>} sides
 * @param {number} rounds
 * @param {(round: number) => void} onRound
 * @returns {Promise<Record<string, number[]>>}
 */
export async function alternate(sides, rounds, onRound) {
  const names = Object.keys(sides);
  /** @type {Record<string, number[]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    onRound(round + 1);
    for (let turn = 0; turn < names.length; turn++) {
      const name = /** @type {string} */ (names[(round + turn) % names.length]);
      samples[name]?.push(await /** @type {() => Promise<number>} */ (sides[name])());
    }
  }
  return samples;
}

/** @typedef {{ median: number, least: number, most: number }} Spread */

/** @param {number[]} samples @returns {Spread} */
export function spread(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median: median ?? NaN, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/** Round by round, `a` / `b`. @param {number[]} a @param {number[]} b */
export const ratios = (a, b) => spread(a.map((value, round) => value / (b[round] ?? NaN)));

/** Round by round, `a` − `b`. @param {number[]} a @param {number[]} b */
export const differences = (a, b) => spread(a.map((value, round) => value - (b[round] ?? NaN)));
