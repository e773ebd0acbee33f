import * as sys from '../../sys.js';

/** Closes what a clause has opened, in reverse order, however the clause ends. */
export class Scope {
  readonly #endings: Array<() => void> = [];
  readonly #owned = new Set<number>();
  readonly #onChange: ((owned: ReadonlySet<number>) => void) | undefined;
  readonly #onClose: ((fd: number) => void) | undefined;

  /**
   * `onChange` is called with the owned descriptors, whenever they change; `onClose` with a descriptor before it is
   * closed.
   */
  constructor(onChange?: (owned: ReadonlySet<number>) => void, onClose?: (fd: number) => void) {
    this.#onChange = onChange;
    this.#onClose = onClose;
  }

  /** Takes over `fd`, which is closed at the end unless `close()` has closed it before. */
  readonly own = (fd: number): number => {
    this.#owned.add(fd);
    this.#onChange?.(this.#owned);
    this.atEnd(() => this.close(fd));
    return fd;
  };

  /** Closes descriptors that this scope owns, and ignores others. */
  readonly close = (...fds: number[]): void => {
    for (const fd of fds) {
      if (!this.#owned.delete(fd)) continue;
      this.#onChange?.(this.#owned);
      this.#onClose?.(fd);
      sys.close(fd);
    }
  };

  /** `fd` belongs to somebody else from here on. */
  disown(fd: number): void {
    this.#owned.delete(fd);
    this.#onChange?.(this.#owned);
  }

  /** Has `ending` called at the end. */
  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  /** The current position, for `unwind()`. */
  mark(): number {
    return this.#endings.length;
  }

  /** Calls all endings that were set after `mark`. Returns the errors that they threw. */
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
