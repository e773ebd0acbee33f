import { AsyncResource } from 'node:async_hooks';
import { constants } from 'node:os';
import { addAbortSignal } from 'node:stream';
import { checkDuration, checkFd, checkFunction } from '../arguments.js';
import { invalidType, notPollable, systemError, type SystemError } from '../errors.js';
import { nextTick, nextTurn } from '../host.js';
import { describeBits, HANGUP, READABLE, READ_CLOSED, WRITABLE } from '../interest.js';
import { INSPECT, type InspectFunction, shownAs } from '../shown-values.js';
import { close, setNonBlocking } from '../sys/descriptors.js';
import { takeError } from '../sys/options.js';
import { forgetConnect, isConnectExpected } from '../sys/remembered-numbers.js';
import { shutdown } from '../sys/sockets.js';
import { readNext } from './descriptor-read.js';
import { hasPeer, traitsOf, type DescriptorTraits } from './descriptor-traits.js';
import { checkOptions, type FdStreamOptions } from './fd-stream-options.js';
import type { Reactor } from '../reactor/reactor.js';
import type { ReactorTimer } from '../reactor/reactor-timer.js';
import { isDescriptorGone, type ReactorWatch } from '../reactor/reactor-watch.js';
import { concernsOneMessage, MessageOutcomes } from './message-outcomes.js';
import { OPENING, OPENING_TRAITS, type Opening, type WithOpening } from './opening.js';
import { endedByPeer, inSocketForm } from './socket-errors.js';
import { leaveWritingToHostLayer, SocketStream } from './socket-stream.js';
import { WriteSide } from './write-side.js';

/** How many reads one event gets before the other descriptors get theirs. */
const READS_PER_EVENT = 16;
/** The time between two tries where the kernel has no room and does not report when it has. */
const RETRY_MS = 5;

type Callback = (error?: Error | null) => void;

/**
 * A function that calls `act` in the present async context. `AsyncResource.bind()` does the same, and also defines
 * properties of the function, which takes longer than a write.
 */
function inPresentContext(act: Callback): Callback {
  const context = new AsyncResource('pollux.write');
  return (error) => context.runInAsyncScope(act, undefined, error);
}

/**
 * A Duplex over any descriptor that a poller can watch: socket, pty, FIFO, tun, serial line, CAN, inotify, evdev.
 *
 * The constructor makes the descriptor non-blocking, for everybody who has the same open file. A socket is read from
 * the beginning, other descriptors when a consumer wants data (option `readAhead`). Reading stops while `highWaterMark`
 * bytes are buffered. While nothing is read, the end of the peer or an error is noticed only by a write. A write is
 * tried at once; only what the kernel does not take waits. Corked and queued writes go out in one writev(2), except
 * where one write is one message (datagrams, seqpacket sockets, devices): there each chunk, read or written, is a
 * message. An error of one message (`EMSGSIZE`; for datagrams also `ECONNREFUSED` and others that the network reports)
 * leaves the stream open, as for a `dgram.Socket`: the callback of that `write()` gets it, and without a callback
 * `'error'` is emitted.
 *
 * `end()` half-closes a stream or seqpacket socket after everything is written. A pipe without writers, and a pty whose
 * other side is closed (EIO on Linux), end the stream after all data. A write that such a pty does not take fails with
 * EIO; where somebody reads, it fails after the end of the data. A read of 0 bytes from a terminal is the end only
 * where the terminal has hung up, or in canonical mode (ICANON), where it stands for the end-of-file character. If
 * connect() of the socket is under way, the stream waits for it. Where a device has no room for a message and does not
 * report when it has (ENOBUFS), the stream tries again every 5 ms.
 *
 * A callback of `write()` or `end()` runs in the async context of that call. The stream can be used in place of a
 * `net.Socket`: see the methods and properties that it inherits.
 *
 * Close the stream, not its descriptor. If the descriptor is closed elsewhere, the stream neither closes nor shuts down
 * the number, which may be another file by then, and fails at the next change of what it waits for; what is written
 * before that goes to the file that has the number. During `reactor.run()` the events of a stream are handled, but
 * ticks and promises of the host do not run, so that streams neither finish nor close.
 *
 * Events besides those of Duplex: `'connect'`, and `'ready'` after it; `'timeout'`. `'close'` has an argument that says
 * whether there was an error, as for `net.Socket`. The stream is destroyed with a SystemError when a system call fails,
 * whose message has the form that `net.Socket` uses (`read ECONNRESET`), and with `ERR_POLLER_CLOSED` when its reactor
 * is closed.
 */
