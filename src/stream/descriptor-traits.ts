import { sysBinding } from '../addon/binding.js';
import type { SystemError } from '../errors.js';
import { accessMode, bytesReadable } from '../sys/descriptors.js';
import { getOption } from '../sys/options.js';
import { peerAddress } from '../sys/sockets.js';
import type { FileKind } from '../sys-types.js';

/** Properties of a descriptor that a stream depends on. */
export interface DescriptorTraits {
  readonly kind: FileKind;
  readonly readable: boolean;
  readonly writable: boolean;
  /** One write is one message (a datagram, a packet of a tun device): writes must not be joined. */
  readonly keepsMessages: boolean;
  /** Reading 0 bytes may be an empty message. */
  readonly hasEmptyMessages: boolean;
  /** A socket without a connection: an error of one message is not the end. */
  readonly isDatagram: boolean;
  /** shutdown(2) can finish one direction. */
  readonly halfCloses: boolean;
  /** A connect is under way. */
  readonly connecting: boolean;
}

/** Asks the kernel about `fd`, without opening or changing anything. */
export function traitsOf(fd: number): DescriptorTraits {
  const mode = accessMode(fd);
  const kind = sysBinding().kindOf(fd);
  const type = kind === 'socket' ? getOption(fd, 'type') : undefined;
  const isConnection = type === 'stream' || type === 'seqpacket';
  return {
    kind,
    readable: mode !== 'write',
    writable: mode !== 'read',
    keepsMessages: type !== 'stream' && kind !== 'pipe' && kind !== 'terminal',
    hasEmptyMessages: type !== undefined && type !== 'stream',
    isDatagram: type !== undefined && !isConnection,
    halfCloses: isConnection,
    connecting: isConnection && isConnecting(fd),
  };
}

/** A connection that was reset has no peer either, but may have bytes to read. */
function isConnecting(fd: number): boolean {
  return !hasPeer(fd) && !getOption(fd, 'acceptConnections') && bytesReadable(fd) === 0;
}

/** Whether the socket is connected. */
export function hasPeer(fd: number): boolean {
  try {
    peerAddress(fd);
  } catch (error) {
    return (error as SystemError).code !== 'ENOTCONN';
  }
  return true;
}
