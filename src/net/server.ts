import { EventEmitter } from 'node:events';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { checkFunction, checkOptions, onceAborted, type NamesOf } from '../arguments.js';
import { describeErrno } from '../errno.js';
import { serverAlreadyListens, serverNotRunning, withFields, type SystemError } from '../errors.js';
import { nextTick } from '../host.js';
import { checkReactor } from '../reactor/default-reactor.js';
import { FdStream } from '../stream/fd-stream.js';
import type { FdStreamOptions } from '../stream/fd-stream-options.js';
import { close } from '../sys/descriptors.js';
import { localAddress } from '../sys/sockets.js';
import type { Address } from '../sys-types.js';
import type { SocketSettings } from './connect-stream.js';
import type { ListenOptions } from './listen-options.js';
import type { Listener } from './listener.js';
import type { ServerListenOptions } from './server-arguments.js';

type StreamOptions = Omit<FdStreamOptions, 'ownsFd' | 'readable' | 'writable' | 'signal'>;

/** The options of `createServer()`: those of the streams of its connections, and those of `net.createServer()`. */
export interface ServerOptions
  extends StreamOptions,
    Pick<SocketSettings, 'noDelay' | 'keepAlive' | 'keepAliveInitialDelay'> {
  /** Whether streams begin paused, with nothing read; false by default. */
  pauseOnConnect?: boolean | undefined;
}

/** What a server says of a connection that it has closed because of `maxConnections`. */
export interface DroppedConnection {
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly localFamily?: 'IPv4' | 'IPv6';
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly remoteFamily?: 'IPv4' | 'IPv6';
}

/** What a server needs when it listens: an import of the package, which has the class, does not wait for it. */
const listening = (): typeof import('./server-listening.js') =>
  require('./server-listening.js') as typeof import('./server-listening.js');

interface ServerEvents {
  listening: [];
  connection: [stream: FdStream];
  drop: [connection: DroppedConnection];
  error: [error: Error];
  close: [];
}

const NAMES: NamesOf<ServerOptions> = {
  reactor: true,
  readSize: true,
  readAhead: true,
  allowHalfOpen: true,
  highWaterMark: true,
  readableHighWaterMark: true,
  writableHighWaterMark: true,
  encoding: true,
  defaultEncoding: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
  pauseOnConnect: true,
};

/**
 * A server as `net.Server` is one, over `listen()`: each connection is an `FdStream`. Made by `createServer()`.
 *
 * Events: `'listening'`; `'connection'` with the stream; `'drop'` with a DroppedConnection; `'error'` where it cannot
 * listen, or can no longer accept; `'close'` after `close()`, once all connections are closed.
 */
export class Server extends EventEmitter {
  /** How many connections may be open at once; more are closed at once, with `'drop'`. Undefined: no limit. */
  maxConnections: number | undefined;
  readonly #options: ServerOptions;
  #listener: Listener | undefined;
  /** Given up by `close()` while a name is looked up. */
  #lookup: object | undefined;
  #connections = 0;
  #isRef = true;
  #forgetSignal: (() => void) | undefined;

  /** Use `createServer()`. */
  constructor(options: ServerOptions = {}, onConnection?: (stream: FdStream) => void) {
    super();
    checkOptions(options, NAMES);
    if (options.reactor !== undefined) checkReactor(options.reactor, 'options.reactor');
    if (onConnection !== undefined) {
      checkFunction(onConnection, 'onConnection');
      this.on('connection', onConnection);
    }
    this.#options = options;
  }

  override on<Name extends keyof ServerEvents>(name: Name, listener: (...values: ServerEvents[Name]) => void): this;
  override on(name: string | symbol, listener: (...values: never[]) => void): this;
  override on(name: string | symbol, listener: (...values: never[]) => void): this {
    return super.on(name, listener as () => void);
  }

  override once<Name extends keyof ServerEvents>(name: Name, listener: (...values: ServerEvents[Name]) => void): this;
  override once(name: string | symbol, listener: (...values: never[]) => void): this;
  override once(name: string | symbol, listener: (...values: never[]) => void): this {
    return super.once(name, listener as () => void);
  }

  /** Whether the server listens. */
  get listening(): boolean {
    return #listener in this && this.#listener !== undefined;
  }

