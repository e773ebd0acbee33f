import type { Batch, Poller } from 'pollux';
import * as assert from 'uvu/assert';
import type * as interest from '../../dist/interest.js';
import { type Expected, Expectations } from './kit.js';
import { moduleOfPackage } from './paths.js';

export type { Expected } from './kit.js';

const PATIENCE_MS = 5_000;
const expectations = new Expectations(PATIENCE_MS);

/** Names the bits of a readiness: `READABLE|HANGUP` for 0x11. */
export const { describeBits: bitNames } = require(moduleOfPackage('interest.js')) as typeof interest;

/** Compares a batch with `expected`, in any order: the accessors, iteration and the flags of the events. */
export function expectBatch(batch: Batch, ...expected: Expected[]): void {
  expectations.batch(batch, expected);
}

/** The next wait delivers exactly `expected`, and no wake. What is expected must be there already. */
export function expectEvents(poller: Poller, ...expected: Expected[]): void {
  expectations.events(poller, ...expected);
}

/** Nothing is ready, and no wake is pending. */
export function expectNone(poller: Poller): void {
  expectations.none(poller);
}

/** A wake is pending, and no event. */
export function expectWake(poller: Poller): void {
  expectations.wake(poller);
}

/** Allows extra edges of `fd` that have no bit outside `allowed`, and expects that they end. */
export function allowEdges(poller: Poller, fd: number, allowed: number): void {
  expectations.extraEdges(poller, fd, allowed);
}

/** The error that `act` throws. */
export function thrownBy(act: () => unknown): Error & { code?: string; errno?: number; syscall?: string; fd?: number } {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`thrown, but no Error: ${String(error)}`);
  }
  throw new Error('nothing was thrown');
}

/** `act` throws an error of the class and code of an argument that is refused. */
export function expectRefusal(act: () => unknown, type: new () => Error, code: string): void {
  const error = thrownBy(act);
  assert.equal([error.constructor.name, error.name, error.code], [type.name, type.name, code], error.message);
}

/** `act` throws the system error `code`, of epoll_ctl or kevent, about `fd`. */
export function expectSystemError(act: () => unknown, code: string, fd: number): void {
  const error = thrownBy(act);
  assert.equal([error.code, error.fd], [code, fd], error.message);
}
