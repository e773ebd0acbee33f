import { constants } from 'node:os';
import { getSystemErrorMap, types } from 'node:util';
import { didYouMean } from './did-you-mean.js';

/** A failed system call, in the form that `node:fs` uses. */
export interface SystemError extends Error {
  /** Negative, as in `node:fs`: −9 for EBADF on Linux. */
  readonly errno: number;
  readonly code: string;
  readonly syscall: string;
  /** The descriptor of the call, where it was about one. */
  readonly fd?: number;
  /** The address that `connect()` or `listen()` was about, in digits. */
  readonly address?: string;
  readonly port?: number;
  /** The same of a unix socket; the file that `open()` or `inotifyAddWatch()` was about. */
  readonly path?: string;
}

// Made for the first error: loading the package should not wait for them.
let described: ReadonlyMap<number, [name: string, description: string]> | undefined;
let numbered: ReadonlyMap<number, string> | undefined;

/** What the addon knows of the errors of its kernel. */
interface KernelErrors {
  describeError(errno: number): [name: string, text: string] | undefined;
}

let kernel: KernelErrors | undefined;

/** From here on `errors` tells what libuv does not know. */
export function describeErrorsBy(errors: KernelErrors): void {
  kernel = errors;
}

/** What libuv, or else the kernel, calls a positive error number, and what it means. */
function describe(errno: number): [name: string, description: string] {
  const known = (described ??= getSystemErrorMap()).get(-errno);
  if (known !== undefined) return known;
  const named = kernel?.describeError(errno);
  // strerror(3) begins with a capital, the texts of libuv do not.
  if (named !== undefined) return [named[0], named[1].replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())];
  numbered ??= new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
  return [numbered.get(errno) ?? `${UNNAMED}${errno}`, `unknown error ${errno}`];
}

/** What the name of a number begins with that no header names. */
export const UNNAMED = 'UNKNOWN_';

/** The name of a positive error number: as libuv has it, or else the kernel's headers. */
export function nameOfErrno(errno: number): string {
  return describe(errno)[0];
}

/** What the errors of a registration mean, which share their numbers with errors of files and permissions. */
const OF_REGISTRATIONS: Readonly<Record<string, string>> = {
  EPERM: 'a file of this kind cannot be waited for',
  EEXIST: 'registered already',
  ENOENT: 'not registered',
};

/**
 * The error of a failed system call; `errno` negative, `fd` < 0 where there was none. `description`
 * stands for what the system calls the error. The message is that of `node:fs`, with the descriptor at its end.
 */
export function systemError(errno: number, syscall: string, fd: number, description?: string): SystemError {
  const [code, text] = describe(-errno);
  const isOfFd = fd >= 0;
  const meaning = isOfFd && (syscall === 'epoll_ctl' || syscall === 'kevent') ? OF_REGISTRATIONS[code] : undefined;
  const error = new Error(`${code}: ${description ?? meaning ?? text}, ${syscall}${isOfFd ? ` (fd ${fd})` : ''}`);
  return withFields(error, isOfFd ? { errno, code, syscall, fd } : { errno, code, syscall });
}

// Taken when the package is loaded: a program may replace what the prototypes have, and freeze them, so that assigning
// what an error inherits throws.
const { defineProperty } = Reflect;
const { keys } = Object;
const toText = String;
const slice: (text: string, start: number, end?: number) => string = Function.prototype.call.bind(
  String.prototype.slice,
);
const indexOf: (text: string, part: string) => number = Function.prototype.call.bind(String.prototype.indexOf);

/** `error` with properties of its own, whatever its prototype is like. */
export function withFields<E extends object, F extends object>(error: E, fields: F): E & F {
  const names = keys(fields);
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    define(error, name, fields[name as keyof F], true);
  }
  return error as E & F;
}

function define(error: object, name: string, value: unknown, enumerable: boolean): void {
  // No prototype: one that a program has given a `get` would make it a descriptor of another kind.
  defineProperty(error, name, {
    __proto__: null,
    value,
    enumerable,
    configurable: true,
    writable: true,
  } as PropertyDescriptor);
}

/** As Node does it: the stack names the code, the error stays an ordinary TypeError or RangeError. */
function withCode<E extends Error>(error: E, name: string, code: string): E {
  const { message } = error;
  define(error, 'code', code, true);
  const stack = stackOf(error);
  if (stack === undefined) return error;
  const plainHead = `${name}: ${message}`;
  const end = slice(stack, 0, plainHead.length) === plainHead ? plainHead.length : indexOf(stack, '\n');
  define(error, 'stack', `${name} [${code}]: ${message}${end < 0 ? '' : slice(stack, end)}`, false);
  return error;
}

