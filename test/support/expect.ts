import {
  EDGE,
  ERROR,
  EXCLUSIVE,
  HANGUP,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  WRITABLE,
  type Batch,
  type Poller,
} from 'pollux';
import * as assert from 'uvu/assert';

const PATIENCE_MS = 5_000;

const NAMES = {
  READABLE,
  WRITABLE,
  PRIORITY,
  READ_CLOSED,
  HANGUP,
  ERROR,
  EDGE,
  ONESHOT,
  EXCLUSIVE,
} as const;

/** `READABLE|HANGUP` for 0x11. */
export function bitNames(bits: number): string {
  const names = Object.entries(NAMES).filter(([, bit]) => (bits & bit) !== 0);
  const rest = names.reduce((left, [, bit]) => left & ~bit, bits);
  return [...names.map(([name]) => name), ...(rest === 0 ? [] : [`0x${rest.toString(16)}`])].join('|') || '0';
}

/** What a test expects of one event; the data is compared where it is given. */
export type Expected = readonly [fd: number, readiness: number, data?: unknown];

/** Compares a batch with `expected`, in any order, through the accessors and through iteration. */
export function expectBatch(batch: Batch, ...expected: Expected[]): void {
  const byFd = (a: Expected, b: Expected): number => a[0] - b[0];
  const wanted = [...expected].sort(byFd);
  const withData = new Map(wanted.map(([fd, , ...data]) => [fd, data.length > 0]));
  const show = ([fd, readiness, data]: Expected): unknown[] => [
    fd,
    bitNames(readiness),
    ...(withData.get(fd) === true ? [data] : []),
  ];
  const accessed: Expected[] = [];
  for (let index = 0; index < batch.length; index++) {
    accessed.push([batch.fdAt(index), batch.readinessAt(index), batch.dataAt(index)]);
  }
  assert.equal(accessed.sort(byFd).map(show), wanted.map(show));
  const iterated = [...batch].sort((a, b) => a.fd - b.fd);
  assert.equal(
    iterated.map(({ fd, readiness, data }) => show([fd, readiness, data])),
    wanted.map(show),
  );
  for (const event of iterated) {
    const { readable, writable, priority, readClosed, hangup, error } = event;
    assert.equal(
      [readable, writable, priority, readClosed, hangup, error],
      [READABLE, WRITABLE, PRIORITY, READ_CLOSED, HANGUP, ERROR].map((bit) => (event.readiness & bit) !== 0),
    );
  }
}

/** The next wait delivers exactly `expected`, and no wake. What is expected must be there already. */
export function expectEvents(poller: Poller, ...expected: Expected[]): void {
  const batch = poller.wait(PATIENCE_MS);
  expectBatch(batch, ...expected);
  assert.is(batch.woken, false);
}

/** Nothing is ready, and no wake is pending. */
export function expectNone(poller: Poller): void {
  const batch = poller.wait(0);
  expectBatch(batch);
  assert.is(batch.woken, false);
}

/** A wake is pending, and no event. */
export function expectWake(poller: Poller): void {
  const batch = poller.wait(PATIENCE_MS);
  expectBatch(batch);
  assert.is(batch.woken, true);
}

/** Where extra edges are allowed: takes them, and passes if each has only bits of `allowed`. */
export function allowEdges(poller: Poller, fd: number, allowed: number): void {
  for (const event of poller.wait(0)) {
    assert.is(event.fd, fd);
    assert.is(bitNames(event.readiness & ~allowed), '0');
  }
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
