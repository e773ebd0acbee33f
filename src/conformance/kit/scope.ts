import * as sys from '../../sys.js';

/** What a clause opened. Closed in reverse order when it ends, however it ends. */
export class Scope {
  readonly #endings: Array<() => void> = [];
  readonly #owned = new Set<number>();
  readonly #onChange: ((owned: ReadonlySet<number>) => void) | undefined;

  /** `onChange` hears which descriptors are owned, whenever that changes. */
  constructor(onChange?: (owned: ReadonlySet<number>) => void) {
    this.#onChange = onChange;
  }

  /** Takes over `fd`: closed at the end unless `close()` came first. */
  readonly own = (fd: number): number => {
    this.#owned.add(fd);
    this.#onChange?.(this.#owned);
    this.atEnd(() => this.close(fd));
    return fd;
  };

  /** Closes descriptors that this scope owns; once is enough. */
  readonly close = (...fds: number[]): void => {
    for (const fd of fds) {
      if (!this.#owned.delete(fd)) continue;
      this.#onChange?.(this.#owned);
      sys.close(fd);
    }
  };

  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  /** How much there is to undo: for `unwind()`. */
  mark(): number {
    return this.#endings.length;
  }

  /** Ends what came after `mark`, all of it. Returns what the endings threw. */
  unwind(mark = 0): unknown[] {
    const errors: unknown[] = [];
    while (this.#endings.length > mark) {
      try {
        this.#endings.pop()!();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
