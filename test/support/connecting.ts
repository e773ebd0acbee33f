import { connect, WRITABLE, type Reactor } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { POLLIN, untilPolled } from './descriptors.js';
import { addressOf } from './kit.js';
import { HOST } from './listening.js';
import { openDescriptors } from './process.js';
import { rejection } from './reactor.js';
import { RUNTIME } from './runtime.js';
import type { Scope } from './scope.js';

/** Connects, and gives the descriptor to the scope. */
export async function connected(scope: Scope, options: Parameters<typeof connect>[0]): Promise<number> {
  return scope.own(await connect(options));
}

/** A port whose listener has a full queue, so that a connection waits. */
export function stuckPort(scope: Scope): number {
  return addressOf(stuckListener(scope)).port;
}

/** A listener whose queue is full. */
export function stuckListener(scope: Scope, host = HOST, port = 0): number {
  const listener = scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host, port });
  sys.listen(listener, 0);
  const first = scope.own(sys.socket('ipv4'));
  sys.connect(first, addressOf(listener));
  untilPolled(listener, POLLIN);
  return listener;
}

/** The error of connect(), after which the same descriptors are open as before. */
export async function failureOf(reactor: Reactor, options: object): Promise<Record<string, unknown>> {
  // The first watch makes the reactor open its own descriptors.
  const pair = sys.socketPair();
  await reactor.once(pair[0], WRITABLE);
  for (const fd of pair) sys.close(fd);
  const before = openDescriptors();
  const error = await rejection(connect({ reactor, ...options } as Parameters<typeof connect>[0]));
  // Deno opens a pair of sockets for itself at some time.
  if (RUNTIME !== 'deno') assert.equal(openDescriptors(), before);
  return error as unknown as Record<string, unknown>;
}

/** A resolver that has these addresses for every name. */
export function named(...addresses: string[]): { host: string; lookup: (host: string) => Promise<string[]> } {
  return { host: 'twins.example', lookup: async () => addresses };
}

/** The internet sockets of this process, in order. */
export function internetSockets(): number[] {
  return openDescriptors().filter((fd) => sys.classify(fd).kind === 'socket' && 'port' in sys.localAddress(fd));
}
