import type { AddressInfo, Server as NetServer } from 'node:net';
import { Duplex, type DuplexOptions } from 'node:stream';
import { nextTick } from '../host.js';
import { getOption, setOption, type SocketOptions, type WritableSocketOptionName } from '../sys/options.js';
import { localAddress, peerAddress } from '../sys/sockets.js';
import type { InternetAddress } from '../sys-types.js';

/** What `net.Socket`'s `setKeepAlive()` sets besides the delay. */
const KEEP_ALIVE_INTERVAL_S = 1;
const KEEP_ALIVE_COUNT = 10;

/** What `setKeepAlive()` takes as an object: see there. */
interface KeepAliveOptions {
  enable?: boolean | undefined;
  initialDelay?: number | undefined;
  interval?: number | undefined;
  count?: number | undefined;
}

/** The events of a socket whose listeners get what those of other Duplexes do not. */
interface Listening<Self> {
  (event: 'close', listener: (hadError: boolean) => void): Self;
  (event: 'connect' | 'ready' | 'timeout', listener: () => void): Self;
  (event: 'lookup', listener: LookupListener): Self;
  (event: 'error', listener: (error: Error) => void): Self;
  // biome-ignore lint/suspicious/noExplicitAny: as Duplex declares it; a Buffer, or a string after setEncoding().
  (event: 'data', listener: (chunk: any) => void): Self;
  (event: string | symbol, listener: (...values: never[]) => void): Self;
}

/** `family` is 4 or 6; where there is an error, there is neither an address nor a family. */
type LookupListener = (error: Error | null, address?: string, family?: number, host?: string) => void;

/**
 * The methods and properties that a `net.Socket` has and a Duplex does not: addresses, socket options, states. None of
 * them throws. On a descriptor that is not a TCP socket the methods do nothing, and the properties are undefined.
 */
export abstract class SocketStream extends Duplex {
  declare on: Listening<this>;
  declare once: Listening<this>;
  /**
   * The numeric address that the socket is bound to; undefined where that is no internet address. It stays what it was
   * when it was first read.
   */
  declare readonly localAddress?: string;
  declare readonly localPort?: number;
  declare readonly localFamily?: 'IPv4' | 'IPv6';
  /** The server that has accepted the connection, or that http has assigned; null where there is none. */
  server: NetServer | null = null;
  abstract readonly fd: number;
  readonly #isSocket: boolean;
  #local: InternetAddress | undefined;
  #remote: InternetAddress | undefined;
  /** Whether closing the descriptor resets the connection. */
  #resets = false;
  /** Options that were set while there was no descriptor. */
  #wanted: Map<WritableSocketOptionName, boolean | number> | undefined;

  // Accessors, which a class cannot declare as optional: that is what a `net.Socket` has, and TypeScript compares.
  static {
    const define = (name: keyof SocketStream, of: (address: InternetAddress | undefined) => unknown): void => {
      const get = function (this: SocketStream): unknown {
        return #isSocket in this ? of(this.#localName()) : undefined;
      };
      Object.defineProperty(SocketStream.prototype, name, { configurable: true, get });
    };
    define('localAddress', (address) => address?.host);
    define('localPort', (address) => address?.port);
    define('localFamily', familyName);
  }

  constructor(options: DuplexOptions, isSocket: boolean) {
    super(options);
    this.#isSocket = isSocket;
  }

  /** Whether a connect is under way; false from `'connect'` on, and once the stream is destroyed. */
  abstract get connecting(): boolean;

  /** How many bytes wait to be written, as `writableLength` says. */
  get bufferSize(): number {
    return #isSocket in this ? this.writableLength : 0;
  }

  /** Whether the stream is not connected yet, or no longer. */
  get pending(): boolean {
    return #isSocket in this && (this.connecting || this.destroyed);
  }

