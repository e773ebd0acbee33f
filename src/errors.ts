import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

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
  Object.assign(error, { errno, code, syscall }, isOfFd ? { fd } : {});
  return error as SystemError;
}

function withCode<E extends Error>(error: E, code: string): E {
  // As node does it: the stack names the code, the error stays an ordinary TypeError or RangeError.
  error.stack = `${error.name} [${code}]: ${error.message}${(error.stack ?? '').replace(/^[^\n]*/, '')}`;
  return Object.assign(error, { code });
}

function show(value: unknown): string {
  if (typeof value === 'string') return `type string ('${value.length > 25 ? `${value.slice(0, 25)}…` : value}')`;
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object' && value !== null) {
    return `an instance of ${(value.constructor as { name?: string } | undefined)?.name ?? 'Object'}`;
  }
  return value === undefined || value === null ? String(value) : `type ${typeof value} (${String(value)})`;
}

export function invalidType(name: string, expected: string, value: unknown): TypeError {
  const message = `The "${name}" argument must be ${expected}. Received ${show(value)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE');
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It ${range}. Received ${String(value)}`;
  return withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
}

export function invalidValue(name: string, expectation: string, value: unknown): TypeError {
  const message = `The argument "${name}" ${expectation}. Received ${show(value)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE');
}

/** What Node says of a function of the user that returned something else than it should. */
export function invalidReturn(name: string, expected: string, value: unknown): TypeError {
  const message = `Expected ${expected} to be returned from the "${name}" function. Received ${show(value)}`;
  return withCode(new TypeError(message), 'ERR_INVALID_RETURN_VALUE');
}

export function pollerClosed(what: 'poller' | 'reactor' = 'poller'): Error {
  return withCode(new Error(`The ${what} is closed`), 'ERR_POLLER_CLOSED');
}

export function reactorBusy(): Error {
  return withCode(new Error('The reactor is in the middle of a batch'), 'ERR_REACTOR_BUSY');
}

/** The error of an operation that `signal` has ended, as Node makes it. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return withCode(error, 'ABORT_ERR');
}

/** ETIMEDOUT of `operation`, in the form of a failed system call. */
export function timedOut(operation: string, fd: number): SystemError {
  return systemError(-constants.errno.ETIMEDOUT, operation, fd);
}

/** EPERM of a file that is always ready: `what` it is. */
export function notPollable(what: string, fd: number): SystemError {
  return systemError(-constants.errno.EPERM, 'watch', fd, `a ${what} cannot be waited for, use node:fs`);
}

/** What Node says to the callback of a write that a destroyed stream will not do. */
export function streamDestroyed(operation: string): Error {
  return withCode(new Error(`Cannot call ${operation} after a stream was destroyed`), 'ERR_STREAM_DESTROYED');
}

export function notSupported(message: string): Error {
  return withCode(new Error(message), 'ERR_NOT_SUPPORTED');
}

export function bindingNotFound(message: string): Error {
  return withCode(new Error(message), 'ERR_BINDING_NOT_FOUND');
}
