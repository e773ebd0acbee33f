import { once } from 'node:events';
import { join } from 'node:path';
import { createSocket, type RemoteInfo, type Socket } from 'pollux-unix-dgram';
import type { Scope } from '../../../../test/support/scope.js';

/** A socket that is closed at the end of the test. */
export function open(scope: Scope): Socket {
  const socket = createSocket('unix_dgram');
  scope.atEnd(() => {
    if (socket.fd >= 0)
      socket
        .removeAllListeners('error')
        .on('error', () => undefined)
        .close();
  });
  return socket;
}

/** A path for a socket, in a folder of its own. */
export function pathIn(scope: Scope): string {
  return join(scope.directory(), 'socket');
}

/** A bound socket, and what it has received. */
export class Receiver {
  readonly socket: Socket;
  readonly messages: string[] = [];
  readonly from: RemoteInfo[] = [];

  constructor(
    scope: Scope,
    readonly path = pathIn(scope),
  ) {
    this.socket = open(scope);
    this.socket.on('message', (message: Buffer, from: RemoteInfo) => {
      this.messages.push(String(message));
      this.from.push(from);
    });
    this.socket.bind(path);
  }

  async until(count: number): Promise<void> {
    while (this.messages.length < count) await once(this.socket, 'message');
  }
}

/** A socket that is connected to `receiver`. */
export function connected(scope: Scope, { path }: Receiver): Socket {
  const socket = open(scope);
  socket.connect(path);
  return socket;
}

/** Sends numbers from `first` on until the queue of the receiver is full. Returns the number that was not sent. */
export function fill(socket: Socket, first = 0): number {
  for (let number = first; ; number++) {
    let error: Error | undefined;
    socket.send(Buffer.from(String(number)), (refused) => {
      error = refused;
    });
    if (error !== undefined) return number;
  }
}

export const numbers = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number));
