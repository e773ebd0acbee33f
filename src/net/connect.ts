import { checkFunction, checkOptions, checkSignal, checkTimeout, onceAborted, type NamesOf } from '../arguments.js';
import { abortError, pollerClosed, systemError, timedOut, withFields, type SystemError } from '../errors.js';
import { nowMs } from '../host.js';
import { ONESHOT, WRITABLE } from '../interest.js';
import { checkReactor, defaultReactor } from '../reactor/default-reactor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { ReactorWatch } from '../reactor/reactor-watch.js';
import type { RemoteAddress } from '../sys-types.js';
import { WOULD_BLOCK } from '../addon/exports.js';
import { close } from '../sys/descriptors.js';
import { takeError } from '../sys/options.js';
import { bindNamed, connectNamed } from '../sys/sockets.js';
import { checkAddressOptions, disown, ownSocket, withAddress } from './endpoint.js';
import { addressesOf, systemLookup, type Lookup } from './resolve.js';

export interface ConnectLimits {
  /**
   * Milliseconds until ETIMEDOUT, for everything together: each address has its share of what is left. Undefined,
   * negative or Infinity: as long as the kernel tries. Never early, up to 8 ms late plus the host's own delay.
   */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** The reactor to wait with; the thread's default reactor by default. */
  reactor?: Reactor | undefined;
  /** Resolves a name; by default as `dns.lookup()` does. */
  lookup?: Lookup | undefined;
  /** What to bind the socket to; by default the kernel chooses. */
  localAddress?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
}

/** What to connect to on the internet. */
export interface ConnectToPort {
  /** An address, or a name, all of whose addresses are tried in turn; `'localhost'` by default. */
  readonly host?: string | undefined;
  /** 0 … 65535. */
  readonly port: number;
  readonly path?: undefined;
}

/** The unix socket to connect to. */
export interface ConnectToPath {
  /** A path, or an abstract name after a `'\0'` (Linux). */
  readonly path: string;
  readonly host?: undefined;
  readonly port?: undefined;
}

/** What to connect to, port or path but not both, and how long to try. The result of `sys.localAddress()` will do. */
export type ConnectOptions = ConnectLimits & (ConnectToPort | ConnectToPath);

/** The family, which the form of an address shows, comes with what `sys.localAddress()` returns. */
const NAMES: NamesOf<ConnectOptions & { family: unknown }> = {
  family: true,
  host: true,
  port: true,
  path: true,
  timeoutMs: true,
  signal: true,
  reactor: true,
  lookup: true,
  localAddress: true,
};
const LOCAL_NAMES: NamesOf<NonNullable<ConnectOptions['localAddress']> & { family: unknown }> = {
  family: true,
  host: true,
  port: true,
};

/**
 * Connects a stream socket. Resolves with its descriptor, non-blocking and close-on-exec, which is the caller's to
 * close; an `FdStream` does that. Where it rejects, nothing stays open.
 *
 * @throws (rejects) SystemError `ECONNREFUSED`, `ETIMEDOUT`, `ENETUNREACH`, …; of a unix socket `ENOENT`, `EAGAIN` (its
 *   queue is full: try again later); whatever connect(2) says, with `address` and `port`, or `path`. Where several
 *   addresses were tried it is the error of the last, and its `errors` has those of the others. That of `localAddress`
 *   has `syscall` bind.
 * @throws (rejects) what `lookup` says of a name: `ENOTFOUND`, …; `AbortError`, code `ABORT_ERR`: `signal` was aborted;
 *   `ERR_POLLER_CLOSED`: the reactor was closed; TypeError, RangeError: an option; `ERR_INVALID_ARG_VALUE`: a host or
 *   port beside a path; `ERR_INVALID_RETURN_VALUE`: `lookup` had something else than an array of strings.
 */
