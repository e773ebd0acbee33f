import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { listen, type ListenOptions, type Listener } from 'pollux';
import type * as sys from 'pollux/sys';
import type { Scope } from './scope.js';

export const HOST = '127.0.0.1';

/** A listener, and what it has accepted. */
export interface Accepted {
  listener: Listener;
  peers: sys.Address[];
  fds: number[];
}

/** Listens until the end of the scope, which also closes the connections. */
export function accepting(scope: Scope, options: ListenOptions): Accepted {
  const fds: number[] = [];
  const peers: sys.Address[] = [];
  const listener = listen(options, (fd, address) => {
    fds.push(scope.own(fd));
    peers.push(address);
  });
  scope.atEnd(() => listener.close());
  return { listener, peers, fds };
}

export function portOf({ address }: Listener): number {
  return (address as sys.InternetAddress).port;
}

/** A client that is connected. */
export async function client(scope: Scope, options: { host?: string; port?: number; path?: string }): Promise<Socket> {
  const socket = connect({ host: HOST, ...options } as { port: number });
  scope.atEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}
