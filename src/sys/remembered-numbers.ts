// What this thread remembers of the numbers of descriptors.

/**
 * The sockets of this thread whose connect() returned `WOULD_BLOCK` and whose outcome has not been reported yet. A
 * number leaves the set when the outcome is reported, when it is closed, and when the kernel hands it out again:
 * somebody may have closed it without `close()`.
 */
const connecting = new Set<number>();

/** connect() of `fd` has returned `WOULD_BLOCK`. */
export function expectConnect(fd: number): void {
  connecting.add(fd);
}

/** Whether the outcome of connect() of `fd` has not been reported yet; `fd` may be connected by now. */
export function isConnectExpected(fd: number): boolean {
  return connecting.has(fd);
}

/** The outcome of connect() of `fd` has been reported, or `fd` is another file now. */
export function forgetConnect(fd: number): void {
  if (connecting.size > 0) connecting.delete(fd);
}

/**
 * The connections of this thread that count for a listener with a limit. A number leaves the map when it
 * would leave `connecting`.
 */
const counts = new Map<number, ConnectionCount>();

/** How many of the connections that a listener has handed out are open. */
export class ConnectionCount {
  #open = 0;

  get open(): number {
    return this.#open;
  }

  /** Counts `fd` as an open connection. */
  add(fd: number): void {
    forgetConnection(fd);
    counts.set(fd, this);
    this.#open++;
  }

  /** @internal */
  subtract(): void {
    this.#open--;
  }
}

function forgetConnection(fd: number): void {
  if (counts.size === 0) return;
  const count = counts.get(fd);
  if (count === undefined) return;
  counts.delete(fd);
  count.subtract();
}

/** `fd` was closed, or is another file than before: what this thread remembers of the number is over. */
export function forget(fd: number): void {
  forgetConnect(fd);
  forgetConnection(fd);
}

/** Returns `fd`, which the kernel has just handed out. */
export function handedOut(fd: number): number {
  forget(fd);
  return fd;
}

/** Returns `fds`, which the kernel has just handed out. */
export function bothHandedOut(fds: [number, number]): [number, number] {
  fds.forEach(forget);
  return fds;
}