export async function connect(options: ConnectOptions): Promise<number> {
  const { reactor, signal, timeoutMs } = checkConnectOptions(options);
  throwIfOver(reactor, signal);
  const deadlineMs = timeoutMs < 0 ? Infinity : nowMs() + timeoutMs;
  const leftMs = (): number => Math.max(0, deadlineMs - nowMs());
  const addresses = await remoteAddresses(options, leftMs(), signal);
  const errors: unknown[] = [];
  for (const [index, address] of addresses.entries()) {
    const shareMs = leftMs() / (addresses.length - index);
    throwIfOver(reactor, signal);
    let fd: number;
    try {
      fd = await attempt(reactor, address, options.localAddress, shareMs, signal);
    } catch (error) {
      if (signal?.aborted === true || reactor.closed) throw error;
      errors.push(error);
      continue;
    }
    return closeIfOver(fd, reactor, signal);
  }
  const last = errors.pop();
  throw errors.length === 0 ? last : withFields(last as Error, { errors });
}

function checkConnectOptions(options: ConnectOptions): {
  reactor: Reactor;
  signal: AbortSignal | undefined;
  timeoutMs: number;
} {
  checkOptions(options, NAMES);
  const { reactor = defaultReactor(), signal, timeoutMs = Infinity, lookup, localAddress } = options;
  checkReactor(reactor, 'options.reactor');
  checkAddressOptions(options);
  checkTimeout(timeoutMs, 'options.timeoutMs');
  if (lookup !== undefined) checkFunction(lookup, 'options.lookup');
  if (localAddress !== undefined) checkOptions(localAddress, LOCAL_NAMES, 'options.localAddress');
  checkSignal(signal);
  return { reactor, signal, timeoutMs };
}

/** Not everything waits, and so hears of it: a unix socket connects at once. */
function throwIfOver(reactor: Reactor, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
  if (reactor.closed) throw pollerClosed('reactor');
}

/** `fd`, unless the end came in the same turn as the connection. */
function closeIfOver(fd: number, reactor: Reactor, signal: AbortSignal | undefined): number {
  try {
    throwIfOver(reactor, signal);
    return disown(fd);
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function remoteAddresses(
  options: ConnectOptions,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<RemoteAddress[]> {
  if (options.path !== undefined) return [{ family: 'unix', path: options.path }];
  const { host = 'localhost', port, lookup = systemLookup } = options;
  return (await addressesOf(host, lookup, timeoutMs, signal)).map((address) => ({ host: address, port }));
}

async function attempt(
  reactor: Reactor,
  address: RemoteAddress,
  localAddress: ConnectLimits['localAddress'],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const fd = ownSocket(address);
  let wait: ConnectWait | undefined;
  try {
    if (localAddress !== undefined) bindNamed(fd, localAddress, 'options.localAddress');
    if (connectNamed(fd, address, 'options') === WOULD_BLOCK) {
      wait = new ConnectWait(reactor, fd);
      await wait.end(timeoutMs, signal);
      const errno = takeError(fd);
      if (errno !== 0) throw systemError(-errno, 'connect', fd);
    }
    return fd;
  } catch (error) {
    if (wait?.isOurs !== false) close(fd);
    const isLocal = (error as Partial<SystemError>).syscall === 'bind';
    throw isLocal ? error : withAddress(error, 'connect', address);
  }
}

/**
 * The wait for a connect that is under way. Unlike `once()` it knows, when it is over, whether the descriptor is still
 * its own.
 */
class ConnectWait {
  readonly #watch: ReactorWatch;
  #settle: ((failure?: Error) => void) | undefined;
  /** False: the descriptor was closed elsewhere, and the number may be a stranger's. */
  isOurs = true;

  /** @throws what `reactor.watch()` throws. */
  constructor(reactor: Reactor, fd: number) {
    this.#watch = reactor.watch(fd, WRITABLE | ONESHOT, () => this.#over()) as ReactorWatch;
    this.#watch.onEnd = (reason) => {
      if (reason === undefined) return;
      this.isOurs = this.#watch.stillHasFile(reason) !== false;
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
