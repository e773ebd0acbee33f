import { sysBinding } from '../addon/binding.js';
import { FAMILIES } from '../addon/exports.js';
import { checkInteger } from '../arguments.js';
import { invalidType, invalidValue, systemError, withFields, type SystemError } from '../errors.js';
import { handedOut } from '../sys/remembered-numbers.js';
import type { RemoteAddress, SocketFamily } from '../sys-types.js';

/** The family of the sockets that `address` is for. */
export function familyOf(address: RemoteAddress): SocketFamily {
  if ('path' in address) return 'unix';
  return address.host.includes(':') ? 'ipv6' : 'ipv4';
}

/**
 * A stream socket for `address`. It is closed when this thread ends (a worker that is terminated), unless it was closed
 * before.
 */
export function ownSocket(address: RemoteAddress): number {
  return handedOut(sysBinding().ownSocket(FAMILIES[familyOf(address)]));
}

/** Returns `fd`, which `ownSocket()` made: from now on it is not closed when this thread ends. */
export function disown(fd: number): number {
  sysBinding().disown(fd);
  return fd;
}

/** Throws unless `options` has a port and perhaps a host, or else a path alone. */
export function checkAddressOptions(options: {
  readonly path?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}): void {
  const { path, host, port } = options;
  if (path === undefined) {
    if (host !== undefined && typeof host !== 'string') throw invalidType('options.host', 'of type string', host);
    checkInteger(port, 'options.port', 0, 65535);
    return;
  }
  if (typeof path !== 'string') throw invalidType('options.path', 'of type string', path);
  for (const name of ['host', 'port'] as const) {
    if (options[name] !== undefined)
      throw invalidValue(`options.${name}`, 'does not go with options.path', options[name]);
  }
}

/** `address` as messages show it: `127.0.0.1:80`, `[::1]:80`, or the path. */
function addressText(address: RemoteAddress): string {
  if ('path' in address) return address.path.replace('\0', '@');
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/**
 * A system error becomes one of `syscall` that names the address and no descriptor. Other errors are returned as they
 * are.
 */
export function withAddress(error: unknown, syscall: string, address: RemoteAddress): unknown {
  const { errno } = error as Partial<SystemError>;
  if (typeof errno !== 'number') return error;
  const named = systemError(errno, `${syscall} ${addressText(address)}`, -1);
  const fields = 'path' in address ? { path: address.path } : { address: address.host, port: address.port };
  return withFields(named, { syscall, ...fields });
}

/** As for `net.Server` and `net.connect()`: a string that is no number is a path. An empty one counts as 0, no path. */
export function isPath(value: unknown): boolean {
  return typeof value === 'string' && !(Number(value) >= 0);
}
