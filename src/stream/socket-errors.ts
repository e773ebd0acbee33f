import { isError, withFields, type SystemError } from '../errors.js';

/** What errors of `connect()` have besides those of other calls. */
interface ConnectFields {
  readonly address?: string;
  readonly port?: number;
  readonly path?: string;
  readonly hostname?: string;
  readonly errors?: readonly unknown[];
}

const FIELDS = ['errno', 'code', 'syscall', 'fd', 'address', 'port', 'path', 'hostname'] as const;

/** The error of a write after the peer has ended a connection that may not stay half open, as `net.Socket` has it. */
export function endedByPeer(): Error {
  return withFields(new Error('This socket has been ended by the other party'), { code: 'EPIPE' });
}

/**
 * A system error of a stream, in the form that `net.Socket` uses: `read ECONNRESET`, `connect ECONNREFUSED ::1:80`. It
 * has the same fields as `error`, except that `syscall`, where given, replaces the name of the call. Other errors are
 * returned as they are.
 */
export function inSocketForm(error: unknown, syscall?: 'read' | 'write'): Error {
  const { code, syscall: called, address, port, path, hostname, errors } = error as SystemError & ConnectFields;
  if (!isError(error) || typeof code !== 'string' || typeof called !== 'string') return error as Error;
  const name = syscall ?? called;
  const target = path ?? hostname ?? (port === undefined ? address : `${address}:${port}`);
  const message = `${name} ${code}${target === undefined ? '' : ` ${target}`}`;
  const fields: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const value = (error as Partial<SystemError & ConnectFields>)[field];
    if (value !== undefined) fields[field] = value;
  }
  fields['syscall'] = name;
  if (errors === undefined) return withFields(new Error(message), fields);
  const each = errors.map((other) => inSocketForm(other));
  return withFields(new AggregateError(each, message), { ...fields, errors: each });
}
