import type { NativePoller } from '../poller/native-poller.js';
import type { Reactor } from './reactor.js';

/**
 * Closes `fd`, which `reactor` watches, when this thread ends without having closed it: a worker that is terminated.
 * Nothing is to be done where it is closed or its watch ends before; that ends this, too.
 *
 * @param path the file of a unix socket, which is removed then.
 */
export function ownWatched(reactor: Reactor, fd: number, path?: string): void {
  (reactor.poller as NativePoller).own(fd, path);
}
