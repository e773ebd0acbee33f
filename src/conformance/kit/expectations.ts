import { inspect, isDeepStrictEqual } from 'node:util';
import { isError } from '../../errors.js';
import { nowMs } from './clock.js';
import { ERROR, HANGUP, PRIORITY, READABLE, READ_CLOSED, WRITABLE, describeBits } from '../../interest.js';
import type { Batch, Poller } from '../../poller.js';
import { sleep } from './waiting.js';

/** What a clause expects of one event; the data is compared where it is given. */
export type Expected = readonly [fd: number, readiness: number, data?: unknown];

/** An error with the properties of system errors of `node:fs`. */
export type CodedError = Error & { code?: unknown; errno?: unknown; syscall?: unknown; fd?: unknown };

const FLAGS = [
  ['readable', READABLE],
  ['writable', WRITABLE],
  ['priority', PRIORITY],
  ['readClosed', READ_CLOSED],
  ['hangup', HANGUP],
  ['error', ERROR],
] as const;

/** `rests()` measures the processor time of waits: a wait that spins uses some in every wait. */
const REST_MS = 20;
const MOST_CPU_MS = 1.2;
const ENOUGH_RESTS = 2;
const MOST_RESTS = 12;
/** How many waits `extraEdges()` makes at most until two in a row report nothing. */
const MOST_EXTRA_LOOKS = 10;
const MOST_SETTLE_LOOKS = 20;

/** The checks of a clause. A check that fails throws; a check that succeeds is counted. */
export class Expectations {
  /** How many checks have succeeded. A clause without one has shown nothing. */
  count = 0;
  readonly #patienceMs: number;
  readonly #cpuMs: () => number | undefined;

  /**
   * `patienceMs` is how long to wait for an event that has to come. `cpuMs` returns the processor time of the process
   * of the poller, this one by default; undefined where that is not known.
   */
  constructor(patienceMs: number, cpuMs: () => number | undefined = ownCpuMs) {
    this.#patienceMs = patienceMs;
    this.#cpuMs = cpuMs;
  }

  equal(actual: unknown, expected: unknown, what = 'value'): void {
    if (!isDeepStrictEqual(actual, expected)) {
      throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
    }
    this.count++;
  }

  /** What `read` returns equals `expected`, now or a little later: the host may have a descriptor open for a moment. */
  settles(read: () => unknown, expected: unknown, what: string): void {
    for (let look = 0; look < MOST_SETTLE_LOOKS && !isDeepStrictEqual(read(), expected); look++) sleep(look);
    this.equal(read(), expected, what);
  }

  ok(condition: boolean, complaint: string): void {
    if (!condition) throw new Error(complaint);
    this.count++;
  }

  /**
   * `batch` holds exactly `expected`, in any order. The accessors, iteration and the flags of the events are all
   * checked. `optional` are bits that may come beside the expected ones.
   */
  batch(batch: Batch, expected: readonly Expected[], optional = 0): void {
    const wanted = new Map(expected.map((entry) => [entry[0], entry]));
    const row = (fd: number, readiness: number, data: unknown): string => {
      const entry = wanted.get(fd);
      const known = readiness & ~(optional & ~(entry?.[1] ?? 0));
      return `${fd} ${describeBits(known)}${entry !== undefined && entry.length > 2 ? ` ${show(data)}` : ''}`;
    };
    const rows = (list: Iterable<Expected>): string[] =>
      Array.from(list, ([fd, bits, data]) => row(fd, bits, data)).sort();
    const accessed: Expected[] = [];
    for (let index = 0; index < batch.length; index++) {
      accessed.push([batch.fdAt(index), batch.readinessAt(index), batch.dataAt(index)]);
    }
    this.equal(rows(accessed), rows(expected), 'events');
    const events = [...batch];
    this.equal(rows(events.map(({ fd, readiness, data }) => [fd, readiness, data])), rows(expected), 'iterated events');
    for (const event of events) {
      for (const [flag, bit] of FLAGS) {
        this.ok(
          event[flag] === ((event.readiness & bit) !== 0),
          `${flag} is ${String(event[flag])} in ${describeBits(event.readiness)}`,
        );
      }
    }
  }

  /** The next wait delivers exactly `expected`, and no wake. */
  events(poller: Poller, ...expected: Expected[]): void {
    this.eventsAllowing(poller, 0, ...expected);
  }

