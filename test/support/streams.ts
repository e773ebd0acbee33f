import type { Readable } from 'node:stream';
import { FdStream, READABLE, type FdStreamOptions, type Reactor } from 'pollux';
import * as sys from 'pollux/sys';
import { onBothWaiters, settle } from './reactor.js';
import type { Scope } from './scope.js';
import type { Suite } from './suite.js';

/** Streams on a reactor of their own; what a test leaves open is destroyed when it ends. */
export class Streams {
  readonly scope: Scope;
  readonly reactor: Reactor;

  constructor(scope: Scope, reactor: Reactor) {
    this.scope = scope;
    this.reactor = reactor;
  }

  /** How the host's event loop waits: known after the first watch. */
  get waiter(): string {
    const [fd, peer] = sys.socketPair();
    this.reactor.watch(this.scope.own(fd), 0, () => {}).close();
    this.scope.own(peer);
    return this.reactor.waiter!;
  }

  /** Resolves when everything that is ready now has been delivered. */
  async settle(): Promise<void> {
    await settle(this.scope, this.reactor);
  }

  of(fd: number, options: FdStreamOptions = {}): FdStream {
    const stream = new FdStream(fd, { reactor: this.reactor, ...options });
    this.scope.atEnd(() => stream.destroy());
    return stream;
  }

  /** Two streams over a socket pair. */
  pair(options: FdStreamOptions = {}): [a: FdStream, b: FdStream] {
    const [a, b] = sys.socketPair();
    return [this.of(a, options), this.of(b, options)];
  }

  /** A stream, and the bare descriptor of its peer. */
  withPeer(options: FdStreamOptions = {}): { stream: FdStream; peer: number } {
    const [fd, peer] = sys.socketPair();
    this.scope.own(peer);
    return { stream: this.of(fd, options), peer };
  }

  /** A stream over one end of a TCP connection, and the descriptor of the other. */
  tcpWithPeer(options: FdStreamOptions = {}): { stream: FdStream; peer: number } {
    const [accepted, connected] = this.scope.open.tcp();
    const fd = sys.dup(accepted);
    this.scope.close(accepted);
    return { stream: this.of(fd, options), peer: connected };
  }
}

/** Registers a test of streams once for each way to wait. */
export function onEachWaiter(test: Suite, title: string, body: (streams: Streams) => void | Promise<void>): void {
  onBothWaiters(test, title, (scope, open) => body(new Streams(scope, open())));
}

/** All bytes until the end, which leaves the stream open. */
export function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve(Buffer.concat(chunks)));
    stream.on('error', reject);
  });
}

/** Resolves with the argument of 'close'. */
export function closeOf(stream: FdStream): Promise<unknown> {
  return new Promise((resolve) => stream.once('close', resolve));
}

/** Resolves with the error of the stream once it is closed; undefined without one. */
export async function failureOf(stream: FdStream): Promise<NodeJS.ErrnoException | undefined> {
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  await closeOf(stream);
  return failure;
}

/** The names of the events of a stream, in their order, from here on. */
export function eventsOf(stream: FdStream, ...names: string[]): string[] {
  const seen: string[] = [];
  for (const name of names) stream.on(name, () => seen.push(name));
  return seen;
}

/** Reads a bare descriptor until `most` bytes or the end, without blocking the event loop. */
export async function readFrom(reactor: Reactor, fd: number, most = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const buffer = Buffer.alloc(65536);
  for (let total = 0; total < most; ) {
    const length = sys.read(fd, buffer, 0, Math.min(buffer.length, most - total));
    if (length === 0) break;
    if (length === sys.WOULD_BLOCK) await reactor.once(fd, READABLE);
    else {
      chunks.push(Buffer.from(buffer.subarray(0, length)));
      total += length;
    }
  }
  return Buffer.concat(chunks);
}

/** Resolves once `condition` holds; rejects after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not after ten seconds: ${condition.toString()}`);
    await new Promise((turn) => setImmediate(turn));
  }
}
