import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

/**
 * The functions of the host that the package depends on. They are taken when the package is loaded, from Node's modules:
 * a fake clock that a test puts in place of the globals neither stops the package nor is driven by it.
 */
interface Timers {
  readonly setTimeout: (act: () => void, ms: number) => NodeJS.Timeout;
  readonly clearTimeout: (timer: NodeJS.Timeout | undefined) => void;
  readonly setImmediate: (act: () => void) => unknown;
}

const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;

/**
 * Deno calls back for timers, immediates and threads one after the other, before it runs the ticks and microtasks of any. Elsewhere
 * those of each callback come before the next.
 */
export const TICKS_COME_LATE = deno !== undefined;

let timers = presentTimers();
let isReal = areReal(timers);

function presentTimers(): Timers {
  const { setTimeout, clearTimeout, setImmediate } = require('node:timers') as Timers;
  return { setTimeout, clearTimeout, setImmediate };
}

/** Node's own timers have an accessor for util.promisify(); imitations have a value or nothing. Other hosts have no such mark. */
function areReal({ setTimeout, setImmediate }: Timers): boolean {
  if (bun !== undefined || deno !== undefined) return true;
  const isOwn = (timer: object): boolean => Object.getOwnPropertyDescriptor(timer, promisify.custom)?.get !== undefined;
  return isOwn(setTimeout) && isOwn(setImmediate);
}

/**
 * Whether the timers are the host's own. Where the package was loaded while a fake clock was in force they are not, until
 * that clock is gone.
 */
export function hasRealTimers(): boolean {
  if (isReal) return true;
  timers = presentTimers();
  return (isReal = areReal(timers));
}

/** Milliseconds of a clock that never goes back. A fake clock covers that of the prototype, which is the host's. */
export const nowMs: () => number = (
  (Object.getPrototypeOf(performance) as Partial<typeof performance>).now ?? performance.now
).bind(performance);

/** `process.nextTick()`. */
export const nextTick: typeof process.nextTick = process.nextTick.bind(process);

/** `setTimeout()`. */
export function setTimer(act: () => void, ms: number): NodeJS.Timeout {
  hasRealTimers();
  return timers.setTimeout(act, ms);
}

/** `clearTimeout()`. */
export function clearTimer(timer: NodeJS.Timeout | undefined): void {
  timers.clearTimeout(timer);
}

/**
 * Calls `act` after the ticks and microtasks of the present turn, and before the host's loop waits for events again.
 * As a microtask where there are no real timers.
 */
export function nextTurn(act: () => void): void {
  if (!hasRealTimers()) void asMicrotask(act);
  else if (TICKS_COME_LATE) void asMicrotask(() => void timers.setImmediate(act));
  else timers.setImmediate(act);
}

/** `queueMicrotask()`, in a form that no replaced global can stop. What `act` throws is an unhandled rejection. */
export async function asMicrotask(act: () => void): Promise<void> {
  await undefined;
  act();
}
