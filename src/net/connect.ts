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
   * Milliseconds until ETIMEDOUT, for the lookup and all addresses together: each address gets an equal share of what
   * is left. With undefined, Infinity or a negative number it waits as long as the kernel tries. Never early, up to 8
   * ms late plus the host's own delay.
   */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** The reactor to wait with; the thread's default reactor by default. */
  reactor?: Reactor | undefined;
  /** Resolves a name; by default `dns.lookup()` of the host. */
  lookup?: Lookup | undefined;
  /** The address to bind the socket to; by default the kernel chooses. */
  localAddress?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
}

/** What to connect to on the internet. */
export interface ConnectToPort {
  /** A numeric address, or a name, whose addresses are tried one after the other; `'localhost'` by default. */
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

/** Where to connect to (a port or a path, but not both), and how. The result of `sys.localAddress()` is accepted. */
export type ConnectOptions = ConnectLimits & (ConnectToPort | ConnectToPath);

/** `family` is accepted, and ignored, because `sys.localAddress()` returns it. */
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
 * Connects a stream socket. Resolves with its descriptor, which is non-blocking and close-on-exec. The caller closes
 * it; an `FdStream` does that by itself. Where the promise is rejected, no descriptor stays open.
 *
 * @throws (rejects) SystemError `ECONNREFUSED`, `ETIMEDOUT`, `ENETUNREACH`, …; for a unix socket `ENOENT`, `EAGAIN`
 *   (its queue is full: try again later); any error of connect(2), with `address` and `port`, or `path`. Where several
 *   addresses were tried, it is the error of the last one, and its property `errors` has the others. An error of
 *   `localAddress` has the `syscall` bind.
 * @throws (rejects) what `lookup` rejects with: `ENOTFOUND`, …; `AbortError`, code `ABORT_ERR`: `signal` was aborted;
 *   `ERR_POLLER_CLOSED`: the reactor was closed; TypeError, RangeError: an option is invalid; `ERR_INVALID_ARG_VALUE`:
 *   a host or port together with a path; `ERR_INVALID_RETURN_VALUE`: `lookup` resolved to something other than an array
 *   of strings.
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

/**
 * Throws if the signal was aborted or the reactor closed. A unix socket connects without waiting, so nothing else
 * checks.
 */
function throwIfOver(reactor: Reactor, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
  if (reactor.closed) throw pollerClosed('reactor');
}

/** Returns `fd`, unless the signal was aborted or the reactor closed in the same turn: then closes it. */
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
 * The wait for a connect that is under way. Unlike `once()`, it knows afterwards whether the descriptor is still the
 * same file.
 */
class ConnectWait {
  readonly #watch: ReactorWatch;
  #settle: ((failure?: Error) => void) | undefined;
  /** False: the descriptor was closed elsewhere, and the number may be another file. */
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
   * Resolves when connect(2) has succeeded or failed.
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
