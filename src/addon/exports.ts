import type { BackendName, Capabilities } from '../poller.js';
import type {
  AccessMode,
  AnyAddress,
  Classification,
  FileKind,
  Pty,
  SocketFamily,
  SocketType,
  TerminalSettings,
  WindowSize,
} from '../sys-types.js';
import type { ControlBinding } from './control-exports.js';

// Results that are not the kernel's. lists.ts compares the numbers below with those of the addon.

/** The result of a call that would block: wait until the descriptor is ready, and call again. */
export const WOULD_BLOCK = -1;
export const KERNEL_LACKS_IT = -2;
export const NOT_NUMERIC = -3;
/** The result of a call of a `SubmissionQueue` that failed: `errorAt()` says why. */
export const FAILED = -4;
export const SOURCE_NOT_NUMERIC = -5;

/** The results that are not the kernel's. */
export const RESULTS = { WOULD_BLOCK, KERNEL_LACKS_IT, NOT_NUMERIC, FAILED, SOURCE_NOT_NUMERIC } as const;

// The numbers of the address families, the socket types and the directions.

/** No address: the peer that the socket is connected to. */
export const NO_ADDRESS = -1;
/** The family of the socket. */
export const OWN_FAMILY = 0;
/** The address is the bytes of a struct sockaddr. */
export const RAW_FAMILY = 2;
export const FAMILIES: Readonly<Record<SocketFamily, number>> = { unix: 1, ipv4: 4, ipv6: 6 };
export const TYPES: Readonly<Record<SocketType, number>> = { stream: 0, dgram: 1, seqpacket: 2 };
export const DIRECTIONS = { read: 0, write: 1, both: 2 } as const;

/** The forms of the argument of ioctl(2): a number by value, or memory. */
export const ARGUMENTS = { number: 0, bytes: 1 } as const;
/** The states of a lock that a caller asks for. */
export const LOCKS = { unlocked: 0, shared: 1, exclusive: 2 } as const;

/** The flags of messages, which are numbered alike on every platform. */
export const MESSAGE_FLAGS = {
  MSG_PEEK: 0x01,
  MSG_OOB: 0x02,
  MSG_TRUNC: 0x04,
  MSG_DONTWAIT: 0x08,
  MSG_DONTROUTE: 0x10,
  MSG_MORE: 0x20,
  MSG_EOR: 0x40,
} as const;

/** The memory that the addon writes a batch to, in words: struct BatchMemory of native/addon/view.h. */
export const LAYOUT = { STALE: 0, HEADER_WORDS: 1, EVENT_WORDS: 3, FD: 1, READINESS: 2, GENERATION: 3 } as const;
/** A call of a `SubmissionQueue`, in words: struct Submission of native/common/submissions.h. */
export const SUBMISSION = {
  WORDS: 9,
  OPERATION: 0,
  FD: 1,
  VIEW: 2,
  OFFSET_LOW: 3,
  OFFSET_HIGH: 4,
  LENGTH: 5,
  FLAGS: 6,
  RESULT: 7,
  FAILURE: 8,
  /** How many views a queue may keep beside those of the calls that it holds. */
  KEPT_VIEWS: 8,
} as const;
/** What a call of a `SubmissionQueue` does. */
export const OPERATIONS = { read: 0, write: 1, recv: 2, send: 3 } as const;
/** The memory that the addon tells of a message in, in words: struct Received of native/addon/sys/received.h. */
export const RECEIVED = { SEGMENT: 0, TRUNCATED: 1, OTHER_SENDER: 2, WORDS: 36 } as const;

/** The settings of a terminal as the addon has them: words and booleans are numbers. */
export type TerminalNumbers = { readonly [Name in keyof TerminalSettings]?: number };

