import { promisify } from 'node:util';
import { IS_NODE, TICKS_COME_LATE } from './runtime.js';

/** The longest time, in milliseconds, that the host's setTimeout() can count. A longer one expires at once. */
export const MOST_TIMER_MS = 2 ** 31 - 1;

/**
 * The timers of the host. Like all functions of the host that the package depends on, they are taken from Node's
 * modules when the package is loaded: a fake clock that a program puts in place of the globals has no effect on the
 * package.
 */
interface Timers {
  readonly setTimeout: (act: () => void, ms: number) => NodeJS.Timeout;
  readonly clearTimeout: (timer: NodeJS.Timeout | undefined) => void;
  readonly setImmediate: (act: () => void) => unknown;
}

let timers = presentTimers();
let isReal = areReal(timers);

function presentTimers(): Timers {
  const { setTimeout, clearTimeout, setImmediate } = require('node:timers') as Timers;
  return { setTimeout, clearTimeout, setImmediate };
}

/**
 * Node's own timers have an accessor for util.promisify(); fake ones have a value or nothing. Bun and Deno have no such
 * mark.
 */
function areReal({ setTimeout, setImmediate }: Timers): boolean {
  if (!IS_NODE) return true;
  const isOwn = (timer: object): boolean => Object.getOwnPropertyDescriptor(timer, promisify.custom)?.get !== undefined;
  return isOwn(setTimeout) && isOwn(setImmediate);
}

/**
 * Whether the timers are the host's own. They are not while a fake clock is in force that was installed before the
 * package was loaded.
 */
export function hasRealTimers(): boolean {
  if (isReal) return true;
  timers = presentTimers();
  return (isReal = areReal(timers));
}

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
 * Where only fake timers are available, `act` runs as a microtask.
 */
export function nextTurn(act: () => void): void {
  if (!hasRealTimers()) void asMicrotask(act);
  else if (TICKS_COME_LATE) void asMicrotask(() => void timers.setImmediate(act));
  else timers.setImmediate(act);
}

/**
 * Calls `act` in a microtask, without the replaceable global `queueMicrotask()`. What `act` throws is an unhandled
 * rejection.
 */
export async function asMicrotask(act: () => void): Promise<void> {
  await undefined;
  act();
}
