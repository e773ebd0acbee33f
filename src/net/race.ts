import { systemError, timedOut, withFields, type SystemError } from '../errors.js';
import { ONESHOT, WRITABLE } from '../interest.js';
import type { Reactor } from '../reactor/reactor.js';
import type { ReactorTimer } from '../reactor/reactor-timer.js';
import type { ReactorWatch } from '../reactor/reactor-watch.js';
import type { RemoteAddress } from '../sys-types.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import { close } from '../sys/descriptors.js';
import { takeError } from '../sys/options.js';
import { bindNamed, connectNamed } from '../sys/sockets.js';
import { ownSocket, withAddress } from './endpoint.js';

/** What a race of connects depends on. */
export interface RaceOptions {
  readonly reactor: Reactor;
  readonly localAddress: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** Until every connect that is under way fails with ETIMEDOUT; Infinity: no limit. */
  readonly timeoutMs: number;
  /** How long a connect may take before the next address is tried beside it. */
  readonly attemptDelayMs: number;
}

/**
 * Connects to the first of several addresses that answers, as RFC 8305 says: the next address is tried when the one
 * before has failed or has not answered for a while. The first connect that succeeds wins, and the others are closed.
 */
export class Race {
  readonly #addresses: readonly RemoteAddress[];
  readonly #options: RaceOptions;
  readonly #done: (failure: unknown, fd: number) => void;
  readonly #attempts = new Set<Attempt>();
  /** What became of the addresses that were tried, in their order. */
  readonly #failures: unknown[] = [];
  #next = 0;
  #delay: ReactorTimer | undefined;
  #limit: ReactorTimer | undefined;
  #isRef = true;
  #isOver = false;

