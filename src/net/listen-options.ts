import { checkFd, checkFunction, checkInteger, checkOptions, checkSignal, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue } from '../errors.js';
import { checkReactor } from '../reactor/default-reactor.js';
import type { Reactor } from '../reactor/reactor.js';
import type { Address } from '../sys-types.js';
import { checkAddressOptions } from './endpoint.js';

export interface ListenBehaviour {
  /** SO_REUSEPORT: several sockets, of other processes too, share the port; false by default. */
  reusePort?: boolean | undefined;
  /** How many connections may queue: 0 … 2³¹−1, 4096 by default. The kernel reduces it to its own limit. */
  backlog?: number | undefined;
  /**
   * `EXCLUSIVE`: of several pollers that watch the same socket, at least one is woken, not necessarily all; false by
   * default.
   */
  exclusive?: boolean | undefined;
  /** The reactor to wait with; the thread's default reactor by default. */
  reactor?: Reactor | undefined;
  /**
   * The most connections that may be open at once, 1 or more; no limit by default. One more is accepted and closed
   * again at once. A connection counts until this thread closes it: by `sys.close()`, or by the stream that owns it.
   */
  maxConnections?: number | undefined;
  /** Called with the address of a connection that was closed because of `maxConnections`. */
  onDrop?: ((address: Address) => void) | undefined;
  /** Closes the listener when it is aborted. */
  signal?: AbortSignal | undefined;
}

/** Where to listen on the internet. */
export interface ListenOnPort {
  /**
   * A numeric address, or a name: the system's resolver is asked, for which the thread waits, and the first address
   * that can be bound is taken. By default every address: `'::'`, which serves ipv4 too, whatever the system's default
   * for such sockets (on OpenBSD: ipv6 only), or `'0.0.0.0'` where the kernel has no ipv6.
   */
  readonly host?: string | undefined;
  /** 0 … 65535; 0: a free port. */
  readonly port: number;
  /** With an ipv6 address: do not serve ipv4; false by default. */
  readonly ipv6Only?: boolean | undefined;
  readonly path?: undefined;
  readonly fd?: undefined;
}

/** The unix socket to listen on. */
export interface ListenOnPath {
  /** A path, or an abstract name after a `'\0'` (Linux). */
  readonly path: string;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly ipv6Only?: undefined;
  readonly fd?: undefined;
}

/** A socket that exists: one that another process has made, as systemd does for socket activation. */
export interface ListenOnFd {
  /**
   * A bound stream socket, which is made non-blocking, and listens from here on if it does not yet. It belongs to the
   * listener once `listen()` has returned. The file of a unix socket stays.
   */
  readonly fd: number;
  readonly host?: undefined;
  readonly port?: undefined;
  readonly path?: undefined;
  readonly ipv6Only?: undefined;
  readonly reusePort?: undefined;
}

/** Where to listen, one of port, path and fd, and how. */
export type ListenOptions = ListenBehaviour & (ListenOnPort | ListenOnPath | ListenOnFd);

const MOST_BACKLOG = 0x7fffffff;
const MOST_CONNECTIONS = 0x7fffffff;
/** `family` is accepted, and ignored, because `sys.localAddress()` returns it. */
const NAMES: NamesOf<ListenOptions & { family: unknown }> = {
  fd: true,
  ipv6Only: true,
  maxConnections: true,
  onDrop: true,
  family: true,
  host: true,
  port: true,
  path: true,
  reusePort: true,
  backlog: true,
  exclusive: true,
  reactor: true,
  signal: true,
};

/** Throws unless `options` is valid: a place to listen, and options that go together with it. */
export function checkListenOptions(options: ListenOptions): void {
  checkOptions(options, NAMES);
  const { reactor, signal, backlog, maxConnections, onDrop, fd } = options;
  if (reactor !== undefined) checkReactor(reactor, 'options.reactor');
  for (const name of ['reusePort', 'exclusive', 'ipv6Only'] as const) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw invalidType(`options.${name}`, 'of type boolean', value);
  }
  checkSignal(signal);
  if (backlog !== undefined) checkInteger(backlog, 'options.backlog', 0, MOST_BACKLOG);
  if (maxConnections !== undefined) checkInteger(maxConnections, 'options.maxConnections', 1, MOST_CONNECTIONS);
  if (onDrop !== undefined) checkFunction(onDrop, 'options.onDrop');
  if (fd === undefined) checkAddress(options);
  else checkExisting(options, fd);
}

function checkAddress(options: ListenOptions): void {
  checkAddressOptions(options);
  const { host, path, ipv6Only } = options;
  if (host === '' || host?.includes('\0') === true)
    throw invalidValue('options.host', 'must be an address or a name', host);
  if (ipv6Only !== true) return;
  if (path !== undefined) throw invalidValue('options.ipv6Only', 'does not go with options.path', ipv6Only);
  if (host !== undefined && /^[\d.]+$/.test(host))
    throw invalidValue('options.ipv6Only', 'does not go with an ipv4 address', host);
}

function checkExisting(options: ListenOptions, fd: unknown): void {
  checkFd(fd, 'options.fd');
  for (const name of ['host', 'port', 'path', 'ipv6Only', 'reusePort'] as const) {
    if (options[name] !== undefined)
      throw invalidValue(`options.${name}`, 'does not go with options.fd', options[name]);
  }
}
