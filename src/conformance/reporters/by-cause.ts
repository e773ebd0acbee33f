import { causeOf } from '../runner/cause.js';
import type { Result } from '../runner/report.js';

/** Failures that have the same cause. */
export interface CauseGroup {
  readonly cause: string;
  readonly results: readonly Result[];
}

/** The failures of `results` by their cause, the most frequent first. */
export function groupedByCause(results: readonly Result[]): CauseGroup[] {
  const groups = new Map<string, Result[]>();
  for (const result of results.filter(({ outcome }) => outcome === 'failed')) {
    const cause = result.cause ?? causeOf(result.reason ?? '', result.fault);
    groups.set(cause, [...(groups.get(cause) ?? []), result]);
  }
  return [...groups]
    .map(([cause, members]) => ({ cause, results: members }))
    .sort((a, b) => b.results.length - a.results.length);
}