export class FdStream extends SocketStream {
  readonly fd: number;
  readonly #reactor: Reactor;
  readonly #traits: DescriptorTraits;
  readonly #ownsFd: boolean;
  readonly #readSize: number;
  readonly #readsAhead: boolean;
  readonly #writes: WriteSide;
  readonly #outcomes: MessageOutcomes | undefined;
  /** What makes the descriptor, until there is one. */
  #opening: Opening | undefined;
  /** What the opening has tried, once it is over. */
  #attempted: string[] | undefined;
  /** Undefined while there is no descriptor. */
  #watch: ReactorWatch | undefined;
  /** `'stuck'`: the descriptor has hung up, and does not take what is left of a write. */
  #connection: 'connecting' | 'open' | 'stuck';
  /**
   * `'never'`: nobody has asked for data. `'full'`: enough is buffered for a consumer, and the next event, rather than
   * this one, ends the waiting for data, because consumers mostly take it in the same turn. `'paused'`: that event has
   * come, or reading has ended.
   */
  #demand: 'never' | 'wanted' | 'full' | 'paused' = 'never';
  /** How many reads the last event still allows in its turn: its last read found as much as it asked for. */
  #readsLeft = 0;
  /** The last event. */
  #readiness = 0;
  #afterConnect: (() => void) | undefined;
  #bytesRead = 0;
  #timeoutMs = 0;
  #idleMs = 0;
  /** Counts the idle time while there is no watch. */
  #idleTimer: ReactorTimer | undefined;
  #isRef = true;
  /** Somebody else has closed the descriptor: the number may be a stranger's. */
  #isGone = false;

