import type { RequestOptions } from 'node:https';
import type { LookupFunction, NetConnectOpts } from 'node:net';
import { checkDuration, checkFunction, type NamesOf } from '../arguments.js';
import { closestTo } from '../did-you-mean.js';
import { invalidType, notSupported, unknownName } from '../errors.js';
import { nextTick } from '../host.js';
import { FdStream } from '../stream/fd-stream.js';
import { OWN_NAMES, STREAM_NAMES, type FdStreamOptions } from '../stream/fd-stream-options.js';
import { OPENING, type Opening, type WithOpening } from '../stream/opening.js';
import { close } from '../sys/descriptors.js';
import {
  checkConnectOptions,
  connectFor,
  CONNECT_NAMES,
  type ConnectFollower,
  type ConnectLimits,
  type ConnectOptions,
  type ConnectToPath,
  type ConnectToPort,
} from './connect.js';
import type { Race } from './race.js';
import { isPath } from './endpoint.js';

/** The options of `connect()` and of a stream, and those of `net.connect()`. */
export type ConnectStreamOptions = Omit<ConnectLimits, 'localAddress' | 'lookup'> & {
  /** As for `connect()`, or a function of the form of `dns.lookup()`. */
  lookup?: ConnectLimits['lookup'] | LookupFunction;
} & Omit<FdStreamOptions, 'ownsFd'> &
  SocketSettings &
  (
    | ConnectToPath
    | (Omit<ConnectToPort, 'port'> & { /** Also as a string of digits. */ readonly port: number | string })
  );

/** What `net.connect()` sets. */
export interface SocketSettings {
  /** The address to bind the socket to, or an address and a port; by default the kernel chooses. */
  localAddress?: string | ConnectLimits['localAddress'];
  /** The port to bind the socket to; by default the kernel chooses. */
  localPort?: number | undefined;
  /** Milliseconds without anything read or written until `'timeout'`, as with `setTimeout()`; 0, the default: none. */
  timeout?: number | undefined;
  /** As with `setNoDelay()`. */
  noDelay?: boolean | undefined;
  /** As with `setKeepAlive()`. */
  keepAlive?: boolean | undefined;
  /** Milliseconds, for `keepAlive`. */
  keepAliveInitialDelay?: number | undefined;
}

const SETTING_NAMES: NamesOf<SocketSettings> = {
  localAddress: true,
  localPort: true,
  timeout: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
};
/** A name that is like one of these is misspelt. */
const KNOWN = [...new Set([CONNECT_NAMES, OWN_NAMES, SETTING_NAMES].flatMap((names) => Object.keys(names)))];

type Values = Record<string, unknown>;

/**
 * Connects a stream socket as `connect()` does, and returns at once the stream over it. `'connect'` and `'ready'` come
 * when the socket is connected, and never within this call; or else `'error'`, in the form that `net.Socket` uses. What
 * is written before that waits. As the kernel makes the socket later, `fd` is −1 until `'connect'`.
 *
 * The function can be used where `net.connect()` is used: as `createConnection` of an `http.Agent`, or for the option
 * `stream` of a client of a database. Like `net.connect()`, it ignores options that it does not know, for the sake of
 * callers that hand over all of their options, unless a name looks misspelt; null counts as undefined, and so does an
 * empty `host` or `path`. `'lookup'` comes for each address of a name. Destroying the stream ends the connect.
 *
 * @param listener is added for `'connect'`.
 * @throws as `connect()` and `new FdStream()`, for an invalid option; Error `ERR_NOT_SUPPORTED`: `onread`.
 */
export function connectStream(options: ConnectStreamOptions, listener?: () => void): FdStream;
/** The same with what `net.connect()`, or an agent of http or https, hands to its `createConnection`. */
export function connectStream(
  options: NetConnectOpts | RequestOptions,
  listener?: (...values: never[]) => void,
): FdStream;
/** The same with a port, and perhaps a host; or with the path of a unix socket. */
export function connectStream(port: number | string, host?: string, listener?: () => void): FdStream;
export function connectStream(portOrPath: number | string, listener?: () => void): FdStream;
export function connectStream(...values: readonly unknown[]): FdStream {
  const { options, listener } = connectCallOf(values);
  const { connecting, streaming, settings } = sorted(options);
  checkConnectOptions(connecting);
  if (settings.timeout !== undefined) checkDuration(settings.timeout, 'options.timeout');
  const opening = new StreamOpening(connecting);
  const stream = new FdStream(-1, { ...streaming, [OPENING]: opening } as FdStreamOptions & WithOpening);
  opening.stream = stream;
  applySettings(stream, settings);
  if (listener !== undefined) stream.once('connect', listener);
  return stream;
}