/** Undefined where the program's own Error.prepareStackTrace makes something else of the stack, or throws. */
function stackOf(error: Error): string | undefined {
  try {
    const stack: unknown = error.stack;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** What an error says that it got. Objects may answer any question with an error of their own. */
function show(value: unknown): string {
  if (typeof value === 'string') return `type string ('${value.length > 25 ? `${slice(value, 0, 25)}…` : value}')`;
  if (typeof value === 'function') return `function ${nameOf(value)}`;
  if (typeof value === 'object' && value !== null)
    return `an instance of ${nameOf(constructorOf(value)) || 'Object'}${ofAnotherCopy(value)}`;
  return value === undefined || value === null ? toText(value) : `type ${typeof value} (${toText(value)})`;
}

/** An object of this package has under it which copy of the package it is of: the file of the copy's addon. */
export const COPY: unique symbol = Symbol.for('pollux.copy');

/** Objects of a second copy of the package pass for none of this one, and look the same. */
function ofAnotherCopy(value: object): string {
  try {
    const copy = (value as { readonly [COPY]?: unknown })[COPY];
    return typeof copy === 'string' ? ` of another copy of pollux, whose addon is ${copy}: install pollux once` : '';
  } catch {
    return '';
  }
}

function constructorOf(value: object): unknown {
  try {
    return value.constructor;
  } catch {
    return undefined;
  }
}

function nameOf(value: unknown): string {
  try {
    const { name } = value as { readonly name?: unknown };
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/** Whether `value` is an error, also one of another realm. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** What was thrown, in words; also an error of another realm. */
export function messageOf(error: unknown): string {
  try {
    const { message } = error as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // undefined, null, and what answers with an error of its own.
  }
  return typeof error === 'object' || typeof error === 'function' ? show(error) : toText(error);
}

export function invalidType(name: string, expected: string, value: unknown): TypeError {
  const message = `The "${name}" argument must be ${expected}. Received ${show(value)}`;
  return withCode(new TypeError(message), 'TypeError', 'ERR_INVALID_ARG_TYPE');
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It ${range}. Received ${typeof value === 'number' ? toText(value) : show(value)}`;
  return withCode(new RangeError(message), 'RangeError', 'ERR_OUT_OF_RANGE');
}

/** `known`: the words that a misspelt `value` may stand for. */
export function invalidValue(
  name: string,
  expectation: string,
  value: unknown,
  known: Iterable<string> = [],
): TypeError {
  const hint = typeof value === 'string' ? didYouMean(value, known) : '';
  const message = `The argument "${name}" ${expectation}. Received ${show(value)}${hint}`;
  return withCode(new TypeError(message), 'TypeError', 'ERR_INVALID_ARG_VALUE');
}

/** An object of options, or the like, that has a property of another name than those `known`. */
export function unknownName(argument: string, name: string, known: readonly string[]): TypeError {
  const hint = didYouMean(name, known) || `. Known are ${known.join(', ')}`;
  return withCode(
    new TypeError(`The property "${argument}.${name}" is unknown${hint}`),
    'TypeError',
    'ERR_INVALID_ARG_VALUE',
  );
}

/** What Node says of a function of the user that returned something else than it should. */
export function invalidReturn(name: string, expected: string, value: unknown): TypeError {
  const message = `Expected ${expected} to be returned from the "${name}" function. Received ${show(value)}`;
  return withCode(new TypeError(message), 'TypeError', 'ERR_INVALID_RETURN_VALUE');
}

export function pollerClosed(what: 'poller' | 'reactor' = 'poller'): Error {
  return withCode(new Error(`The ${what} is closed`), 'Error', 'ERR_POLLER_CLOSED');
}

export function reactorBusy(): Error {
  return withCode(new Error('The reactor is in the middle of a batch'), 'Error', 'ERR_REACTOR_BUSY');
}

/** The error of an operation that `signal` has ended, as Node makes it. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  define(error, 'name', 'AbortError', true);
  return withCode(error, 'AbortError', 'ABORT_ERR');
}

/** ETIMEDOUT of `operation`, in the form of a failed system call: `what` did not come within `timeoutMs`. */
export function timedOut(operation: string, fd: number, what: string, timeoutMs: number): SystemError {
  return systemError(-constants.errno.ETIMEDOUT, operation, fd, `no ${what} within ${timeoutMs} ms`);
}

/** EPERM of a file that is always ready: `what` it is. */
export function notPollable(what: string, fd: number): SystemError {
  return systemError(-constants.errno.EPERM, 'watch', fd, `a ${what} cannot be waited for, use node:fs`);
}

/** What Node says to the callback of a write that a destroyed stream will not do. */
export function streamDestroyed(operation: string): Error {
  return withCode(new Error(`Cannot call ${operation} after a stream was destroyed`), 'Error', 'ERR_STREAM_DESTROYED');
}

export function notSupported(message: string): Error {
  return withCode(new Error(message), 'Error', 'ERR_NOT_SUPPORTED');
}

export function bindingNotFound(message: string): Error {
  return withCode(new Error(message), 'Error', 'ERR_BINDING_NOT_FOUND');
}