  /**
   * @param fd the descriptor; it stays open where the constructor throws.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`: an option is invalid, or unknown, or `readable`
   *   or `writable` is true and the descriptor is not open for that. RangeError `ERR_OUT_OF_RANGE`: `fd` or `readSize`.
   * @throws SystemError `EPERM`: a file that cannot be polled (regular file, directory, /dev/null). `EBADF`. `EEXIST`:
   *   the reactor watches `fd` already. Whatever else `reactor.watch()` throws.
   */
  constructor(fd: number, options: FdStreamOptions = {}) {
    const opening = (options as WithOpening | null)?.[OPENING];
    if (opening === undefined) checkFd(fd);
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'an object', options);
    const traits = opening === undefined ? traitsOf(fd) : OPENING_TRAITS;
    const { reactor, ownsFd, readSize, readAhead, signal, duplex } = checkOptions(options, traits);
    super(duplex, traits.kind === 'socket');
    this.fd = fd;
    this.#reactor = reactor;
    this.#traits = traits;
    this.#ownsFd = ownsFd;
    this.#readSize = readSize;
    this.#readsAhead = readAhead;
    this.#outcomes = traits.keepsMessages ? new MessageOutcomes((error) => this.#tell(error)) : undefined;
    this.#writes = new WriteSide(this, traits, this.#outcomes);
    this.#opening = opening;
    const isConnecting = traits.connecting || (traits.halfCloses && isConnectExpected(fd));
    this.#connection = isConnecting ? 'connecting' : 'open';
    if (opening === undefined) this.#begin();
    if (!duplex.allowHalfOpen && duplex.readable && duplex.writable) this.on('end', leaveWritingToHostLayer);
    opening?.begin(
      (opened) => this.#takeOver(opened),
      (error) => this.destroy(inSocketForm(error)),
    );
    if (signal !== undefined) addAbortSignal(signal, this);
  }

  [INSPECT](depth: number, options: object, inspect: InspectFunction): string {
    if (!(#watch in this)) return 'FdStream {}';
    const { kindInWords } = require('../audit/kinds.js') as typeof import('../audit/kinds.js');
    const { fd, destroyed, bytesRead, bytesWritten, readableLength, writableLength } = this;
    const watch = this.#watch;
    const fields = {
      fd,
      kind: destroyed || fd < 0 ? undefined : kindInWords(fd),
      state: destroyed ? 'destroyed' : this.#connection,
      waitsFor: describeBits(watch === undefined || watch.closed ? 0 : watch.interest),
      bytesRead,
      bytesWritten,
      readableLength,
      writableLength,
      timeout: this.#timeoutMs,
    };
    return shownAs('FdStream', fields, depth, options, inspect);
  }

  override get connecting(): boolean {
    return #connection in this && this.#connection === 'connecting' && !this.destroyed;
  }

  /**
   * The addresses that `connectStream()` has tried, as `127.0.0.1:80`, where the name has several: the last one is that
   * of the connection.
   */
  get autoSelectFamilyAttemptedAddresses(): string[] {
    return #opening in this ? (this.#opening?.attempted() ?? this.#attempted ?? []) : [];
  }

  /** The number of bytes that were read from the descriptor. */
  get bytesRead(): number {
    return #bytesRead in this ? this.#bytesRead : 0;
  }

  /** The number of bytes that the kernel has taken; `writableLength` is how many still wait. */
  get bytesWritten(): number {
    return #writes in this ? this.#writes.bytesTaken : 0;
  }

  /**
   * The milliseconds that `setTimeout()` has set; 0: none. As for `net.Socket`, an assignment changes this property
   * only, and not the timeout.
   */
  get timeout(): number {
    return #timeoutMs in this ? this.#timeoutMs : 0;
  }

  set timeout(ms: number) {
    if (#timeoutMs in this) this.#timeoutMs = ms;
  }

  /**
   * Emits `'timeout'` once when nothing was read or written for `ms` milliseconds; the time starts again with the next
   * read or write. Never early, up to 8 ms late plus the host's own delay. The stream stays open, and the timeout does
   * not keep the process alive.
   *
   * @param ms more than 0; 0 removes the timeout.
   * @param listener is added for one `'timeout'`; where `ms` is 0 it is removed.
   * @throws TypeError `ERR_INVALID_ARG_TYPE`: `ms` is not a number, or `listener` not a function. RangeError
   *   `ERR_OUT_OF_RANGE`: `ms` is negative, NaN or Infinity.
   */
  setTimeout(ms: number, listener?: () => void): this {
    checkDuration(ms, 'ms');
    if (listener !== undefined) checkFunction(listener, 'listener');
    this.#timeoutMs = this.#idleMs = ms;
    this.#countIdleTime();
    if (listener === undefined) return this;
    return ms === 0 ? this.off('timeout', listener) : this.once('timeout', listener);
  }

  /** The stream keeps the process alive while it waits for data or space: the default. */
  ref(): this {
    this.#isRef = true;
    this.#watch?.ref();
    this.#opening?.ref(true);
    return this;
  }

  /** The stream does not keep the process alive. */
  unref(): this {
    this.#isRef = false;
    this.#watch?.unref();
    this.#opening?.ref(false);
    return this;
  }

  override write(chunk: unknown, callback?: Callback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding, callback?: Callback): boolean;
  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (this.writableEnded && this.readableEnded && !this.allowHalfOpen) {
      const refused = typeof encoding === 'function' ? encoding : callback;
      const reason = endedByPeer();
      if (typeof refused === 'function') nextTick(refused, reason);
      this.destroy(reason);
      return false;
    }
    if (this.#outcomes !== undefined && this.#accepts(chunk)) {
      const form = typeof encoding === 'function' ? undefined : encoding;
      const done = this.#inContext(typeof encoding === 'function' ? encoding : callback);
      return this.#outcomes.accept(done, (told) => super.write(chunk, form as BufferEncoding, told));
    }
    return super.write(chunk, this.#inContext(encoding) as BufferEncoding, this.#inContext(callback));
  }

  override end(callback?: () => void): this;
  override end(chunk: unknown, callback?: () => void): this;
  override end(chunk: unknown, encoding?: BufferEncoding, callback?: () => void): this;
  override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), callback?: () => void): this {
    if (this.#outcomes !== undefined && typeof chunk !== 'function' && this.#accepts(chunk)) {
      this.write(chunk, typeof encoding === 'string' ? encoding : undefined);
      return super.end(this.#inContext(typeof encoding === 'function' ? encoding : callback));
    }
    return super.end(this.#inContext(chunk), this.#inContext(encoding) as BufferEncoding, this.#inContext(callback));
  }

  override _read(): void {
    this.#demand = 'wanted';
    // Not here, because a read() that is under way would join what it has with what is pushed meanwhile.
    if (this.#readsLeft > 0 && this.readableFlowing !== true) nextTick(this.#readOn);
    this.#updateInterest();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.#send([chunk], callback);
  }

  override _writev(writes: ReadonlyArray<{ chunk: Uint8Array }>, callback: Callback): void {
    this.#send(
      writes.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: Callback): void {
    if (this.#connection === 'connecting') this.#afterConnect = inPresentContext(() => this.#finish(callback));
    else this.#finish(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // Where the poller no longer has the number, the descriptor was closed elsewhere.
    if (this.#watch?.closed === false && !this.#watch.close()) this.#isGone = true;
    this.#attempted ??= this.#opening?.attempted();
    this.#opening?.cancel();
    this.#opening = undefined;
    this.#idleTimer?.close();
    this.#demand = 'paused';
    this.#readsLeft = 0;
    this.#afterConnect = undefined;
    this.#writes.abandon(error);
    let failure = error;
    try {
      if (this.#ownsFd && !this.#isGone && this.fd >= 0) {
        this.prepareToClose();
        close(this.fd);
      }
    } catch (closing) {
      failure ??= inSocketForm(closing);
    }
    callback(failure);
    nextTick(() => this.emit('close', failure !== null));
  }

  /**
   * A write that waits behind others is done in the async context of those; the callback is bound to the present one.
   */
  #inContext<T>(argument: T): T {
    if (typeof argument !== 'function') return argument;
    const isLate = this.#writes.isBusy || this.writableLength > 0 || this.writableCorked > 0;
    return isLate ? (inPresentContext(argument as T & Callback) as T & Callback) : argument;
  }

  /** Whether a Writable would take `chunk`, unless it throws. */
  #accepts(chunk: unknown): boolean {
    return chunk !== undefined && chunk !== null && !this.writableEnded && !this.destroyed;
  }

  /** A message was lost, and nobody else is told. */
  #tell(error: Error): void {
    if (!this.destroyed) this.emit('error', error);
  }

  /** The stream begins with the descriptor that it was made for. */
  #begin(): void {
    if (this.#connection === 'open') this.#readAhead();
    const watch = this.#open();
    try {
      setNonBlocking(this.fd);
    } catch (error) {
      watch.close();
      throw error;
    }
    forgetConnect(this.fd);
    if (this.#ownsFd) watch.closeWithThread();
  }

  /** The stream gets its descriptor: a connected socket. */
  #takeOver(fd: number): void {
    this.#attempted = this.#opening?.attempted();
    this.#opening = undefined;
    (this as { fd: number }).fd = fd;
    try {
      this.#open();
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    if (this.#ownsFd) this.#watch!.closeWithThread();
    if (!this.#isRef) this.#watch!.unref();
    this.#countIdleTime();
    this.applyOptions();
    try {
      this.#beginToTalk(true);
    } finally {
      if (this.#writes.isBusy) this.#flush();
      this.#updateInterest();
    }
  }

  #countIdleTime(): void {
    const onIdle = (): boolean => this.emit('timeout');
    this.#idleTimer?.close();
    this.#idleTimer = undefined;
    if (this.#watch !== undefined) this.#watch.setIdleTimeout(this.#idleMs, onIdle);
    else if (this.#idleMs > 0 && this.#opening !== undefined && !this.#reactor.closed)
      this.#idleTimer = this.#reactor.after(this.#idleMs, onIdle).unref();
  }

  #readAhead(): void {
    if (this.#readsAhead && this.readable && !this.isPaused()) this.read(0);
  }

  #open(): ReactorWatch {
    let watch: ReactorWatch;
    try {
      watch = this.#reactor.watch(this.fd, this.#interest(), (readiness) => this.#take(readiness)) as ReactorWatch;
    } catch (error) {
      if ((error as SystemError).code !== 'EPERM') throw error;
      throw notPollable(this.#traits.kind.replace('-', ' '), this.fd);
    }
    this.#watch = watch;
    watch.onEnd = (reason) => {
      if (reason === undefined) return;
      this.#isGone = watch.stillHasFile(reason) === false;
      this.destroy(reason);
    };
    return watch;
  }

  #interest(): number {
    if (this.#connection === 'connecting') return WRITABLE;
    const awaitsRoom = this.#writes.isBusy && this.#connection === 'open' && !this.#writes.isHeldBack;
    const awaitsData = this.#demand === 'wanted' || this.#demand === 'full';
    return (awaitsData ? READABLE : 0) | (awaitsRoom ? WRITABLE : 0);
  }

  #updateInterest(): void {
    const watch = this.#watch;
    if (watch === undefined) return;
    const interest = this.#interest();
    if (interest !== watch.interest) watch.interest = interest;
  }

  /** Handles one event. Reading comes first, because a write that fails ends the stream. */
  #take(readiness: number): void {
    try {
      if (this.#connection === 'connecting') this.#endConnect();
      if (this.#demand === 'full' && (readiness & ~WRITABLE) !== 0) this.#demand = 'paused';
      if (this.#demand === 'wanted' && (readiness & ~WRITABLE) !== 0) this.#readFor(readiness);
      if (this.#writes.isBusy && (readiness & ~(READABLE | READ_CLOSED)) !== 0) this.#flush();
      if (this.#connection === 'connecting') return;
      this.#connection = this.#writes.isBusy && (readiness & HANGUP) !== 0 ? 'stuck' : 'open';
      if (this.#connection === 'stuck') this.#giveUp();
    } finally {
      this.#updateInterest();
    }
  }

  #endConnect(): void {
    try {
      const errno = takeError(this.fd);
      if (errno !== 0) throw systemError(-errno, 'connect', this.fd);
    } catch (error) {
      this.destroy(inSocketForm(error));
      return;
    }
    // A socket without a peer fails at the next read or write, with the reason.
    this.#beginToTalk(hasPeer(this.fd));
  }

  /** The connect is over; `isConnected`: and has succeeded. */
  #beginToTalk(isConnected: boolean): void {
    this.#connection = 'open';
    try {
      if (isConnected) {
        this.emit('connect');
        this.emit('ready');
      }
    } finally {
      this.#readAhead();
      this.#afterConnect?.();
    }
  }

  /** Reads for an event, as long as somebody takes the data. */
  #readFor(readiness: number): void {
    this.#readiness = readiness;
    this.#readsLeft = READS_PER_EVENT - 1;
    try {
      this.#readOnce(true);
      this.#readOn();
    } finally {
      if (this.#readsLeft > 0) nextTurn(this.#forgetEvent);
    }
  }

  /** A later turn needs an event of its own: by then the number may be a stranger's. */
  readonly #forgetEvent = (): void => {
    this.#readsLeft = 0;
  };

  /** Goes on after a consumer has taken what was read for the last event. */
  readonly #readOn = (): void => {
    while (this.#readsLeft > 0 && this.#demand === 'wanted') {
      this.#readsLeft--;
      this.#readOnce(false);
    }
  };

  #readOnce(isFirst: boolean): void {
    let chunk: Buffer | null | undefined;
    try {
      chunk = readNext(this.fd, this.#readSize, this.#traits, this.#readiness, isFirst);
    } catch (error) {
      this.#readsLeft = 0;
      const failure = inSocketForm(error, 'read');
      if (!concernsOneMessage(error, this.#traits, false)) this.destroy(failure);
      else this.emit('error', failure);
      return;
    }
    // A short read means that a byte stream is empty.
    if (!chunk || (chunk.length < this.#readSize && !this.#traits.keepsMessages)) this.#readsLeft = 0;
    if (chunk === undefined) return;
    if (chunk === null) {
      // A connection reports its end again: what a handler of data awaits comes before, as for net.Socket.
      if (isFirst || !this.#traits.halfCloses) this.#endReading();
      return;
    }
    this.#bytesRead += chunk.length;
    this.#push(chunk);
  }

  #endReading(): void {
    this.#demand = 'paused';
    this.push(null);
    // Where nothing is buffered 'end' is emitted although nobody reads.
    this.read(0);
  }

  /** Pushes `chunk`. Reading goes on unless the buffer is full, also when a listener throws. */
  #push(chunk: Buffer): void {
    let wantsMore = true;
    // A listener may call read(), which asks for more by itself.
    this.#demand = 'full';
    try {
      wantsMore = this.push(chunk);
    } finally {
      if (this.destroyed || (!wantsMore && this.#demand === 'full' && !this.#isConsumed)) this.#demand = 'paused';
      else if (wantsMore) this.#demand = 'wanted';
    }
    // After resume() without a listener for 'data', Node discards data in a tick: an event would read once only.
    while (!wantsMore && this.readableFlowing === true && this.listenerCount('data') === 0 && this.read() !== null);
  }

  /** Whether somebody takes data as it comes, and has not paused the stream. */
  get #isConsumed(): boolean {
    return this.readableFlowing === true || this.listenerCount('readable') > 0;
  }

  #send(chunks: Uint8Array[], callback: Callback): void {
    this.#writes.begin(chunks, callback);
    if (this.#connection !== 'connecting') {
      this.#flush();
      this.#watch!.touch();
    }
    this.#writes.delay();
    this.#updateInterest();
  }

  #flush(): void {
    if (this.#writes.flush()) this.#watch!.after(RETRY_MS, () => this.#retry());
  }

  #retry(): void {
    try {
      if (this.#writes.isHeldBack) this.#flush();
    } finally {
      this.#updateInterest();
    }
  }

  /**
   * Linux: a pty whose other side is closed is reported as writable, and write(2) returns EAGAIN for ever once its
   * buffer is full. A reader first gets the data that is left.
   */
  #giveUp(): void {
    if (this.#demand !== 'never' && this.readable) this.off('end', this.#onEnd).once('end', this.#onEnd);
    else this.destroy(inSocketForm(systemError(-constants.errno.EIO, 'write', this.fd)));
  }

  readonly #onEnd = (): void => {
    if (this.#connection === 'stuck') this.#giveUp();
  };

  /** Everything is written: half-closes a connection. */
  #finish(callback: Callback): void {
    try {
      if (this.#traits.halfCloses) {
        this.#confirmOwner();
        shutdown(this.fd, 'write');
      }
    } catch (error) {
      // The connection has ended already.
      if ((error as SystemError).code !== 'ENOTCONN') return callback(inSocketForm(error));
    }
    callback();
  }

  /** Throws where the number is not ours any more: the poller knows which open file it was registered for. */
  #confirmOwner(): void {
    try {
      this.#watch!.confirmFile();
    } catch (error) {
      this.#isGone = isDescriptorGone(error);
      throw error;
    }
  }
}
