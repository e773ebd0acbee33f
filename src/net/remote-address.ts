import { systemError, type SystemError } from '../errors.js';
import type { RemoteAddress, SocketFamily } from '../sys.js';

export function familyOf(address: RemoteAddress): SocketFamily {
  if ('path' in address) return 'unix';
  return address.host.includes(':') ? 'ipv6' : 'ipv4';
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
  return Object.assign(named, { syscall }, fields);
}
