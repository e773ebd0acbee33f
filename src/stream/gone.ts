import type { Poller } from '../poller.js';
import type { ReactorWatch } from '../reactor/reactor-watch.js';

/** What a poller says of a number that is closed, or another file's by now; EPERM, EINVAL: of one that it cannot watch. */
const GONE: ReadonlySet<string | undefined> = new Set(['EBADF', 'ENOENT', 'EPERM', 'EINVAL']);

/** Whether `reason`, for which a call about a registration failed, is that its descriptor was closed elsewhere. */
export function isDescriptorGone(reason: unknown): boolean {
  return GONE.has((reason as NodeJS.ErrnoException).code);
}

/**
 * Whether the descriptor of `watch`, which has ended for `reason`, is still the file that was watched, and not closed
 * elsewhere or a stranger's; undefined: the poller was closed first, and nobody can tell.
 */
export function isStillOurs(watch: ReactorWatch, reason: Error, poller: Poller): boolean | undefined {
  if (isDescriptorGone(reason)) return false;
  return watch.wasRegistered ?? isRegistered(watch.fd, poller);
}

/** A number that was closed and used again is not registered any more. */
function isRegistered(fd: number, poller: Poller): boolean | undefined {
  if (poller.closed) return undefined;
  try {
    poller.remove(fd);
    return true;
  } catch (error) {
    return isDescriptorGone(error) ? false : undefined;
  }
}
