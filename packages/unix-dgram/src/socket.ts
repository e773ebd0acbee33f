import { EventEmitter } from 'node:events';
import { READABLE, WRITABLE, watch, type Watch } from 'pollux';
import * as sys from 'pollux/sys';
import { asSocketError, canceledError, closedError, congestionError, fullError, type SocketError } from './errors.js';

/** What is known of a message. */
export interface RemoteInfo {
  /** The length of the message in bytes. */
  readonly size: number;
  /** Always empty, as in the original. */
  readonly address: Readonly<Record<string, never>>;
  /** The path that the sender is bound to; null: the sender is not bound. */
  readonly path: string | null;
}

export type MessageListener = (message: Buffer, from: RemoteInfo) => void;

/** Is called when the kernel has taken the message, without an argument, or has not: then with the reason. */
export type SendCallback = (error?: Error) => void;

type Bytes = ArrayBufferView | string;

/** How many messages are taken before other descriptors have their turn. */
const MOST_AT_ONCE = 64;
const NOTHING = new Uint8Array(0);
/**
 * A unix datagram socket. Events and callbacks of `bind()`, `connect()` and `send()` come before these return.
 *
 * Events: `'message'` (buffer, RemoteInfo); `'listening'` after `bind()`; `'connect'`; `'error'`; `'congestion'`
 * (buffer): the message was not sent, because the queue of the connected receiver is full; `'writable'`: there is room
 * again; `'close'`, in a tick after `close()`.
 */
export class Socket extends EventEmitter {
  readonly type: string;
  /** The descriptor; −1 after `close()`. */
  fd: number;
  /** Whether `connect()` has succeeded. */
  connected = false;
  readonly #watch: Watch;
  /** Messages that nobody would hear about if they were not sent. */
  #held: Uint8Array[] = [];

  /** As `createSocket()`. */
  constructor(type: 'unix_dgram' | (string & {}), listener?: MessageListener) {
    super();
    if (type !== 'unix_dgram') throw new Error(`Unsupported socket type: ${String(type)}`);
    this.type = type;
    try {
      this.fd = sys.socket('unix', 'dgram');
    } catch (error) {
      throw asSocketError(error, 'socket') ?? error;
    }
    try {
      this.#watch = watch(this.fd, READABLE, (readiness) => this.#ready(readiness));
    } catch (error) {
      sys.close(this.fd);
      throw error;
    }
    this.#watch.closeWithThread();
    if (typeof listener === 'function') this.on('message', listener);
  }

  /**
   * Binds the socket to `path`, a file that the kernel creates and nobody removes: `'listening'`, or `'error'`
   * (`EADDRINUSE`, `EACCES`, `ENOENT`, …).
   *
   * @throws TypeError, Error: `path` is no path of a socket, such as one that is too long.
   */
  bind(path: string): void {
    checkPath(path);
    const error = this.#attempt('bind', path, () => sys.bind(this.fd, { path }));
    if (error === undefined) this.emit('listening');
    else this.emit('error', error);
  }

  /**
   * Makes `path` the receiver of `send(message)`: `'connect'`, or `'error'` (`ENOENT`, `ECONNREFUSED`, …).
   *
   * @throws as `bind()`.
   */
  connect(path: string): void {
    checkPath(path);
    const error = this.#attempt('connect', path, () => sys.connect(this.fd, { path }));
    if (error !== undefined) {
      this.emit('error', error);
      return;
    }
    this.connected = true;
    this.emit('connect');
  }

