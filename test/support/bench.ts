import { Peer } from './peer.js';
import { Scope } from './scope.js';

/** What one test opened, threads included. */
export class Bench extends Scope {
  readonly #peers: Peer[] = [];

  pair(): [a: number, b: number] {
    return this.open.stream();
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
