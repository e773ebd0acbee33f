// linux/vm_sockets.h: addresses between a virtual machine and its host.
import { pack, unpack } from './structs.mjs';

export const AF_VSOCK = 40;
export const SOCK_STREAM = 1;
/** Any context id of this machine; and any free port. */
export const ANY = 0xffffffff;
/** The context id of this machine itself, where the kernel has a loopback. */
export const LOCAL = 1;
/** The context id of the host. */
export const HOST = 2;

/** struct sockaddr_vm: family, reserved, port, context id, flags, zeros. */
export function vsockAddress(cid, port) {
  return { raw: pack('hhiii', AF_VSOCK, 0, port, cid, 0) };
}

/** The context id and port of an address that the kernel reports. */
export function vsockParts({ raw }) {
  const [, , port, cid] = unpack('hhii', raw);
  return { cid, port };
}
