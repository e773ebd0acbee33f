import type { TraceCounts } from '../trace/trace.js';

const LOOK_MS = 500;
/** Back to the beginning of the line, and erases it. */
const CLEAR = '\r\x1b[K';

/** One line on a terminal that says how far a recording is; nothing where standard error is no terminal. */
export class ProgressLine {
  readonly #counts: () => TraceCounts;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #beganMs = Date.now();

  constructor(counts: () => TraceCounts) {
    this.#counts = counts;
    if (process.stderr.isTTY === true) this.#timer = setInterval(() => this.#show(), LOOK_MS);
  }

  /** Takes the line away; the next look writes it again. */
  clear(): void {
    if (this.#timer !== undefined) process.stderr.write(CLEAR);
  }

  end(): void {
    this.clear();
    clearInterval(this.#timer);
  }

  #show(): void {
    const { calls, events, epolls, tasks } = this.#counts();
    const seconds = Math.round((Date.now() - this.#beganMs) / 1000);
    const text = `pollux audit: ${seconds} s, ${tasks} tasks, ${epolls} epoll instances, ${events} events, ${calls} calls`;
    process.stderr.write(`${CLEAR}${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }
}
