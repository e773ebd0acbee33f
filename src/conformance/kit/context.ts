import { inspect } from 'node:util';
import { messageOf } from '../../errors.js';
import { Expectations } from './expectations.js';
import { Fixtures } from './fixtures.js';
import type { Environment } from './needs.js';
import { Scope } from './scope.js';
import type { Programs, Setup } from './setup.js';
import { Threads } from './threads.js';

/** All that a clause may use. */
export class Context {
  readonly environment: Environment;
  /** Opens descriptors and pollers under test. All of them are closed at the end of the clause. */
  readonly open: Fixtures;
  /** Checks what the clause expects; a failed check throws. */
  readonly expect: Expectations;
  /** Has other threads do something meanwhile. */
  readonly threads: Threads;
  readonly programs: Programs;
  /** Closes descriptors that `open` opened. */
  readonly close: (...fds: number[]) => void;
  /** Takes over a descriptor that the clause opened itself; it is closed at the end of the clause. */
  readonly own: (fd: number) => number;
  readonly scope: Scope;

  constructor(setup: Setup) {
    const { driver } = setup.source;
    this.scope = new Scope(setup.onOwned, driver === undefined ? undefined : (fd) => driver.release(fd));
    this.environment = setup.environment;
    this.open = new Fixtures(this.scope, setup);
    this.expect = new Expectations(setup.patienceMs, driver === undefined ? undefined : () => driver.cpuMs());
    this.threads = new Threads(setup.taskThreads, setup.source);
    this.programs = setup.programs;
    this.close = this.scope.close;
    this.own = this.scope.own;
  }

  /** Runs `body` for each of `rows`. What a row opened is closed before the next row; a failure names its row. */
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

/** The names in a row, as in `pipe, level: `. */
function labelOf(row: unknown): string {
  const parts = (Array.isArray(row) ? row : [row]).map(nameOf).filter((name) => name !== '');
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

function nameOf(part: unknown): string {
  if (typeof part === 'function') return '';
  if (typeof part === 'object' && part !== null && 'name' in part) return String(part.name);
  return typeof part === 'string' ? part : inspect(part);
}
