import { arch, platform, release } from 'node:os';
import type { Capabilities } from '../../poller.js';
import type { Clause } from '../kit/clause.js';
import { groupOf } from '../kit/clause.js';
import { causeOf } from './cause.js';
import type { Environment, Need } from '../kit/needs.js';
import type { FaultKind } from '../kit/setup.js';

/** How one clause ended. */
export interface Result {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly promise: string;
  readonly needs: readonly Need[];
  readonly outcome: 'passed' | 'failed' | 'gated';
  /** Why the clause failed, or why it is gated. */
  readonly reason?: string;
  /**
   * What the driver did wrong, where that and no broken promise made the clause fail: it ended, it did not answer, its
   * answer is not that of the protocol, or it left descriptors open.
   */
  readonly fault?: FaultKind;
  /** What failures of the same kind have in common, in words that do not depend on the clause. */
  readonly cause?: string;
  readonly ms: number;
}

/** What is known of a run before its first clause. */
export interface Plan {
  /** How many clauses were selected. */
  readonly total: number;
  readonly backend: string;
  readonly capabilities: Capabilities;
  /** `linux x64, kernel 6.18.0`. */
  readonly system: string;
  /** `node 20.20.2`. */
  readonly runtime: string;
  /** When the run began, in ISO 8601. */
  readonly date: string;
}

/** What a run has shown. */
export interface Report extends Plan {
  readonly passed: number;
  readonly failed: number;
  readonly gated: number;
  readonly ms: number;
  /** In the order of the clauses. */
  readonly results: readonly Result[];
}

export function planOf(environment: Environment, total: number): Plan {
  const { versions } = process;
  return {
    total,
    backend: environment.backend,
    capabilities: environment.capabilities,
    system: `${platform()} ${arch()}, kernel ${release()}`,
    runtime:
      versions['bun'] !== undefined
        ? `bun ${versions['bun']}`
        : versions['deno'] !== undefined
          ? `deno ${versions['deno']}`
          : `node ${versions.node}`,
    date: new Date().toISOString(),
  };
}

export function resultOf(
  clause: Clause,
  outcome: Result['outcome'],
  reason: string | undefined,
  ms: number,
  fault?: FaultKind,
): Result {
  const { id, title, promise, needs } = clause;
  const why = {
    ...(reason === undefined ? {} : { reason }),
    ...(fault === undefined ? {} : { fault }),
    ...(outcome === 'failed' ? { cause: causeOf(reason ?? '', fault) } : {}),
  };
  return { id, group: groupOf(id), title, promise, needs, outcome, ...why, ms };
}

export function reportOf(plan: Plan, results: readonly Result[], ms: number): Report {
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  return { ...plan, passed: count('passed'), failed: count('failed'), gated: count('gated'), ms, results };
}
