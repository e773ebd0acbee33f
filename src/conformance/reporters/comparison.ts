import type { Comparison, Difference, Ending } from '../runner/comparison.js';

const WORDS = { passed: 'passes', failed: 'fails', gated: 'is gated' } as const;

/** Text about a comparison, for people: the differences by what happened, those that fail in B first. */
export function comparisonText({ a, b, same, differences }: Comparison): string {
  const groups = new Map<string, Difference[]>();
  for (const difference of [...differences].sort((one, other) => rank(one) - rank(other))) {
    const heading = `${wordOf(difference.a)} in A, ${wordOf(difference.b)} in B`;
    groups.set(heading, [...(groups.get(heading) ?? []), difference]);
  }
  const parts = [...groups].map(([heading, members]) => {
    return [`${heading}: ${members.length}`, ...members.map(lineOf)].join('\n');
  });
  const total = `${differences.length} different, ${same} alike`;
  return [`A: ${a}\nB: ${b}`, ...parts, total].join('\n\n');
}

/** What fails in B comes first, what is not in both reports last. */
function rank({ a, b }: Difference): number {
  if (a === undefined || b === undefined) return 4;
  if (b.outcome === 'failed') return a.outcome === 'passed' ? 0 : 1;
  return a.outcome === 'failed' ? 2 : 3;
}

function wordOf(ending: Ending | undefined): string {
  return ending === undefined ? 'is not' : WORDS[ending.outcome];
}

function lineOf({ id, title, a, b }: Difference): string {
  const sides = [['A', a?.reason] as const, ['B', b?.reason] as const];
  const reasons = sides.flatMap(([side, reason]) =>
    reason === undefined ? [] : `${side}: ${reason}`.split('\n').map((line) => `      ${line}`),
  );
  return [`  ${id} ${title}`, ...reasons].join('\n');
}