  /** The descriptor that listens; −1 where there is none. */
  get fd(): number {
    return #listener in this ? (this.#listener?.fd ?? -1) : -1;
  }

  /** The address that the server listens on: the path of a unix socket; null unless the server listens. */
  address(): AddressInfo | string | null {
    const address = this.#listener?.address;
    if (address === undefined) return null;
    if ('path' in address) return address.path;
    return 'port' in address ? { address: address.host, family: familyOf(address)!, port: address.port } : null;
  }

  /**
   * Listens, with the options of `listen()`, or with the arguments that `net.Server` takes. A host without a port, or
   * nothing at all, means a free port. A name is looked up without blocking, and the first of its addresses that can be
   * bound is taken. `'listening'` and `'error'` come later, not within this call.
   *
   * @param callback is added for one `'listening'`.
   * @throws TypeError, RangeError: an option. Error `ERR_SERVER_ALREADY_LISTEN`.
   */
  listen(options: ServerListenOptions, callback?: () => void): this;
  listen(port?: number | string | null, host?: string, backlog?: number, callback?: () => void): this;
  listen(port: number | string | null, host: string, callback?: () => void): this;
  listen(port: number | string | null, backlog: number, callback?: () => void): this;
  listen(portOrPath: number | string | null, callback?: () => void): this;
  listen(callback: () => void): this;
  listen(...values: unknown[]): this {
    const { isNumeric, listenCallOf } = listening();
    const { options: given, callback } = listenCallOf(values);
    const { signal, ...options } = given;
    if (this.#listener !== undefined || this.#lookup !== undefined) throw serverAlreadyListens();
    if (callback !== undefined) this.once('listening', callback);
    if (signal?.aborted === true) nextTick(() => this.close());
    else if (signal !== undefined) this.#forgetSignal = onceAborted(signal, () => this.close());
    if (typeof options.host !== 'string' || isNumeric(options.host)) this.#open([options as ListenOptions]);
    else void this.#openNamed(options as ListenOptions, options.host);
    return this;
  }

  /**
   * Stops listening. Connections stay; `'close'` is emitted when the last one is closed.
   *
   * @param callback is called then, with `ERR_SERVER_NOT_RUNNING` where the server did not listen.
   */
  close(callback?: (error?: Error) => void): this {
    const wasOpen = this.#listener !== undefined || this.#lookup !== undefined;
    if (callback !== undefined) {
      checkFunction(callback, 'callback');
      this.once('close', () => (wasOpen ? callback() : callback(serverNotRunning())));
    }
    this.#lookup = undefined;
    this.#forgetSignal?.();
    this.#listener?.close();
    this.#listener = undefined;
    this.#closeIfIdle();
    return this;
  }

  /** Closes the server, and resolves when all connections are closed: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#listener === undefined && this.#lookup === undefined) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }

  /** Calls back with the number of connections that are open. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    checkFunction(callback, 'callback');
    const count = this.#connections;
    nextTick(() => callback(null, count));
    return this;
  }

  /** The server keeps the process alive while it listens: the default. */
  ref(): this {
    this.#isRef = true;
    this.#listener?.ref();
    return this;
  }

  /** The server does not keep the process alive. */
  unref(): this {
    this.#isRef = false;
    this.#listener?.unref();
    return this;
  }

  async #openNamed(options: ListenOptions, host: string): Promise<void> {
    const lookup = (this.#lookup = {});
    const { addressesOf, systemLookup } = listening();
    let choices: ListenOptions[];
    try {
      const addresses = await addressesOf(host, systemLookup, 0, Infinity, undefined);
      choices = addresses.map((address) => ({ ...options, host: address }) as ListenOptions);
    } catch (error) {
      choices = [];
      if (this.#lookup === lookup) this.#fail(error as Error);
    }
    if (this.#lookup !== lookup) return;
    this.#lookup = undefined;
    if (choices.length > 0) this.#open(choices);
  }

  /** Listens at the first place that there is. */
  #open(choices: readonly ListenOptions[]): void {
    const { listen } = listening();
    let failure: unknown;
    for (const choice of choices) {
      try {
        this.#listener = listen({ ...choice, reactor: this.#options.reactor }, (fd, peer) => this.#welcome(fd, peer));
        break;
      } catch (error) {
        failure ??= error;
      }
    }
    const listener = this.#listener;
    if (listener === undefined) return this.#fail(failure as Error);
    if (!this.#isRef) listener.unref();
    listener.onEnd = (reason) => this.#end(listener, reason);
    nextTick(() => {
      if (this.#listener === listener) this.emit('listening');
    });
  }

  #fail(error: Error): void {
    nextTick(() => this.emit('error', ofListening(error)));
  }

  /** The listener has ended by itself. */
  #end(listener: Listener, reason: Error | undefined): void {
    if (this.#listener !== listener) return;
    this.#listener = undefined;
    this.#forgetSignal?.();
    if (reason !== undefined) nextTick(() => this.emit('error', reason));
    this.#closeIfIdle();
  }

  #welcome(fd: number, peer: Address): void {
    if (this.maxConnections !== undefined && this.#connections >= this.maxConnections) {
      this.emit('drop', { ...this.#closeUnserved(fd), ...named('remote', peer) });
      return;
    }
    this.emit('connection', this.#streamOf(fd));
  }

  /** Closes a connection, and returns its local address. */
  #closeUnserved(fd: number): DroppedConnection {
    try {
      return named('local', localAddress(fd));
    } catch {
      // The BSDs: EINVAL, the connection was reset.
      return {};
    } finally {
      close(fd);
    }
  }

  #streamOf(fd: number): FdStream {
    const { noDelay, keepAlive, keepAliveInitialDelay, pauseOnConnect, ...options } = this.#options;
    let stream: FdStream;
    try {
      const forStream = pauseOnConnect === true ? { ...options, readAhead: false } : options;
      stream = new Connection(fd, forStream, this, () => {
        this.#connections--;
        this.#closeIfIdle();
      });
    } catch (error) {
      close(fd);
      throw error;
    }
    if (pauseOnConnect === true) stream.pause();
    listening().applySettings(stream, { noDelay, keepAlive, keepAliveInitialDelay });
    this.#connections++;
    return stream;
  }

  #closeIfIdle(): void {
    if (this.#listener !== undefined || this.#lookup !== undefined || this.#connections > 0) return;
    nextTick(() => this.emit('close'));
  }
}

/** The stream of a connection. It tells its server of its end without a listener, as a `net.Socket` does. */
class Connection extends FdStream {
  readonly #onDestroyed: () => void;

  constructor(fd: number, options: FdStreamOptions, server: Server, onDestroyed: () => void) {
    super(fd, options);
    this.server = server as unknown as NetServer;
    this.#onDestroyed = onDestroyed;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    super._destroy(error, callback);
    this.#onDestroyed();
  }
}

/** A server that hands each connection to `onConnection` as a stream, as `net.createServer()` makes one. */
export function createServer(onConnection?: (stream: FdStream) => void): Server;
/** The same with options for the streams. */
export function createServer(options?: ServerOptions, onConnection?: (stream: FdStream) => void): Server;
export function createServer(
  options: ServerOptions | ((stream: FdStream) => void) = {},
  onConnection?: (stream: FdStream) => void,
): Server {
  return typeof options === 'function' ? new Server({}, options) : new Server(options, onConnection);
}

function familyOf(address: Address): 'IPv4' | 'IPv6' | undefined {
  if (!('port' in address)) return undefined;
  return address.family === 'ipv6' ? 'IPv6' : 'IPv4';
}

function named(side: 'local' | 'remote', address: Address): DroppedConnection {
  if (!('port' in address)) return {};
  return { [`${side}Address`]: address.host, [`${side}Port`]: address.port, [`${side}Family`]: familyOf(address) };
}

/** An error of `listen()` in the form that `net.Server` uses: `listen EADDRINUSE: address already in use ::1:80`. */
function ofListening(error: Error): Error {
  const { errno, code, address, port, path } = error as SystemError;
  if (typeof errno !== 'number' || (address === undefined && path === undefined)) return error;
  const target = path ?? `${address}:${port}`;
  const named = new Error(`listen ${code}: ${describeErrno(-errno)[1]} ${target}`);
  const fields = path === undefined ? { address, port } : { path, address: path };
  return withFields(named, { errno, code, syscall: 'listen', ...fields });
}