  /**
   * Sends a message to the connected receiver, or to the one that is bound to `path`.
   *
   * Without a callback, an error is an `'error'` event. Where the queue of the connected receiver is full, the callback
   * gets an error with the message `congestion`, or else `'congestion'` is emitted with the buffer; when there is room,
   * `'writable'` is emitted. With neither a callback nor a listener of `'congestion'` the socket keeps a copy and sends
   * it before `'writable'`. Where the queue of another receiver is full, the error is `EAGAIN`, and no event follows.
   *
   * @throws TypeError, RangeError: an argument that is no message, or a range that is not within it.
   */
  send(message: Bytes, callback?: SendCallback): void;
  send(message: Bytes, offset: number, length: number, path: string, callback?: SendCallback): void;
  send(message: Bytes, offset?: number | SendCallback, length?: number, path?: string, callback?: SendCallback): void {
    const bytes = typeof message === 'string' ? Buffer.from(message) : message;
    if (typeof offset !== 'number') {
      this.#sendConnected(bytes, typeof offset === 'function' ? offset : undefined);
      return;
    }
    checkPath(path);
    let isFull = false;
    const error = this.#attempt('send', path, () => {
      isFull = sys.sendTo(this.fd, bytes, { path }, offset, length) === sys.WOULD_BLOCK;
    });
    this.#tell(isFull ? fullError(path) : error, typeof callback === 'function' ? callback : undefined);
  }

  /** The same as `send()` with a path. */
  sendto(message: Bytes, offset: number, length: number, path: string, callback?: SendCallback): void {
    this.send(message, offset, length, path, callback);
  }

  /**
   * Closes the socket. The file that it was bound to stays. `'close'` comes in a later tick.
   *
   * @throws Error `EBADF`: the socket is closed.
   */
  close(callback?: () => void): void {
    if (this.fd < 0) throw closedError('close');
    if (typeof callback === 'function') this.once('close', callback);
    this.#watch.close();
    sys.close(this.fd);
    this.fd = -1;
    process.nextTick(() => this.emit('close'));
    const lost = this.#held.length;
    this.#held = [];
    if (lost > 0) this.emit('error', canceledError(lost));
  }

  /** The open socket keeps the process alive: the default. */
  ref(): this {
    this.#watch.ref();
    return this;
  }

  unref(): this {
    this.#watch.unref();
    return this;
  }

  address(): never {
    return notImplemented();
  }

  setTTL(_ttl: number): never {
    return notImplemented();
  }

  setBroadcast(_flag: boolean): never {
    return notImplemented();
  }

  setMulticastTTL(_ttl: number): never {
    return notImplemented();
  }

  setMulticastLoopback(_flag: boolean): never {
    return notImplemented();
  }

  addMembership(_multicastAddress: string, _multicastInterface?: string): never {
    return notImplemented();
  }

  dropMembership(_multicastAddress: string, _multicastInterface?: string): never {
    return notImplemented();
  }

  /** Makes a system call. Returns its error; throws what is wrong with an argument. */
  #attempt(syscall: string, path: string | undefined, act: () => void): SocketError | undefined {
    if (this.fd < 0) return closedError(syscall);
    try {
      act();
      return undefined;
    } catch (thrown) {
      const error = asSocketError(thrown, syscall, path);
      if (error === undefined) throw thrown;
      return error;
    }
  }

  /** Sends to the connected receiver. */
  #sendNow(bytes: ArrayBufferView): SocketError | undefined {
    let sent = 0;
    const error = this.#attempt('send', undefined, () => {
      sent = sys.send(this.fd, bytes);
    });
    // ENOBUFS: what macOS and the BSDs say where Linux says EAGAIN.
    return sent === sys.WOULD_BLOCK || error?.code === 'ENOBUFS' ? congestionError() : error;
  }

  #sendConnected(bytes: ArrayBufferView, callback: SendCallback | undefined): void {
    // A message does not overtake those that wait.
    const error = this.#held.length > 0 ? congestionError() : this.#sendNow(bytes);
    const isCongested = error?.code === 'EAGAIN';
    if (isCongested) this.#watch.interest = READABLE | WRITABLE;
    if (!isCongested || callback !== undefined) this.#tell(error, callback);
    else if (!this.emit('congestion', bytes)) this.#held.push(copyOf(bytes));
  }

  /** Tells the callback, or else, of an error, the listeners. */
  #tell(error: SocketError | undefined, callback: SendCallback | undefined): void {
    if (callback === undefined) {
      if (error !== undefined) this.emit('error', error);
    } else if (error === undefined) callback();
    else callback(error);
  }

  #ready(readiness: number): void {
    if (readiness & READABLE) this.#receive();
    if (readiness & WRITABLE && this.fd >= 0) this.#sendHeld();
  }

  #receive(): void {
    for (let count = 0; count < MOST_AT_ONCE && this.fd >= 0; count++) {
      let received: [message: Buffer, path: string | null] | undefined;
      const error = this.#attempt('recv', undefined, () => {
        received = receiveOne(this.fd);
      });
      if (error !== undefined) this.emit('error', error);
      if (received === undefined) return;
      const [message, path] = received;
      this.emit('message', message, { size: message.length, address: {}, path } satisfies RemoteInfo);
    }
  }

  #sendHeld(): void {
    while (this.#held.length > 0) {
      const error = this.#sendNow(this.#held[0]!);
      if (error?.code === 'EAGAIN') return;
      this.#held.shift();
      if (error !== undefined) this.emit('error', error);
      // A listener may have closed the socket.
      if (this.fd < 0) return;
    }
    this.#watch.interest = READABLE;
    this.emit('writable');
  }
}

/** Takes one message from the queue of `fd`; undefined: the queue is empty. */
function receiveOne(fd: number): [message: Buffer, path: string | null] | undefined {
  const length = lengthOfNext(fd);
  if (length === undefined) return undefined;
  const buffer = Buffer.allocUnsafe(length);
  const from = sys.recvFrom<sys.UnixAddress>(fd, buffer);
  if (from === sys.WOULD_BLOCK) return undefined;
  return [buffer.subarray(0, from.length), from.address.path || null];
}

/** Room for the first message in the queue; undefined: the queue is empty. */
function lengthOfNext(fd: number): number | undefined {
  for (;;) {
    // FIONREAD: the length of the first message on Linux, of all of them on other kernels; 0 for an empty message, too.
    // Where the queue was empty, a message may have come since.
    const length = sys.bytesReadable(fd);
    if (length > 0) return length;
    const next = sys.recvFrom(fd, NOTHING, 0, 0, sys.MSG_PEEK);
    if (next === sys.WOULD_BLOCK) return undefined;
    if (!next.truncated) return 0;
  }
}

function copyOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(Buffer.from(buffer, byteOffset, byteLength));
}

function checkPath(path: unknown): asserts path is string {
  if (typeof path === 'string') return;
  const error = new TypeError(`The path of a socket must be a string, not ${typeof path}`);
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

function notImplemented(): never {
  throw new Error('not implemented');
}
