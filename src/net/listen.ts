import { checkFunction } from '../arguments.js';
import { abortError, type SystemError } from '../errors.js';
import type { Address, InternetAddress, RemoteAddress, UnixAddress } from '../sys-types.js';
import { close, setNonBlocking } from '../sys/descriptors.js';
import { getOption, setOption } from '../sys/options.js';
import { bindNamed, listen as listenOn, localAddress } from '../sys/sockets.js';
import {
  checkListenOptions,
  type ListenBehaviour,
  type ListenOnFd,
  type ListenOnPath,
  type ListenOnPort,
  type ListenOptions,
} from './listen-options.js';
import { Listener, type ConnectionHandler } from './listener.js';
import { familyOf, ownSocket, withAddress } from './endpoint.js';
import { addressesNow } from './resolve.js';
import { SocketFile } from './socket-file.js';

/**
 * Listens, and calls `onConnection` with the descriptor of each connection, which is non-blocking and close-on-exec.
 * Where no descriptor is left, the listener tries again every 100 ms. A connection that the firewall forbids is
 * skipped. SO_REUSEADDR is set for internet sockets.
 *
 * @throws TypeError, RangeError: an option; `ERR_INVALID_ARG_VALUE`: two of port, path and fd. Error `ENOTFOUND`: a
 *   name without an address. `AbortError`, code `ABORT_ERR`: `signal` is aborted already. Error `ERR_NOT_SUPPORTED`:
 *   the backend has no `exclusive`.
 * @throws SystemError `EADDRINUSE` (also a path that exists, if nobody listens there any more), `EADDRNOTAVAIL`,
 *   `EACCES`, whatever bind(2) says, with `address` and `port`, or `path`; `EMFILE`; and what `reactor.watch()` throws.
 *   Nothing stays open.
 */
export function listen(
  options: ListenBehaviour & ListenOnPort,
  onConnection: ConnectionHandler<InternetAddress>,
): Listener<InternetAddress>;
/** Listens on a unix socket; see above. */
export function listen(
  options: ListenBehaviour & ListenOnPath,
  onConnection: ConnectionHandler<UnixAddress>,
): Listener<UnixAddress>;
/** The same for a socket that exists. */
export function listen(options: ListenBehaviour & ListenOnFd, onConnection: ConnectionHandler): Listener;
/** The same where the options may be of any kind. */
export function listen(options: ListenOptions, onConnection: ConnectionHandler): Listener;
export function listen<Bound extends Address>(
  options: ListenOptions,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  checkListenOptions(options);
  checkFunction(onConnection, 'onConnection');
  if (options.signal?.aborted === true) throw abortError(options.signal);
  if (options.fd !== undefined) return adopt(options.fd, options, onConnection);
  if (options.path !== undefined) return open({ family: 'unix', path: options.path }, options, onConnection);
  return firstOf(addressesFor(options), options, onConnection);
}

/** The addresses to try: the next only where the kernel lacks the one before. */
function addressesFor({ host, port, ipv6Only }: ListenOnPort): RemoteAddress[] {
  if (host !== undefined) return addressesNow(host, ipv6Only).map((address) => ({ host: address, port }));
  const every = { host: '::', port };
  return ipv6Only === true ? [every] : [every, { host: '0.0.0.0', port }];
}

function firstOf<Bound extends Address>(
  addresses: readonly RemoteAddress[],
  options: ListenOptions,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  for (let index = 0; ; index++) {
    try {
      return open(addresses[index]!, options, onConnection);
    } catch (error) {
      const { code } = error as SystemError;
      if (index + 1 === addresses.length || (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL')) throw error;
    }
  }
}

/** Listens on a socket that somebody has made, and leaves it to the caller where that fails. */
function adopt<Bound extends Address>(
  fd: number,
  options: ListenOptions,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  if (!getOption(fd, 'acceptConnections') || options.backlog !== undefined) listenOn(fd, options.backlog);
  setNonBlocking(fd);
  return new Listener(fd, undefined, options, onConnection);
}

function open<Bound extends Address>(
  address: RemoteAddress,
  options: ListenOptions,
  onConnection: ConnectionHandler<Bound>,
): Listener<Bound> {
  const fd = ownSocket(address);
  let file: SocketFile | undefined;
  try {
    if (address.family !== 'unix') setOption(fd, 'reuseAddress', true);
    if (options.reusePort === true) setOption(fd, 'reusePort', true);
    if (familyOf(address) === 'ipv6') serveIpv4(fd, options.ipv6Only !== true);
    bindNamed(fd, address, 'options');
    file = SocketFile.of(localAddress(fd));
    listenOn(fd, options.backlog);
    return new Listener(fd, file, options, onConnection);
  } catch (error) {
    file?.remove();
    close(fd);
    const { syscall } = error as Partial<SystemError>;
    throw syscall === 'bind' || syscall === 'listen' ? withAddress(error, syscall, address) : error;
  }
}

/** By default that depends on the system: net.ipv6.bindv6only of Linux, net.inet6.ip6.v6only of the BSDs. */
function serveIpv4(fd: number, on: boolean): void {
  try {
    setOption(fd, 'ipv6Only', !on);
  } catch (error) {
    // ip6(4) of OpenBSD: its ipv6 sockets never serve ipv4.
    if (!on || (error as SystemError).code !== 'EINVAL') throw error;
  }
}
