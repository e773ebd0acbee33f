import { type Clause, groupOf } from '../kit/clause.js';

/** Ids and groups separated by commas, a pattern of ids, or a predicate. */
export type Filter = string | RegExp | ((clause: Clause) => boolean);

/** The first name of a textual filter that is neither a clause nor a group. */
export function unknownNameIn(clauses: readonly Clause[], filter: Filter | undefined): string | undefined {
  if (typeof filter !== 'string') return undefined;
  return filter
    .split(',')
    .map((name) => name.trim())
    .find((name) => select(clauses, name).length === 0);
}

/** What a textual filter may name: every group, and every clause. */
export function namesOf(clauses: readonly Clause[]): string[] {
  return [...new Set(clauses.map(({ id }) => groupOf(id))), ...clauses.map(({ id }) => id)];
}

/** The clauses that `filter` selects; all clauses without a filter. */
export function select(clauses: readonly Clause[], filter?: Filter): Clause[] {
  if (filter === undefined) return [...clauses];
  if (typeof filter === 'function') return clauses.filter(filter);
  if (typeof filter !== 'string') return clauses.filter(({ id }) => id.search(filter) >= 0);
  const names = new Set(filter.split(',').map((name) => name.trim()));
  return clauses.filter(({ id }) => names.has(id) || names.has(groupOf(id)));
}
