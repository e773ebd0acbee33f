import { checkFunction } from '../arguments.js';
import { invalidValue } from '../errors.js';
import { isPath } from './endpoint.js';
import { checkListenOptions, type ListenBehaviour, type ListenOptions } from './listen-options.js';

/** Where and how a server listens: as for `listen()`, except what the server does by itself. */
export type ServerListenOptions = Omit<ListenBehaviour, 'reactor' | 'maxConnections' | 'onDrop'> & ListenPlace;
type ListenPlace = {
  readonly host?: string | undefined;
  readonly port?: number | string | undefined;
  readonly path?: string | undefined;
  readonly fd?: number | undefined;
  readonly ipv6Only?: boolean | undefined;
};

/** What `server.listen()` was called with. */
export interface ListenCall {
  readonly options: ListenOptions;
  readonly callback: (() => void) | undefined;
}

const MOST_PORT = 65_535;

/**
 * Sorts the arguments of `server.listen()`, which has the forms of `net.Server`: options; a port, a host and a backlog;
 * a path and a backlog; each with a callback at the end.
 *
 * @throws what `listen()` throws for invalid options.
 */
export function listenCallOf(given: readonly unknown[]): ListenCall {
  const values = given.filter((_, index) => index < given.length - 1 || typeof given[index] !== 'function');
  const callback = values.length < given.length ? given.at(-1) : undefined;
  if (callback !== undefined) checkFunction(callback, 'callback');
  const [first, second, third] = values;
  const options =
    typeof first === 'object' && first !== null
      ? withoutNull(first)
      : isPath(first)
        ? withoutNull({ path: first, backlog: second })
        : withoutNull({
            port: first ?? 0,
            host: typeof second === 'number' ? undefined : second,
            backlog: typeof second === 'number' ? second : third,
          });
  if (typeof first === 'object' && first !== null && !['port', 'path', 'fd'].some((name) => name in first))
    throw invalidValue('options', 'must have the property "port", "path" or "fd"', first);
  if (options['path'] === undefined && options['fd'] === undefined) options['port'] = portOf(options['port'] ?? 0);
  else if (options['path'] !== undefined) delete options['host'];
  checkListenOptions(options as unknown as ListenOptions);
  return { options: options as unknown as ListenOptions, callback: callback as (() => void) | undefined };
}

/** @throws RangeError `ERR_SOCKET_BAD_PORT`: a number or a string that is no port. */
function portOf(port: unknown): unknown {
  if (typeof port !== 'number' && typeof port !== 'string') return port;
  const number = typeof port === 'string' && port.trim() === '' ? NaN : Number(port);
  if (Number.isInteger(number) && number >= 0 && number <= MOST_PORT) return number;
  throw Object.assign(new RangeError(`options.port should be >= 0 and < 65536. Received ${String(port)}.`), {
    code: 'ERR_SOCKET_BAD_PORT',
  });
}

/** The properties that have a value; `backlog` counts only where it is a number, as for `net.Server`. */
function withoutNull(options: object): Record<string, unknown> {
  const isGiven = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && value !== null && (name !== 'backlog' || typeof value === 'number');
  return Object.fromEntries(Object.entries(options).filter(isGiven));
}
