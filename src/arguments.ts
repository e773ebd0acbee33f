import { invalidType, outOfRange, unknownName } from './errors.js';
import { objectionTo } from './interest.js';

/** Throws unless `fd` is a descriptor number: an integer, 0 … 2³¹−1. */
export function checkFd(fd: unknown, name = 'fd'): asserts fd is number {
  if (typeof fd !== 'number') throw invalidType(name, 'of type number', fd);
  if ((fd | 0) !== fd || fd < 0) throw outOfRange(name, 'must be an integer >= 0 && <= 2147483647', fd);
}

/** Throws unless `interest` is valid for add(), or for modify(). */
export function checkInterest(interest: unknown, forModify: boolean): asserts interest is number {
  if (typeof interest !== 'number') throw invalidType('interest', 'of type number', interest);
  const objection = objectionTo(interest, forModify);
  if (objection !== undefined) throw outOfRange('interest', objection, interest);
}

/** Throws unless `value` is an integer between `least` and `most`. */
export function checkInteger(value: unknown, name: string, least: number, most: number): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw outOfRange(name, `must be an integer >= ${least} && <= ${most}`, value);
  }
}

/** Throws unless `timeoutMs` is a number other than NaN. */
export function checkTimeout(timeoutMs: unknown, name = 'timeoutMs'): asserts timeoutMs is number {
  if (typeof timeoutMs !== 'number') throw invalidType(name, 'of type number', timeoutMs);
  if (Number.isNaN(timeoutMs)) throw outOfRange(name, 'must not be NaN', timeoutMs);
}

/** Throws unless `ms` is a finite number, 0 or more. */
export function checkDuration(ms: unknown, name: string): asserts ms is number {
  if (typeof ms !== 'number') throw invalidType(name, 'of type number', ms);
  if (!(ms >= 0 && ms < Infinity)) throw outOfRange(name, 'must be a finite number >= 0', ms);
}

/** Throws unless `value` is a function. */
export function checkFunction(value: unknown, name: string): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function') throw invalidType(name, 'of type function', value);
}

/**
 * Throws unless `signal` is undefined or behaves as an AbortSignal. As for Node's own functions, it may come from
 * another realm or a polyfill.
 */
export function checkSignal(signal: unknown, name = 'options.signal'): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  if (typeof signal === 'object' && signal !== null) {
    const { aborted, addEventListener } = signal as { readonly aborted?: unknown; readonly addEventListener?: unknown };
    if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return;
  }
  throw invalidType(name, 'an instance of AbortSignal', signal);
}

/**
 * Calls `onAbort` when `signal` is aborted; perhaps more than once, because not every polyfill has `once`.
 *
 * @returns a function that removes the listener.
 */
export function onceAborted(signal: AbortSignal, onAbort: () => void): () => void {
  signal.addEventListener('abort', onAbort, { once: true });
  return () => {
    if (typeof signal.removeEventListener === 'function') signal.removeEventListener('abort', onAbort);
  };
}

/** The names of the properties of `Options`, as an object: the compiler checks that none is missing. */
export type NamesOf<Options> = { readonly [Name in keyof Options]-?: true };

/**
 * Throws unless `options` is an object whose own enumerable properties are all in `known`. Another name is refused even
 * if its value is undefined, because it is misspelt all the same.
 */
export function checkOptions(
  options: unknown,
  known: Readonly<Record<string, true>>,
  argument = 'options',
): asserts options is object {
  if (typeof options !== 'object' || options === null) throw invalidType(argument, 'an object', options);
  // Unlike Object.keys(), `for in` allocates nothing. It also finds inherited properties, which are ignored.
  for (const name in options) {
    if (known[name] !== true && Object.hasOwn(options, name)) throw unknownName(argument, name, Object.keys(known));
  }
}
