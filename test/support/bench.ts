import { createPoller, type Poller, type PollerOptions } from 'pollux';
import * as sys from 'pollux/sys';
import { Peer } from './peer.js';

/** What one test opened, closed at its end: pollers, threads, then descriptors. */
export class Bench {
  readonly #descriptors = new Set<number>();
  readonly #pollers: Poller[] = [];
  readonly #peers: Peer[] = [];

  pair(): [a: number, b: number] {
    const [a, b] = sys.socketPair();
    this.#descriptors.add(a).add(b);
    return [a, b];
  }

  close(...fds: number[]): void {
    for (const fd of fds) if (this.#descriptors.delete(fd)) sys.close(fd);
  }

  poller<Data = unknown>(options?: PollerOptions): Poller<Data> {
    const poller = createPoller<Data>(options);
    this.#pollers.push(poller);
    return poller;
  }

  peer(workerData?: unknown): Peer {
    const peer = new Peer(workerData);
    this.#peers.push(peer);
    return peer;
  }

  async end(): Promise<void> {
    for (const poller of this.#pollers) poller.close();
    await Promise.all(this.#peers.map((peer) => peer.end()));
    this.close(...this.#descriptors);
  }
}

/** The body of a test that gets a bench of its own. */
export function onBench(body: (bench: Bench) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const bench = new Bench();
    try {
      await body(bench);
    } finally {
      await bench.end();
    }
  };
}

export function send(fd: number): void {
  sys.write(fd, Buffer.from('x'));
}

/** Reads until nothing is left; returns how many bytes there were. */
export function drain(fd: number): number {
  const buffer = Buffer.alloc(256);
  let total = 0;
  for (;;) {
    const length = sys.read(fd, buffer);
    if (length === sys.WOULD_BLOCK || length === 0) return total;
    total += length;
  }
}
