import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPoller, type Poller, type PollerOptions } from 'pollux';
import { Fixtures, Scope as ClauseScope, programs } from './kit.js';

/** Closes what one test has opened, in reverse order, however the test ends. */
export class Scope extends ClauseScope {
  /** Opens descriptors as a clause does. */
  readonly open: Fixtures;

  constructor() {
    super();
    let directory: string | undefined;
    const scratch = (): string => (directory ??= this.directory());
    this.open = new Fixtures(this, {
      source: { createPoller },
      programs,
      // Most tests open no file.
      get directory(): string {
        return scratch();
      },
    });
  }

  poller<Data = unknown>(options?: PollerOptions): Poller<Data> {
    return this.open.poller<Data>(options);
  }

  /** A directory that is removed at the end. */
  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'pollux-'));
    this.atEnd(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /** Closes everything, and throws the first error that occurs on the way. */
  end(): void {
    const errors = this.unwind();
    if (errors.length > 0) throw errors[0];
  }
}

/** The body of a test that gets a scope of its own. */
export function scoped(body: (scope: Scope) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const scope = new Scope();
    try {
      await body(scope);
    } finally {
      scope.end();
    }
  };
}
