import { getSystemErrorMap } from 'node:util';
import type { SystemError } from 'pollux/sys';

/** The error of an operation of a port. */
export class BindingsError extends Error {
  /** Whether the operation ended because the port was closed. Any other error of a read or write is a disconnection. */
  canceled: boolean;

  constructor(message: string, { canceled = false }: { canceled?: boolean } = {}) {
    super(message);
    this.canceled = canceled;
  }
}

/** The error of an operation that was under way when its port was closed. */
export function canceled(): BindingsError {
  return new BindingsError('Canceled', { canceled: true });
}

/** The error of an operation on a port that is closed. */
export function notOpen(): BindingsError {
  return new BindingsError('Port is not open');
}

/** What strerror(3) says. Programs compare and print these texts, and libuv has others. */
const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EBADF: 'Bad file descriptor',
  EBUSY: 'Device or resource busy',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  ENOTTY: 'Inappropriate ioctl for device',
  ENXIO: 'No such device or address',
  EOPNOTSUPP: 'Operation not supported',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
};

function textOf({ code, errno }: SystemError): string {
  return TEXTS[code] ?? getSystemErrorMap().get(errno)?.[1] ?? code;
}

/** Whether `error` is what a system call said, and not that of an argument. */
export function isSystemError(error: unknown): error is SystemError {
  return typeof (error as Partial<SystemError> | undefined)?.errno === 'number';
}

/**
 * Returns what `call` returns. Of a system error that it throws, `describe` makes the message out of the text of
 * strerror(3).
 */
export function attempt<Result>(call: () => Result, describe: (text: string) => string): Result {
  try {
    return call();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const { errno, code, syscall } = error;
    throw Object.assign(new Error(describe(textOf(error)), { cause: error }), { errno, code, syscall });
  }
}

/** Errors of a device that is gone. EIO: tty_ioctl(4) and read(2) after the terminal has hung up. */
const GONE: ReadonlySet<string> = new Set(['EBADF', 'EIO', 'ENODEV', 'ENXIO']);

/** Returns `error`, with `disconnect: true` where it says that the device is gone. */
export function markedIfGone(error: unknown): unknown {
  if (!isSystemError(error) || !GONE.has(error.code)) return error;
  return Object.assign(error, { disconnect: true });
}

/** The error of a read or write of a device that has hung up. */
export function hungUp(): Error {
  return Object.assign(new Error('The device is gone: the port has hung up'), { code: 'EIO', disconnect: true });
}
