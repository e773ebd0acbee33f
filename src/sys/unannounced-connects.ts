/**
 * Sockets of this thread whose connect() said `WOULD_BLOCK`, and whose success nobody was told of yet. A number leaves with the
 * first answer, when it is closed, and when it is handed out anew, for somebody else may have closed it.
 */
const unannounced = new Set<number>();

/** The connect of `fd` is under way. */
export function expectConnect(fd: number): void {
  unannounced.add(fd);
}

/** Whether `fd` is one of them, which may be connected by now. */
export function isUnannounced(fd: number): boolean {
  return unannounced.has(fd);
}

/** Somebody was told how the connect of `fd` ended, or `fd` is another file by now. */
export function forgetConnect(fd: number): void {
  if (unannounced.size > 0) unannounced.delete(fd);
}

/** `fd`, which the kernel has just handed out. */
export function handedOut(fd: number): number {
  forgetConnect(fd);
  return fd;
}

/** The same of two. */
export function bothHandedOut(fds: [number, number]): [number, number] {
  fds.forEach(forgetConnect);
  return fds;
}
