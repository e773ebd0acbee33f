import { inspect } from 'node:util';
import { messageOf } from '../../errors.js';
import { Expectations } from './expectations.js';
import { Fixtures } from './fixtures.js';
import type { Environment } from './needs.js';
import { Scope } from './scope.js';
import type { Subject } from './subject.js';
import { type HelperThreads, Threads } from './threads.js';

/** What the process or thread that runs clauses has for all of them. */
export interface Bench {
  readonly subject: Subject;
  readonly environment: Environment;
  readonly helpers: HelperThreads;
  /** A scratch directory. */
  readonly directory: string;
  /** How long to wait for what has to come. */
  readonly patienceMs: number;
  /** Hears which descriptors the running clause has open. */
  readonly onOwned?: ((owned: ReadonlySet<number>) => void) | undefined;
}

/** What a clause is run with. */
export class Context {
  readonly environment: Environment;
  /** Opens descriptors and the poller under test; all is closed at the end of the clause. */
  readonly open: Fixtures;
  /** Says what has to be so. */
  readonly expect: Expectations;
  /** What other threads do meanwhile. */
  readonly threads: Threads;
  /** Closes descriptors that `open` opened. */
  readonly close: (...fds: number[]) => void;
  /** Takes over a descriptor that the clause opened itself. */
  readonly own: (fd: number) => number;
  readonly scope: Scope;

  constructor(bench: Bench) {
    this.scope = new Scope(bench.onOwned);
    this.environment = bench.environment;
    this.open = new Fixtures(this.scope, bench.directory, bench.subject.createPoller);
    this.expect = new Expectations(bench.patienceMs);
    this.threads = new Threads(bench.helpers, bench.subject);
    this.close = this.scope.close;
    this.own = this.scope.own;
  }

  /** Runs `body` for each of `rows`; what a row opened is closed before the next, and a failure names it. */
  readonly each = <Row>(rows: readonly Row[], body: (row: Row) => void): void => {
    for (const row of rows) {
      const mark = this.scope.mark();
      let failure: { readonly error: unknown } | undefined;
      try {
        body(row);
      } catch (error) {
        failure = { error };
      }
      const [ending] = this.scope.unwind(mark);
      if (failure === undefined && ending !== undefined) failure = { error: ending };
      if (failure !== undefined) {
        const { error } = failure;
        throw new Error(`${labelOf(row)}${messageOf(error)}`, { cause: error });
      }
    }
  };
}

/** `pipe, level: `; nothing of what has no name. */
function labelOf(row: unknown): string {
  const parts = (Array.isArray(row) ? row : [row]).map(nameOf).filter((name) => name !== '');
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

function nameOf(part: unknown): string {
  if (typeof part === 'function') return '';
  if (typeof part === 'object' && part !== null && 'name' in part) return String(part.name);
  return typeof part === 'string' ? part : inspect(part);
}
