import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPoller, type Poller, type PollerOptions } from 'pollux';
import * as sys from 'pollux/sys';

/** What one test opened. Closed in reverse order when the test ends, however it ends. */
export class Scope {
  readonly #endings: Array<() => void> = [];
  readonly #owned = new Set<number>();

  /** Takes over `fd`: closed at the end unless `close()` came first. */
  own(fd: number): number {
    this.#owned.add(fd);
    this.atEnd(() => this.close(fd));
    return fd;
  }

  /** Closes descriptors that this scope owns; once is enough. */
  close(...fds: number[]): void {
    for (const fd of fds) if (this.#owned.delete(fd)) sys.close(fd);
  }

  poller<Data = unknown>(options?: PollerOptions): Poller<Data> {
    const poller = createPoller<Data>(options);
    this.atEnd(() => poller.close());
    return poller;
  }

  /** A directory that is removed at the end. */
  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'pollux-'));
    this.atEnd(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  end(): void {
    for (const ending of this.#endings.reverse()) ending();
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
