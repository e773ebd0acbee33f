import { allClauses } from '../clauses/all.js';
import type { Result } from './report.js';

/** What is compared of one clause. */
export interface Ending {
  readonly outcome: Result['outcome'];
  readonly reason: string | undefined;
}

/** A report, as far as it is compared. */
export interface Side {
  readonly name: string;
  readonly endings: ReadonlyMap<string, Ending>;
}

/** A clause that ended in two ways; undefined where a report does not have the clause. */
export interface Difference {
  readonly id: string;
  readonly title: string;
  readonly a: Ending | undefined;
  readonly b: Ending | undefined;
}

/** What two reports say about the same clauses. */
export interface Comparison {
  readonly a: string;
  readonly b: string;
  /** How many clauses ended alike. */
  readonly same: number;
  /** In the order of the clauses. */
  readonly differences: readonly Difference[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * `value` as a side of a comparison: a report of the reporter json, or a recorded run of docs/results/runs.
 *
 * @throws TypeError `value` is neither.
 */
export function sideOf(value: unknown): Side {
  if (isObject(value)) {
    const { results, backend, runtime, kept, gated, broken, name } = value;
    if (Array.isArray(results) && results.every(isResult))
      return {
        name: `${String(backend)}, ${String(runtime)}`,
        endings: new Map(results.map(({ id, outcome, reason }) => [id, { outcome, reason }])),
      };
    if (Array.isArray(kept) && isObject(gated) && isObject(broken)) {
      const ending = (outcome: Result['outcome'], id: string, reason?: unknown): [string, Ending] => [
        id,
        { outcome, reason: reason === undefined ? undefined : String(reason) },
      ];
      const endings = [
        ...kept.map((id) => ending('passed', String(id))),
        ...Object.entries(gated).map(([id, reason]) => ending('gated', id, reason)),
        ...Object.entries(broken).map(([id, reason]) => ending('failed', id, reason)),
      ];
      return { name: String(name), endings: new Map(endings) };
    }
  }
  throw new TypeError('it is no report: pollux conformance --reporter json writes one');
}

/** Compares how the clauses ended; reasons are not compared. */
export function compare(a: Side, b: Side): Comparison {
  const titles = new Map(allClauses.map(({ id, title }) => [id, title]));
  const ids = new Set([...titles.keys(), ...a.endings.keys(), ...b.endings.keys()]);
  const rows = [...ids]
    .map((id) => ({ id, title: titles.get(id) ?? '', a: a.endings.get(id), b: b.endings.get(id) }))
    .filter((row) => row.a !== undefined || row.b !== undefined);
  const differences = rows.filter((row) => row.a?.outcome !== row.b?.outcome);
  return { a: a.name, b: b.name, same: rows.length - differences.length, differences };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isResult(value: unknown): value is Result {
  return isObject(value) && typeof value['id'] === 'string' && OUTCOMES.includes(value['outcome']);
}

const OUTCOMES: readonly unknown[] = ['passed', 'failed', 'gated'];