/** What the addon exports for pollers. Arguments are checked before they get here. */
export interface PollerBinding {
  open(capacity: number, memory: Int32Array): number;
  /** −1: no view of the poller is open any more. */
  attach(id: number, capacity: number, memory: Int32Array): number;
  close(handle: number): void;
  describe(handle: number): { id: number; fd: number; capabilities: Capabilities };
  /** Returns the generation of the registration. */
  add(handle: number, fd: number, interest: number): number;
  modify(handle: number, fd: number, interest: number): number;
  remove(handle: number, fd: number): void;
  has(handle: number, fd: number): boolean;
  /** Interest, mode and the backend's own bits of a registration; −1: not registered. */
  flagsOf(handle: number, fd: number): number;
  size(handle: number): number;
  isCurrent(handle: number, fd: number, generation: number): boolean;
  /** From now on a wait that may block looks for an event for `lengthUs` microseconds before it does. */
  spin(handle: number, lengthUs: number): void;
  /** Returns twice the number of events, plus 1 if the wait was woken. */
  wait(handle: number, timeoutMs: number): number;
  wake(handle: number): void;
  /**
   * Closes `fd`, which the poller has, when the environment ends, unless it is closed or disowned before, and removes
   * `path`, with a NUL at its end, the file of a unix socket.
   */
  own(handle: number, fd: number, path: Uint8Array | undefined): void;
}

/** What the addon exports to deliver a poller's batches in the host's event loop. */
export interface HostPollBinding {
  /** `onBatch` gets what `wait()` returns, or −1 when the poller can no longer be waited on. */
  openHostPoll(handle: number, withThread: boolean, onBatch: (result: number) => void): void;
  refHostPoll(handle: number, on: boolean): void;
  pauseHostPoll(handle: number, on: boolean): void;
  closeHostPoll(handle: number): void;
  /** Raises `error` as an uncaught exception, as if a callback of the host had thrown it. */
  raise(error: unknown): void;
}

/** The addon's part of a `SubmissionQueue`. */
export interface Submissions {
  readonly [submissions]: never;
}
declare const submissions: unique symbol;

/** What the addon exports for `pollux/sys`. Arguments are checked before they get here. */
export interface SysBinding extends ControlBinding {
  /** The longest path of a unix address, in bytes. */
  readonly longestPath: number;
  readonly hasAbstractNames: boolean;

  /** The kernel's own name of a positive error number, and strerror(3). undefined: it has none. */
  describeError(errno: number): [name: string, text: string] | undefined;