/** Sets what `net.connect()` and `net.createServer()` set by their options. */
export function applySettings(stream: FdStream, settings: SocketSettings): void {
  const { noDelay, keepAlive, keepAliveInitialDelay, timeout } = settings;
  if (noDelay === true) stream.setNoDelay(true);
  if (keepAlive === true) stream.setKeepAlive(true, keepAliveInitialDelay);
  if (timeout !== undefined && timeout !== 0) stream.setTimeout(timeout);
}

/** Sorts the arguments of `connectStream()`, which has the forms of `net.connect()`. */
function connectCallOf([first, ...others]: readonly unknown[]): {
  options: unknown;
  listener: (() => void) | undefined;
} {
  const host = typeof others[0] === 'string' ? others[0] : undefined;
  const listener = others[typeof first === 'object' || typeof others[0] === 'function' ? 0 : 1];
  if (listener !== undefined) checkFunction(listener, 'listener');
  const options = typeof first === 'object' ? first : isPath(first) ? { path: first } : { port: first, host };
  return { options, listener: listener as (() => void) | undefined };
}

/** The options of `connect()`, those of a stream, and the rest. */
function sorted(options: unknown): {
  connecting: ConnectOptions;
  streaming: FdStreamOptions;
  settings: SocketSettings;
} {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
  const given: Values = { ...options };
  if ((given['onread'] ?? undefined) !== undefined)
    throw notSupported("onread: a stream of pollux gives its data by 'data' and read()");
  // What http hands over where it has no agent: there `path` is that of the request.
  if (typeof given['createConnection'] === 'function') given['path'] = given['socketPath'];
  const connecting: Values = {};
  const streaming: Values = {};
  const settings: Values = {};
  for (const [name, value] of Object.entries(given)) {
    if (!KNOWN.includes(name) && !Object.hasOwn(STREAM_NAMES, name) && closestTo(name, KNOWN) !== undefined)
      throw unknownName('options', name, KNOWN);
    if (value === undefined || value === null) continue;
    if (value === '' && (name === 'host' || name === 'path')) continue;
    if (Object.hasOwn(SETTING_NAMES, name)) settings[name] = value;
    else if (Object.hasOwn(CONNECT_NAMES, name) && name !== 'signal') connecting[name] = value;
    if (Object.hasOwn(STREAM_NAMES, name) && name !== 'ownsFd') streaming[name] = value;
  }
  const { localAddress, localPort } = settings;
  if (localAddress !== undefined || localPort !== undefined) {
    const local = typeof localAddress === 'object' ? localAddress : { host: localAddress };
    connecting['localAddress'] = localPort === undefined ? local : { ...local, port: localPort };
  }
  const { port, lookup } = connecting;
  // As for `net.connect()`, `lookup` may have any number of parameters, and answer by its callback alone.
  if (typeof lookup === 'function')
    connecting['lookup'] = (host: unknown, how: unknown, callback: unknown): unknown => lookup(host, how, callback);
  if (typeof port === 'string' && /^\d+$/.test(port)) connecting['port'] = Number(port);
  return { connecting: connecting as unknown as ConnectOptions, streaming, settings };
}

/** The connect of a stream. */
class StreamOpening implements Opening, ConnectFollower {
  stream: FdStream | undefined;
  readonly #options: ConnectOptions;
  readonly #controller = new AbortController();
  #race: Race | undefined;
  #isRef = true;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  get #isCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  begin(onOpen: (fd: number) => void, onFailure: (error: Error) => void): void {
    // In a tick, what a listener throws is an uncaught exception, and not an unhandled rejection.
    connectFor({ ...this.#options, signal: this.#controller.signal }, this).then(
      (fd) => nextTick(() => (this.#isCancelled ? close(fd) : onOpen(fd))),
      (error: Error) =>
        nextTick(() => {
          if (!this.#isCancelled) onFailure(error);
        }),
    );
  }

  cancel(): void {
    this.#controller.abort();
  }

  attempted(): string[] {
    const race = this.#race;
    if (race === undefined || !race.hasChoice) return [];
    return race.tried.flatMap((address) => ('port' in address ? [`${address.host}:${address.port}`] : []));
  }

  ref(on: boolean): void {
    this.#isRef = on;
    this.#race?.ref(on);
  }

  onRace(race: Race): void {
    this.#race = race;
    race.ref(this.#isRef);
  }

  onLookup(failure: unknown, addresses: readonly string[], host: string): void {
    const tell = (address?: string): void => {
      const family = address === undefined ? undefined : address.includes(':') ? 6 : 4;
      if (!this.#isCancelled) this.stream?.emit('lookup', failure ?? null, address, family, host);
    };
    nextTick(() => (failure === undefined ? addresses.forEach((address) => tell(address)) : tell()));
  }
}
