import * as sys from 'pollux/sys';
import { Peer } from './peer.js';
import { Scope } from './scope.js';

/** What one test opened, threads included. */
export class Bench extends Scope {
  readonly #peers: Peer[] = [];

  pair(): [a: number, b: number] {
    const [a, b] = sys.socketPair();
    return [this.own(a), this.own(b)];
  }

  peer(workerData?: unknown): Peer {
    const peer = new Peer(workerData);
    this.#peers.push(peer);
    return peer;
  }

  async endThreads(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.end()));
  }
}

/** The body of a test that gets a bench of its own. */
export function onBench(body: (bench: Bench) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const bench = new Bench();
    try {
      await body(bench);
    } finally {
      await bench.endThreads();
      bench.end();
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