  /** The next wait delivers `expected`, each with any of the bits `optional`, and no wake. */
  eventsAllowing(poller: Poller, optional: number, ...expected: Expected[]): void {
    const batch = poller.wait(this.#patienceMs);
    this.batch(batch, expected, optional);
    this.equal(batch.woken, false, 'woken');
  }

  /** Nothing is ready, and no wake is pending. */
  none(poller: Poller): void {
    const batch = poller.wait(0);
    this.batch(batch, []);
    this.equal(batch.woken, false, 'woken');
  }

  /** A wake is pending, and no event. */
  wake(poller: Poller): void {
    const batch = poller.wait(this.#patienceMs);
    this.batch(batch, []);
    this.equal(batch.woken, true, 'woken');
  }

  /**
   * The next wait delivers `expected`. With level mode the wait after it repeats the events, with any other mode it is
   * empty.
   */
  held(poller: Poller, mode: number, ...expected: Expected[]): void {
    this.events(poller, ...expected);
    if (mode === 0) this.events(poller, ...expected);
    else this.none(poller);
  }

  /**
   * Waits until a level registration is reported with exactly `readiness`. The network may bring it in parts: earlier
   * events may have some of the bits.
   */
  eventually(poller: Poller, fd: number, readiness: number, optional = 0): void {
    const deadline = nowMs() + this.#patienceMs;
    for (;;) {
      const seen = [...poller.wait(this.#patienceMs)].map((event) => [event.fd, event.readiness & ~optional] as const);
      this.ok(
        seen.every(([from, bits]) => from === fd && (bits & ~readiness) === 0),
        `${show(seen)}: bits beside ${describeBits(readiness)}`,
      );
      if (seen.length === 1 && seen[0]![1] === readiness) return;
      if (nowMs() >= deadline) {
        throw new Error(
          `expected ${fd} ${describeBits(readiness)}, got ${show(seen.map(([, bits]) => describeBits(bits)))}`,
        );
      }
    }
  }

  /**
   * At least one edge of `fd` with all of `readiness`. Extra edges may follow, because something happened to the file;
   * they end.
   */
  edge(poller: Poller, fd: number, readiness: number, optional = 0): void {
    this.eventsAllowing(poller, optional, [fd, readiness]);
    this.extraEdges(poller, fd, readiness | optional);
  }

  /**
   * Allows extra edges of `fd` that have no bit outside `allowed`, and expects that they end. The kernel may cause one
   * by itself between two waits, for example when it acknowledges data.
   */
  extraEdges(poller: Poller, fd: number, allowed: number): void {
    for (let looks = 0, silent = 0; silent < 2; looks++) {
      this.ok(looks < MOST_EXTRA_LOOKS, `the edges of ${fd} do not end`);
      const batch = poller.wait(0);
      this.equal(batch.woken, false, 'woken');
      silent = batch.length === 0 ? silent + 1 : 0;
      for (const event of batch) {
        this.equal([event.fd, describeBits(event.readiness & ~allowed)], [fd, '0'], 'extra edge');
      }
    }
  }

  /** `act` throws an error of the system with one of `codes`. */
  fails(act: () => unknown, ...codes: string[]): CodedError {
    const error = thrownBy(act);
    this.ok(
      codes.includes(String(error.code)),
      `expected ${codes.join(' or ')}, got ${String(error.code)} (${error.message})`,
    );
    return error;
  }

  /** `act` throws an error of the class `type` with `code`, as for an argument. */
  refuses(act: () => unknown, type: ErrorConstructor, code: string): void {
    const error = thrownBy(act);
    const { name, message } = error;
    // The poller may come from another realm, which has its own error classes.
    const isOfType = name === type.name || error instanceof type;
    this.ok(
      isOfType && error.code === code,
      `expected ${type.name} ${code}, got ${name} ${String(error.code)} (${message})`,
    );
  }

  /**
   * A wait without events lasts its full time and uses almost no processor time. Two such waits of several are enough,
   * because something else in the process may use processor time now and then.
   */
  rests(poller: Poller): void {
    const usedMs: number[] = [];
    const calm = (): number => usedMs.filter((used) => used < MOST_CPU_MS).length;
    while (calm() < ENOUGH_RESTS && usedMs.length < MOST_RESTS) {
      const before = this.#cpuMs() ?? 0;
      this.lasts(REST_MS, () => this.batch(poller.wait(REST_MS), []));
      usedMs.push((this.#cpuMs() ?? 0) - before);
    }
    this.ok(calm() >= ENOUGH_RESTS, `waits of ${REST_MS} ms used ${usedMs.join(', ')} ms of processor time`);
  }

  /** `act` takes `leastMs` or longer. */
  lasts(leastMs: number, act: () => void): void {
    const start = process.hrtime.bigint();
    act();
    const elapsedMs = Number(process.hrtime.bigint() - start) / 1e6;
    this.ok(elapsedMs >= leastMs, `${leastMs} ms ended after ${elapsedMs} ms`);
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The error that `act` throws. */
function thrownBy(act: () => unknown): CodedError {
  try {
    act();
  } catch (error) {
    if (isError(error)) return error;
    throw new Error(`thrown, but no Error: ${show(error)}`);
  }
  throw new Error('expected an error, nothing was thrown');
}

function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, maxStringLength: 200 });
}