  /**
   * `done` is called once, perhaps within this call: with the descriptor; or with why no address could be connected
   * to, after everything is closed.
   */
  constructor(addresses: readonly RemoteAddress[], options: RaceOptions, done: (failure: unknown, fd: number) => void) {
    this.#addresses = addresses;
    this.#options = options;
    this.#done = done;
    const { reactor, timeoutMs } = options;
    this.#tryNext();
    if (!this.#isOver && timeoutMs !== Infinity) {
      this.#limit = reactor.after(timeoutMs, () => this.#expire());
      if (!this.#isRef) this.#limit.unref();
    }
  }

  /** Whether there is more than one address. */
  get hasChoice(): boolean {
    return this.#addresses.length > 1;
  }

  /** The addresses of the connects that were begun, in their order. */
  get tried(): readonly RemoteAddress[] {
    return this.#addresses.slice(0, this.#next);
  }

  /** Gives up with `reason`. */
  abandon(reason: unknown): void {
    if (!this.#isOver) this.#finish(reason, -1);
  }

  /** Whether the connects that are under way keep the process alive. */
  ref(on: boolean): void {
    this.#isRef = on;
    for (const attempt of this.#attempts) attempt.ref(on);
    for (const timer of [this.#delay, this.#limit]) on ? timer?.ref() : timer?.unref();
  }

  #tryNext(): void {
    this.#delay?.close();
    this.#delay = undefined;
    while (!this.#isOver && this.#next < this.#addresses.length) {
      const index = this.#next++;
      if (this.#begin(index)) return this.#scheduleNext();
    }
    if (!this.#isOver && this.#attempts.size === 0) this.#finish(this.#failure(), -1);
  }

  /** True: the connect to the address is under way, or the race is over. */
  #begin(index: number): boolean {
    const { reactor, localAddress } = this.#options;
    const address = this.#addresses[index]!;
    try {
      const attempt = new Attempt(reactor, address, localAddress, (outcome) => this.#settle(attempt, index, outcome));
      this.#attempts.add(attempt);
      attempt.ref(this.#isRef);
      if (attempt.isConnected) this.#settle(attempt, index, undefined);
      return true;
    } catch (error) {
      this.#failures[index] = error;
      // Without a reactor no other address can be tried.
      if (reactor.closed) this.#finish(error, -1);
      return reactor.closed;
    }
  }

  #scheduleNext(): void {
    if (this.#isOver || this.#next >= this.#addresses.length || this.#options.attemptDelayMs === Infinity) return;
    this.#delay = this.#options.reactor.after(this.#options.attemptDelayMs, () => this.#tryNext());
    if (!this.#isRef) this.#delay.unref();
  }

  #settle(attempt: Attempt, index: number, failure: unknown): void {
    if (this.#isOver) return;
    this.#attempts.delete(attempt);
    if (failure === undefined) return this.#finish(undefined, attempt.fd);
    if (this.#options.reactor.closed) return this.#finish(failure, -1);
    this.#failures[index] = failure;
    this.#tryNext();
  }

  #expire(): void {
    const { timeoutMs } = this.#options;
    for (const attempt of this.#attempts) {
      const failure = timedOut('connect', attempt.fd, 'connection', timeoutMs);
      this.#failures[this.#addresses.indexOf(attempt.address)] = withAddress(failure, 'connect', attempt.address);
    }
    this.#finish(this.#failure(), -1);
  }

  #finish(failure: unknown, fd: number): void {
    this.#isOver = true;
    this.#delay?.close();
    this.#limit?.close();
    for (const attempt of this.#attempts) attempt.abandon();
    this.#attempts.clear();
    this.#done(failure, fd);
  }

  /** The error of the only address, or one for all: with the fields of the last, and each in `errors`. */
  #failure(): unknown {
    const errors = this.#failures.filter((error) => error !== undefined);
    const last = errors.at(-1) as Error;
    if (errors.length === 1) return last;
    return withFields(new AggregateError(errors, last.message), { ...last, errors });
  }
}

/** The connect to one address. */
class Attempt {
  readonly address: RemoteAddress;
  readonly fd: number;
  /** Whether the kernel has connected at once. */
  readonly isConnected: boolean;
  readonly #watch: ReactorWatch | undefined;
  readonly #done: (failure: unknown) => void;

  /**
   * `done` is called when connect(2) has succeeded or failed, unless it was over at once; after a failure the
   * descriptor is closed.
   *
   * @throws what socket(2), bind(2) and connect(2) say at once, and `reactor.watch()`. Nothing stays open.
   */
  constructor(
    reactor: Reactor,
    address: RemoteAddress,
    localAddress: RaceOptions['localAddress'],
    done: (failure: unknown) => void,
  ) {
    this.address = address;
    this.#done = done;
    this.fd = ownSocket(address);
    try {
      if (localAddress !== undefined) bindNamed(this.fd, localAddress, 'options.localAddress');
      this.isConnected = connectNamed(this.fd, address, 'options') !== WOULD_BLOCK;
      if (this.isConnected) return;
      this.#watch = reactor.watch(this.fd, WRITABLE | ONESHOT, () => this.#end()) as ReactorWatch;
      this.#watch.onEnd = (reason) => {
        if (reason !== undefined) this.#fail(reason, this.#watch!.stillHasFile(reason) !== false);
      };
    } catch (error) {
      close(this.fd);
      throw this.#named(error);
    }
  }

  ref(on: boolean): void {
    if (on) this.#watch?.ref();
    else this.#watch?.unref();
  }

  /** Closes the descriptor, unless somebody else has closed it. */
  abandon(): void {
    if (this.#watch?.close() !== false) close(this.fd);
  }

  #end(): void {
    const isOurs = this.#watch!.close();
    try {
      const errno = takeError(this.fd);
      if (errno === 0) this.#done(undefined);
      else this.#fail(systemError(-errno, 'connect', this.fd), isOurs);
    } catch (error) {
      this.#fail(error, isOurs);
    }
  }

  /** `isOurs`: nobody else has closed the descriptor. */
  #fail(failure: unknown, isOurs: boolean): void {
    if (isOurs) close(this.fd);
    this.#done(this.#named(failure));
  }

  #named(error: unknown): unknown {
    const isLocal = (error as Partial<SystemError>).syscall === 'bind';
    return isLocal ? error : withAddress(error, 'connect', this.address);
  }
}
