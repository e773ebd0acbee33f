import { constants } from 'node:os';
import { types } from 'node:util';
import { didYouMean } from './did-you-mean.js';
import { describeErrno, meaningForRegistrations } from './errno.js';
import { show } from './shown-values.js';

/** The error of a failed system call, in the form that `node:fs` uses. */
export interface SystemError extends Error {
  /** Negative, as in `node:fs`: −9 for EBADF on Linux. */
  readonly errno: number;
  /** The name of the error number: `'EBADF'`. */
  readonly code: string;
  /** The system call that failed, or the operation that took too long. */
  readonly syscall: string;
  /** The descriptor that was passed to the call, if one was. */
  readonly fd?: number;
  /** The numeric address that `connect()` or `listen()` used. */
  readonly address?: string;
  /** The port that `connect()` or `listen()` used. */
  readonly port?: number;
  /**
   * The path of the unix socket that `connect()` or `listen()` used, or of the file of `open()` or `inotifyAddWatch()`.
   */
  readonly path?: string;
}

/**
 * The error of a failed system call. `errno` is negative; `fd` < 0 says that the call had no descriptor. `description`
 * replaces the system's text for the error. The message is that of `node:fs`, with the descriptor at its end.
 */
export function systemError(errno: number, syscall: string, fd: number, description?: string): SystemError {
  const [code, text] = describeErrno(-errno);
  const isOfFd = fd >= 0;
  const meaning =
    isOfFd && (syscall === 'epoll_ctl' || syscall === 'kevent') ? meaningForRegistrations(code) : undefined;
  const error = new Error(`${code}: ${description ?? meaning ?? text}, ${syscall}${isOfFd ? ` (fd ${fd})` : ''}`);
  return withFields(error, isOfFd ? { errno, code, syscall, fd } : { errno, code, syscall });
}

// Taken when the package is loaded, because a program may replace the functions of the prototypes. A program may also
// freeze the prototypes: then assigning a property that an error inherits throws, and only defining the property works.
const { defineProperty } = Reflect;
const { keys } = Object;
const toText = String;
const slice: (text: string, start: number, end?: number) => string = Function.prototype.call.bind(
  String.prototype.slice,
);
const indexOf: (text: string, part: string) => number = Function.prototype.call.bind(String.prototype.indexOf);

/** Defines `fields` as own properties of `error`, and returns it. */
export function withFields<E extends object, F extends object>(error: E, fields: F): E & F {
  const names = keys(fields);
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    define(error, name, fields[name as keyof F], true);
  }
  return error as E & F;
}

function define(error: object, name: string, value: unknown, enumerable: boolean): void {
  // Without a prototype: a `get` on Object.prototype would make this an invalid descriptor.
  defineProperty(error, name, {
    __proto__: null,
    value,
    enumerable,
    configurable: true,
    writable: true,
  } as PropertyDescriptor);
}

/** Gives `error` a code as Node does: the stack shows the code, and the name of the error stays what it is. */
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

/** Undefined where Error.prepareStackTrace of the program throws, or returns something other than a string. */
function stackOf(error: Error): string | undefined {
  try {
    const stack: unknown = error.stack;
    return typeof stack === 'string' ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `value` is an error, of this realm or another. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

/** The message of what was thrown: an error of any realm, or any other value. Never throws. */
export function messageOf(error: unknown): string {
  try {
    const { message } = error as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // undefined and null have no properties; a getter or a proxy may throw.
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

/** `known`: the valid words; the message suggests the one that a misspelt `value` most resembles. */
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

/** The error of an object that has a property `name`, which is none of those `known`. */
export function unknownName(argument: string, name: string, known: readonly string[]): TypeError {
  const hint = didYouMean(name, known) || `. Known are ${known.join(', ')}`;
  return withCode(
    new TypeError(`The property "${argument}.${name}" is unknown${hint}`),
    'TypeError',
    'ERR_INVALID_ARG_VALUE',
  );
}

/** The error of a queue that holds as many calls as it can. */
export function queueFull(capacity: number): RangeError {
  const message = `The queue is full: it holds ${capacity} calls until reset()`;
  return withCode(new RangeError(message), 'RangeError', 'ERR_OUT_OF_RANGE');
}

/** The error of a function of the user that returned a value of the wrong type. */
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

/** The error of an operation that `signal` has aborted, as Node makes it. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  define(error, 'name', 'AbortError', true);
  return withCode(error, 'AbortError', 'ABORT_ERR');
}

/** ETIMEDOUT in the form of a failed system call: `operation` got no `what` within `timeoutMs`. */
export function timedOut(operation: string, fd: number, what: string, timeoutMs: number): SystemError {
  return systemError(-constants.errno.ETIMEDOUT, operation, fd, `no ${what} within ${timeoutMs} ms`);
}

/** EPERM for a file that a poller refuses; `what` names its kind. */
export function notPollable(what: string, fd: number): SystemError {
  return systemError(-constants.errno.EPERM, 'watch', fd, `a ${what} cannot be waited for, use node:fs`);
}

/** The error that Node passes to the callback of a write that a destroyed stream gave up. */
export function streamDestroyed(operation: string): Error {
  return withCode(new Error(`Cannot call ${operation} after a stream was destroyed`), 'Error', 'ERR_STREAM_DESTROYED');
}

/** The error of Node for `listen()` of a server that listens already. */
export function serverAlreadyListens(): Error {
  return withCode(
    new Error('Listen method has been called more than once without closing.'),
    'Error',
    'ERR_SERVER_ALREADY_LISTEN',
  );
}

/** The error of Node for `close()` of a server that does not listen. */
export function serverNotRunning(): Error {
  return withCode(new Error('Server is not running.'), 'Error', 'ERR_SERVER_NOT_RUNNING');
}

export function notSupported(message: string): Error {
  return withCode(new Error(message), 'Error', 'ERR_NOT_SUPPORTED');
}

export function bindingNotFound(message: string): Error {
  return withCode(new Error(message), 'Error', 'ERR_BINDING_NOT_FOUND');
}
