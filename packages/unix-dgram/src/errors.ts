import { constants } from 'node:os';

/** An error of a system call: `code` is its name, `errno` its number, which is negative. */
export interface SocketError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path?: string;
}

/** What pollux threw, as the error of an operation of the socket; undefined: pollux refused an argument. */
export function asSocketError(thrown: unknown, syscall: string, path?: string): SocketError | undefined {
  const { code, errno } = thrown as Partial<SocketError>;
  return code === undefined || errno === undefined ? undefined : socketError(code, errno, syscall, path);
}

/** The operation came after `close()`. */
export function closedError(syscall: string): SocketError {
  return socketError('EBADF', -constants.errno.EBADF, syscall);
}

/** The message was not sent, because the queue of its receiver is full. */
export function congestionError(): SocketError {
  return Object.assign(new Error('congestion'), { code: 'EAGAIN', errno: -constants.errno.EAGAIN, syscall: 'send' });
}

/** The queue of the receiver at `path`, to which the socket is not connected, is full. */
export function fullError(path: string): SocketError {
  return socketError('EAGAIN', -constants.errno.EAGAIN, 'send', path);
}

/** The socket was closed while `count` messages waited for the receiver. */
export function canceledError(count: number): SocketError {
  const error = socketError('ECANCELED', -constants.errno.ECANCELED, 'send');
  error.message += `: ${count} messages were not sent`;
  return error;
}

function socketError(code: string, errno: number, syscall: string, path?: string): SocketError {
  const error = new Error(`${syscall} ${code}${path === undefined ? '' : ` ${path}`}`);
  return Object.assign(error, { errno, code, syscall }, path === undefined ? {} : { path });
}
