import { createSocket as createUdpSocket, type Socket as UdpSocket, type SocketType } from 'node:dgram';
import { Socket, type MessageListener } from './socket.js';

export { Socket, type MessageListener, type RemoteInfo, type SendCallback } from './socket.js';

/**
 * Opens a unix datagram socket. It keeps the process alive until it is closed.
 *
 * @param type `'unix_dgram'`. With `'udp4'` and `'udp6'` this is `createSocket()` of `node:dgram`.
 * @param listener is added as a listener of `'message'`.
 * @throws Error: an unsupported type; `EMFILE`, any error of socket(2).
 */
export function createSocket(type: 'unix_dgram', listener?: MessageListener): Socket;
export function createSocket(type: SocketType, listener?: (...args: unknown[]) => void): UdpSocket;
export function createSocket(
  type: 'unix_dgram' | SocketType,
  listener?: (...args: never[]) => void,
): Socket | UdpSocket {
  if (type === 'udp4' || type === 'udp6') return createUdpSocket(type, listener as (...args: unknown[]) => void);
  return new Socket(type, listener as MessageListener | undefined);
}
