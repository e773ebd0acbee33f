import { ONESHOT, Reactor, WRITABLE, type ReactorOptions } from 'pollux';
import * as sys from 'pollux/sys';
import * as assert from 'uvu/assert';
import { bitNames } from './expect.js';
import { HAS_LIBUV } from './runtime.js';
import type { Scope } from './scope.js';
import type { Suite } from './suite.js';
import { scoped } from './scope.js';

export { send } from './kit.js';

export type WaiterName = 'uv' | 'thread';

/** The waiters of this runtime. */
export const WAITERS: readonly WaiterName[] = HAS_LIBUV ? ['uv', 'thread'] : ['thread'];

/** Runs `body` on each waiter of the host's event loop; the waiter is in the title. */
export function onBothWaiters(
  test: Suite,
  title: string,
  body: (scope: Scope, open: (options?: ReactorOptions) => Reactor) => void | Promise<void>,
): void {
  for (const waiter of ['uv', 'thread'] as const) {
    const full = title.replace(' ', ` ${waiter}: `);
    if (waiter === 'uv' && !HAS_LIBUV) {
      test.gate(full, "the event loop of this host is not libuv's");
      continue;
    }
    test(
      full,
      scoped((scope) =>
        body(scope, (options = {}) => {
          const reactor = new Reactor({ waiter, ...options });
          scope.atEnd(() => reactor.close());
          return reactor;
        }),
      ),
    );
  }
}

/** Two connected sockets of the scope. */
export function pair(scope: Scope): [a: number, b: number] {
  return scope.open.stream();
}

/** Reads what has arrived. */
export function receive(fd: number): string {
  const buffer = Buffer.alloc(65536);
  const length = sys.read(fd, buffer);
  return length === sys.WOULD_BLOCK ? '' : buffer.toString('latin1', 0, length);
}

/**
 * Resolves when everything that is ready now has been delivered. It takes two turns, because an
 * event that comes after it may still share its batch.
 */
export async function settle(scope: Scope, reactor: Reactor): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    const [a] = pair(scope);
    await new Promise<void>((resolve) => {
      reactor.watch(a, WRITABLE | ONESHOT, (_, watch) => {
        watch.close();
        resolve();
      });
    });
    scope.close(a);
  }
}

/** Resolves when the changes of interest of this turn are made: before the host's loop waits again. */
export async function applied(): Promise<void> {
  // The first immediate may have been set before the change.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The events that handlers have got, in order. */
export class Log {
  readonly lines: string[] = [];

  add(line: string): void {
    this.lines.push(line);
  }

  /** A handler that logs `name` and the readiness, then goes on with `then`. */
  handler(name: string, then: (readiness: number) => void = () => {}): (readiness: number) => void {
    return (readiness) => {
      this.add(`${name} ${bitNames(readiness)}`);
      then(readiness);
    };
  }

  /** Compares with what was logged since the last call. */
  expect(...lines: string[]): void {
    assert.equal(this.lines.splice(0), lines);
  }
}

/** Resolves with the errors that `act` and what follows raise as uncaught exceptions, once there are `count`. */
export async function uncaught(count: number, act: () => void): Promise<unknown[]> {
  const errors: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  try {
    await new Promise<void>((resolve) => {
      process.on('uncaughtException', (error) => {
        errors.push(error);
        if (errors.length === count) resolve();
      });
      act();
    });
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
  return errors;
}

/** The error that `promise` is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; fd?: number }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected, but with no Error: ${String(error)}`);
  }
  throw new Error('it was not rejected');
}

/** Lets the making of an ArrayBuffer of more than `most` bytes fail. Returns what undoes that. */
export function withoutMemory(most: number): () => void {
  const Real = globalThis.ArrayBuffer;
  globalThis.ArrayBuffer = class extends Real {
    constructor(length: number) {
      if (length > most) throw new RangeError('Array buffer allocation failed');
      super(length);
    }
  } as ArrayBufferConstructor;
  return () => (globalThis.ArrayBuffer = Real);
}
