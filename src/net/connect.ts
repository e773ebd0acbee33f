import {
  checkFunction,
  checkInteger,
  checkOptions,
  checkSignal,
  checkTimeout,
  onceAborted,
  type NamesOf,
} from '../arguments.js';
import { abortError, invalidType, outOfRange, pollerClosed } from '../errors.js';
import { nowMs } from '../addon/clock.js';
import { checkReactor, defaultReactor } from '../reactor/default-reactor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { RemoteAddress } from '../sys-types.js';
import { close } from '../sys/descriptors.js';
import { checkAddressOptions, disown } from './endpoint.js';
import { Race, type RaceOptions } from './race.js';
import { addressesOf, checkFamily, interleaved, systemLookup, type Family, type Lookup } from './resolve.js';

/** The Connection Attempt Delay that RFC 8305 recommends, and the least one. */
const ATTEMPT_DELAY_MS = 250;
const LEAST_ATTEMPT_DELAY_MS = 10;

export interface ConnectLimits {
  /**
   * Milliseconds until ETIMEDOUT, for the lookup and all addresses together. With undefined, Infinity or a negative
   * number it waits as long as the kernel tries. Never early, up to 8 ms late plus the host's own delay.
   */
  timeoutMs?: number | undefined;
  /**
   * How many milliseconds the connect to one address of a name may take before the next address is tried beside it: 10
   * or more, 250 by default, and never more than the address's equal share of `timeoutMs`. With Infinity the next
   * address is tried only after a failure.
   */
  attemptDelayMs?: number | undefined;
  /** The family of the addresses of a name that are tried: 4 or 6; 0, the default: both. */
  family?: Family | undefined;
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
  /**
   * A numeric address, or a name, `'localhost'` by default. The addresses of a name are tried as RFC 8305 says, the
   * families in turn: the next one when the one before has failed or has not answered for `attemptDelayMs`. The first
   * that connects is taken.
   */
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

/** The names of the options of `connect()`. */
export const CONNECT_NAMES: NamesOf<ConnectOptions> = {
  family: true,
  host: true,
  port: true,
  path: true,
  timeoutMs: true,
  attemptDelayMs: true,
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
 *   addresses were tried, it is an AggregateError with these fields of the last error, and its `errors` has the error
 *   of each address, in the order of the tries. An error of `localAddress` has the `syscall` bind.
 * @throws (rejects) what `lookup` rejects with: `ENOTFOUND`, …; `AbortError`, code `ABORT_ERR`: `signal` was aborted;
 *   `ERR_POLLER_CLOSED`: the reactor was closed; TypeError, RangeError: an option is invalid; `ERR_INVALID_ARG_VALUE`:
 *   a host or port together with a path; `ERR_INVALID_RETURN_VALUE`: `lookup` resolved to something other than an array
 *   of strings.
 */
export function connect(options: ConnectOptions): Promise<number> {
  return connectFor(options, undefined);
}

/** Who controls and follows a connect besides its caller. */
export interface ConnectFollower {
  /** A name was looked up. */
  onLookup(failure: unknown, addresses: readonly string[], host: string): void;
  /** The connect begins. */
  onRace(race: Race): void;
}

/**
 * As `connect()`. With a follower the descriptor still belongs to this thread, which closes it when it ends, until
 * somebody closes it or takes it over.
 */
export async function connectFor(options: ConnectOptions, follower: ConnectFollower | undefined): Promise<number> {
  const { reactor, signal, timeoutMs, attemptDelayMs } = checkConnectOptions(options);
  throwIfOver(reactor, signal);
  const deadlineMs = timeoutMs < 0 ? Infinity : nowMs() + timeoutMs;
  const leftMs = (): number => Math.max(0, deadlineMs - nowMs());
  const addresses = await remoteAddresses(options, leftMs(), signal, follower);
  throwIfOver(reactor, signal);
  const shareMs = leftMs() / addresses.length;
  const limits = {
    reactor,
    localAddress: options.localAddress,
    timeoutMs: leftMs(),
    attemptDelayMs: Math.min(attemptDelayMs, shareMs),
  };
  const fd = closeIfOver(await winner(addresses, limits, signal, follower), reactor, signal);
  return follower === undefined ? disown(fd) : fd;
}

/** Resolves with the descriptor that is connected first. */
async function winner(
  addresses: readonly RemoteAddress[],
  limits: RaceOptions,
  signal: AbortSignal | undefined,
  follower: ConnectFollower | undefined,
): Promise<number> {
  let forgetSignal: (() => void) | undefined;
  try {
    return await new Promise<number>((resolve, reject) => {
      const race = new Race(addresses, limits, (failure, fd) => (fd >= 0 ? resolve(fd) : reject(failure as Error)));
      follower?.onRace(race);
      if (signal !== undefined) forgetSignal = onceAborted(signal, () => race.abandon(abortError(signal)));
    });
  } finally {
    forgetSignal?.();
  }
}

export function checkConnectOptions(options: ConnectOptions): {
  reactor: Reactor;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  attemptDelayMs: number;
} {
  checkOptions(options, CONNECT_NAMES);
  const { reactor = defaultReactor(), signal, timeoutMs = Infinity, lookup, localAddress } = options;
  const { attemptDelayMs = ATTEMPT_DELAY_MS } = options;
  checkReactor(reactor, 'options.reactor');
  checkAddressOptions(options);
  checkTimeout(timeoutMs, 'options.timeoutMs');
  checkTimeout(attemptDelayMs, 'options.attemptDelayMs');
  if (attemptDelayMs < LEAST_ATTEMPT_DELAY_MS)
    throw outOfRange('options.attemptDelayMs', `must be >= ${LEAST_ATTEMPT_DELAY_MS}`, attemptDelayMs);
  checkFamily(options.family);
  if (lookup !== undefined) checkFunction(lookup, 'options.lookup');
  if (localAddress !== undefined) checkLocalAddress(localAddress);
  checkSignal(signal);
  return { reactor, signal, timeoutMs, attemptDelayMs };
}

function checkLocalAddress(localAddress: NonNullable<ConnectLimits['localAddress']>): void {
  checkOptions(localAddress, LOCAL_NAMES, 'options.localAddress');
  const { host, port } = localAddress;
  if (host !== undefined && typeof host !== 'string')
    throw invalidType('options.localAddress.host', 'of type string', host);
  if (port !== undefined) checkInteger(port, 'options.localAddress.port', 0, 65535);
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
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

async function remoteAddresses(
  options: ConnectOptions,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  follower: ConnectFollower | undefined,
): Promise<RemoteAddress[]> {
  if (options.path !== undefined) return [{ family: 'unix', path: options.path }];
  const { host = 'localhost', port, lookup = systemLookup, family = 0 } = options;
  let addresses: readonly string[] = [];
  try {
    addresses = await addressesOf(host, lookup, family, timeoutMs, signal);
  } catch (error) {
    follower?.onLookup(error, addresses, host);
    throw error;
  }
  if (addresses[0] !== host) follower?.onLookup(undefined, addresses, host);
  return interleaved(addresses).map((address) => ({ host: address, port }));
}
