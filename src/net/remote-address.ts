import { checkInteger } from '../arguments.js';
import { invalidType, invalidValue, systemError, withFields, type SystemError } from '../errors.js';
import type { RemoteAddress, SocketFamily } from '../sys.js';

export function familyOf(address: RemoteAddress): SocketFamily {
  if ('path' in address) return 'unix';
  return address.host.includes(':') ? 'ipv6' : 'ipv4';
}

/** Throws unless `options` has a port, with or without a host, or else a path. */
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

/** `127.0.0.1:80`, `[::1]:80`, or the path. */
function addressText(address: RemoteAddress): string {
  if ('path' in address) return address.path.replace('\0', '@');
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** `error`, if it is of the system, as one of `syscall` that names the address, and no descriptor. */
export function withAddress(error: unknown, syscall: string, address: RemoteAddress): unknown {
  const { errno } = error as Partial<SystemError>;
  if (typeof errno !== 'number') return error;
  const named = systemError(errno, `${syscall} ${addressText(address)}`, -1);
  const fields = 'path' in address ? { path: address.path } : { address: address.host, port: address.port };
  return withFields(named, { syscall, ...fields });
}
