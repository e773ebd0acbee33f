import { constants } from 'node:os';
import { notSupported, withFields } from '../../errors.js';
import type { Fault, FaultKind } from '../kit/setup.js';

/** The driver did something that the protocol does not allow. Says nothing about the poller behind the driver. */
export class DriverFault extends Error {
  readonly fault: Fault;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.fault = { kind, message };
  }
}

/** Error codes that mean that a poller does not have what was asked for. */
const NOT_SUPPORTED: readonly string[] = ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** The error of an operation that the driver has refused, in the form that `node:fs` uses. */
export function refusal(code: string, said: string | undefined, operation: string, fd: number | undefined): Error {
  if (NOT_SUPPORTED.includes(code)) return notSupported(said ?? `the driver says that ${operation} is not supported`);
  const error = new Error(`${code}: ${said ?? 'the driver gives no reason'}, ${operation}`);
  const number = (constants.errno as Readonly<Record<string, number>>)[code];
  return withFields(error, {
    code,
    ...(number === undefined ? {} : { errno: -number }),
    syscall: operation,
    ...(fd === undefined ? {} : { fd }),
  });
}