  /**
   * `'opening'` while a connect is under way; then whether the stream can still be read and written; finally
   * `'closed'`.
   */
  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (!(#isSocket in this)) return 'closed';
    if (this.connecting) return 'opening';
    if (this.readable) return this.writable ? 'open' : 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  /**
   * The numeric address of the peer; undefined where there is no peer or it has no internet address. It stays what it
   * was when it was first read.
   */
  get remoteAddress(): string | undefined {
    return #isSocket in this ? this.#remoteName()?.host : undefined;
  }

  get remotePort(): number | undefined {
    return #isSocket in this ? this.#remoteName()?.port : undefined;
  }

  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    return #isSocket in this ? familyName(this.#remoteName()) : undefined;
  }

  /**
   * The address that the socket is bound to, in the form that `net.Socket` uses; `{}` where that is no internet
   * address.
   */
  address(): AddressInfo | Record<string, never> {
    const name = this.#localName();
    return name === undefined ? {} : { address: name.host, family: familyName(name)!, port: name.port };
  }

  /** TCP_NODELAY: small segments are sent at once. */
  setNoDelay(enable = true): this {
    this.#set('noDelay', Boolean(enable));
    return this;
  }

  /**
   * SO_KEEPALIVE: an idle connection is probed. As for `net.Socket`, a delay also sets the interval between probes to
   * one second and their number to ten, unless they are given.
   *
   * @param initialDelay milliseconds without traffic until the first probe, rounded down to whole seconds; 0 keeps the
   *   system's delay, interval and number.
   * @param interval milliseconds between probes, rounded down to whole seconds.
   * @param count after how many probes without an answer the connection fails.
   */
  setKeepAlive(enable?: boolean, initialDelay?: number, interval?: number, count?: number): this;
  setKeepAlive(options: KeepAliveOptions): this;
  setKeepAlive(
    enable: boolean | KeepAliveOptions = false,
    initialDelay = 0,
    intervalMs?: number,
    count?: number,
  ): this {
    if (typeof enable === 'object' && enable !== null) {
      const { enable: on, initialDelay: delay, interval, count: most } = enable;
      return this.setKeepAlive(on, delay, interval, most);
    }
    this.#set('keepAlive', Boolean(enable));
    const idleS = wholeSeconds(initialDelay);
    if (!enable || idleS === undefined) return this;
    this.#set('keepAliveIdle', idleS);
    this.#set('keepAliveInterval', wholeSeconds(intervalMs) ?? KEEP_ALIVE_INTERVAL_S);
    this.#set('keepAliveCount', count !== undefined && count > 0 ? Math.trunc(count) : KEEP_ALIVE_COUNT);
    return this;
  }

  /**
   * For clients that connect the socket that they are given. The stream has its connection, or will get it, so that the
   * arguments are ignored, but for a listener for `'connect'` at their end. `'connect'` and `'ready'` are emitted also
   * where the stream was connected before.
   */
  connect(...args: readonly unknown[]): this {
    const listener = args.at(-1);
    if (typeof listener === 'function') this.once('connect', listener as () => void);
    if (!this.connecting)
      nextTick(() => {
        if (this.destroyed) return;
        this.emit('connect');
        this.emit('ready');
      });
    return this;
  }

  /** Ends writing, and destroys the stream after everything is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished || !this.#writes()) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /**
   * Destroys the stream, and resets a TCP connection (RST), so that its peer gets ECONNRESET and what was not sent is
   * lost. If a connect is under way, that happens at `'connect'`.
   */
  resetAndDestroy(): this {
    if (this.destroyed) return this;
    if (this.connecting) this.once('connect', () => this.#reset());
    else this.#reset();
    return this;
  }

  /** Sets the type of service of the IP packets: IP_TOS, or IPV6_TCLASS. */
  setTypeOfService(tos: number): this {
    this.#set('tos', tos);
    return this;
  }

  /** The type of service that was set, or that the kernel has; 0 where there is none. */
  getTypeOfService(): number {
    const wanted = this.#wanted?.get('tos');
    if (wanted !== undefined) return Number(wanted);
    if (!this.#isSocket || this.fd < 0 || this.destroyed) return 0;
    try {
      return getOption(this.fd, 'tos');
    } catch {
      return 0;
    }
  }

  /** Called when the stream has got its descriptor: sets the options that were asked for before. */
  protected applyOptions(): void {
    this.#wanted?.forEach((value, option) => this.#setNow(option, value));
    this.#wanted = undefined;
  }

  /** Called before the descriptor is closed: sets what the peer will see. */
  protected prepareToClose(): void {
    if (this.#resets) this.#setNow('linger', 0);
  }

  #reset(): void {
    this.#resets = true;
    this.destroy();
  }

  /** Whether the stream was made for writing: if not, it never finishes. */
  #writes(): boolean {
    return this.writable || this.writableEnded;
  }

  /** After the stream was destroyed, the number may be another file's. */
  #set<Name extends WritableSocketOptionName>(option: Name, value: SocketOptions[Name]): void {
    if (!this.#isSocket || this.destroyed) return;
    if (this.fd >= 0) this.#setNow(option, value);
    else (this.#wanted ??= new Map()).set(option, value);
  }

  #setNow<Name extends WritableSocketOptionName>(option: Name, value: SocketOptions[Name]): void {
    try {
      setOption(this.fd, option, value);
    } catch {
      // Not an option of this kind of socket or of this kernel, a value that the kernel refuses, or a connection that
      // was reset (macOS: EINVAL). `net.Socket` ignores such failures too.
    }
  }

  #remoteName(): InternetAddress | undefined {
    return (this.#remote ??= this.#ask(peerAddress));
  }

  #localName(): InternetAddress | undefined {
    return (this.#local ??= this.#ask(localAddress));
  }

  #ask(call: typeof localAddress): InternetAddress | undefined {
    if (!this.#isSocket || this.connecting || this.destroyed) return undefined;
    try {
      const address = call(this.fd);
      return 'port' in address ? address : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Undefined where that is no time. */
function wholeSeconds(ms: unknown): number | undefined {
  const seconds = Math.trunc(Number(ms) / 1000);
  return seconds > 0 && seconds < Infinity ? seconds : undefined;
}

function familyName(address: InternetAddress | undefined): 'IPv4' | 'IPv6' | undefined {
  if (address === undefined) return undefined;
  return address.family === 'ipv6' ? 'IPv6' : 'IPv4';
}

/**
 * A listener for `'end'`: where a protocol of the host writes to the stream, that protocol ends writing, not the
 * stream.
 */
export function leaveWritingToHostLayer(this: Duplex): void {
  if (hasHostLayer(this)) this.allowHalfOpen = true;
}

/** What Node's http sets on the socket that it serves, and removes when it no longer serves the socket. */
interface ServedByHttp {
  readonly parser?: unknown;
  readonly _httpMessage?: unknown;
}

const textOf: (callback: unknown) => string = Function.prototype.call.bind(Function.prototype.toString);

/** The call by which Node's adapter (`internal/js_stream_socket`) passes on the end of the stream below it. */
const HANDS_ON_THE_END = 'emitEOF';

/**
 * Whether a protocol of the host works on `stream`: http, or TLS or http2, which use a stream that is not a
 * `net.Socket` through an adapter. Such a protocol takes the handle of a `net.Socket`, so that only the protocol itself
 * ends writing: it may have much to write after its peer has ended.
 *
 * The adapter leaves nothing on the stream but its listeners, which have no names. The text of a listener identifies
 * it.
 */
function hasHostLayer(stream: Duplex): boolean {
  const { parser, _httpMessage } = stream as ServedByHttp;
  if ((parser ?? _httpMessage ?? undefined) !== undefined) return true;
  return stream.listeners('end').some((listener) => textOf(listener).includes(HANDS_ON_THE_END));
}