  read(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  write(fd: number, bytes: Uint8Array, offset: number, length: number): number;
  recv(fd: number, bytes: Uint8Array, offset: number, length: number, flags: number): number;
  send(fd: number, bytes: Uint8Array, offset: number, length: number, flags: number): number;
  /** A queue whose calls are in `memory`. */
  openSubmissions(memory: Int32Array): Submissions;
  /** Makes the calls `first` … `end` − 1. `views` before `firstNew` are where they were at the last call. */
  submit(queue: Submissions, first: number, end: number, views: readonly Uint8Array[], firstNew: number): void;

  readv(fd: number, list: readonly Uint8Array[]): number;
  writev(fd: number, list: readonly Uint8Array[]): number;

  /** `received`: memory of `RECEIVED`, the same at each call. */
  recvFrom(fd: number, bytes: Uint8Array, offset: number, length: number, flags: number, received: Int32Array): number;
  /** The sender of the last message that `received` tells of. */
  describeSender(fd: number, received: Int32Array): AnyAddress;
  sendTo(
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    flags: number,
    family: number,
    text: string | Uint8Array,
    port: number,
  ): number;

  socket(family: number, type: number): number;
  socketByNumber(domain: number, type: number, protocol: number): number;
  /**
   * A stream socket that is closed when the environment ends, unless `disown()`, or `own()` of a poller, comes first.
   */
  ownSocket(family: number): number;
  disown(fd: number): void;
  socketPair(type: number): [number, number];
  bind(fd: number, family: number, text: string | Uint8Array, port: number): number;
  listen(fd: number, backlog: number): void;
  accept(fd: number): number;
  /**
   * The addresses of `name`, which ends with a NUL, in digits; a text: why there are none. Blocks while the system
   * asks.
   */
  resolve(name: Uint8Array): string[] | string;
  connect(fd: number, family: number, text: string | Uint8Array, port: number): number;
  localAddress(fd: number): AnyAddress;
  peerAddress(fd: number): AnyAddress;
  shutdown(fd: number, direction: number): void;

  /** undefined: the kernel lacks the option. */
  getOption(fd: number, name: string): boolean | number | string | undefined;
  /** false: the kernel lacks the option. */
  setOption(fd: number, name: string, value: number): boolean;
  takeError(fd: number): number;

  /** `path` ends with a NUL. */
  open(path: Uint8Array, flags: number): number;
  close(fd: number): void;
  dup(fd: number): number;
  pipe(): [number, number];
  setNonBlocking(fd: number, on: boolean): void;
  isNonBlocking(fd: number): boolean;
  accessMode(fd: number): AccessMode;
  kindOf(fd: number): FileKind;
  bytesReadable(fd: number): number;
  classify(fd: number): Classification;

  openPty(): Pty;
  windowSize(fd: number): WindowSize;
  setWindowSize(fd: number, columns: number, rows: number): void;
  /** Whether a read that returned 0 was the end of the terminal: it has hung up, or has ICANON. */
  terminalHasEnded(fd: number): boolean;

  terminalSettings(fd: number): TerminalNumbers;
  /** Empty: taken; the name of a setting: the terminal does not take it. `time`: now, drain, flush. */
  setTerminalSettings(fd: number, settings: TerminalNumbers, time: number): string | typeof KERNEL_LACKS_IT;
  /** Bits: those of src/sys/terminal-settings.ts. */
  modemLines(fd: number): number;
  setModemLines(fd: number, raised: number, lowered: number): void;
  setBreak(fd: number, on: boolean): void;
  setExclusive(fd: number, on: boolean): void;
  /** `queue`: input, output, both. */
  flushTerminal(fd: number, queue: number): void;
  outputQueued(fd: number): number;
  drainTerminal(fd: number): number;

  /** `clock`: monotonic, realtime, boottime. */
  openTimer(clock: number): number;
  setTimer(
    fd: number,
    firstSeconds: number,
    firstNs: number,
    isAbsolute: boolean,
    periodSeconds: number,
    periodNs: number,
  ): void;
  readTimer(fd: number): number;
  openEvent(initial: number): number;
  addToEvent(fd: number, count: number): number;
  readEvent(fd: number): number;
  openProcess(pid: number): number;

  inotifyInit(): number;
  /** `path` ends with a NUL. */
  inotifyAddWatch(fd: number, path: Uint8Array, mask: number): number;
  inotifyRemoveWatch(fd: number, watch: number): number;

  /** An offset of −1: none given. */
  sendFile(outFd: number, inFd: number, offset: number, count: number): number;
  splice(inFd: number, inOffset: number, outFd: number, outOffset: number, count: number, more: boolean): number;
}

/** The numbers that the addon and this package have to count alike, by list. */
export type Lists = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Everything that the addon exports. */
export interface Binding extends PollerBinding, HostPollBinding {
  readonly backend: BackendName;
  readonly lists: Lists;
  /** Differs between two copies of the addon in one process: their handles do not mix. */
  readonly instance: string;
  /** The digest of the sources that it was made from (native/source-digest.js); empty where the build gave none. */
  readonly sources: string;
  readonly sys: SysBinding;
  /** Called once, before any other call. `makeError` makes what the addon throws: the error of a failed system call. */
  connect(makeError: (errno: number, syscall: string, fd: number) => Error, isMainThread: boolean): void;
  /** The milliseconds of a clock that never goes back. */
  nowMs(): number;
}
