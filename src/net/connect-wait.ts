import { onceAborted } from '../arguments.js';
import { abortError, timedOut } from '../errors.js';
import { ONESHOT, WRITABLE } from '../interest.js';
import { isStillOurs } from '../stream/gone.js';
import type { Reactor } from '../reactor/reactor.js';
import type { ReactorWatch } from '../reactor/reactor-watch.js';

/** The wait for a connect that is under way. Unlike `once()` it knows, when it is over, whether the descriptor is still its own. */
export class ConnectWait {
  readonly #reactor: Reactor;
  readonly #watch: ReactorWatch;
  #settle: ((failure?: Error) => void) | undefined;
  /** False: the descriptor was closed elsewhere, and the number may be a stranger's. */
  isOurs = true;

  /** @throws what `reactor.watch()` throws. */
  constructor(reactor: Reactor, fd: number) {
    this.#reactor = reactor;
    this.#watch = reactor.watch(fd, WRITABLE | ONESHOT, () => this.#over()) as ReactorWatch;
    this.#watch.onEnd = (reason) => {
      if (reason === undefined) return;
      this.isOurs = isStillOurs(this.#watch, reason, this.#reactor.poller) !== false;
      this.#settle?.(reason);
    };
  }

  /**
   * Resolves when connect(2) is over, one way or the other.
   *
   * @throws (rejects) `ETIMEDOUT`; `AbortError`; `ERR_POLLER_CLOSED`; `EBADF`, `ENOENT`: the descriptor was closed.
   */
  async end(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const forgetSignal = signal === undefined ? undefined : onceAborted(signal, () => this.#over(abortError(signal)));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (failure) => (failure === undefined ? resolve() : reject(failure));
        if (timeoutMs === Infinity) return;
        this.#watch.after(timeoutMs, () => this.#over(timedOut('connect', this.#watch.fd, 'connection', timeoutMs)));
      });
    } finally {
      forgetSignal?.();
    }
  }

  #over(failure?: Error): void {
    if (!this.#watch.closed) this.isOurs = this.#watch.close();
    this.#settle?.(failure);
  }
}
