/**
 * Non-blocking system calls on descriptors: sockets, pipes and files.
 *
 * Descriptors are plain numbers. Those that these functions return are non-blocking and close-on-exec. A call that
 * would block returns `WOULD_BLOCK`; every other failure throws a SystemError with `errno`, `code`, `syscall` and `fd`.
 * A wrong argument throws a TypeError or RangeError before any system call. EINTR is never thrown, and SIGPIPE is never
 * raised. The caller closes the descriptors.
 */
export { FAILED, WOULD_BLOCK } from './addon/exports.js';
export { read, readv, write, writev } from './sys/streams.js';
export {
  MSG_DONTROUTE,
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_MORE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  recv,
  recvFrom,
  send,
  sendTo,
} from './sys/messages.js';
export {
  accept,
  bind,
  connect,
  listen,
  localAddress,
  peerAddress,
  shutdown,
  socket,
  socketPair,
} from './sys/sockets.js';
export type {
  AccessMode,
  Address,
  AnyAddress,
  BindAddress,
  Classification,
  Credentials,
  FileKind,
  InternetAddress,
  Message,
  OtherAddress,
  PacketInfo,
  PeerCredentials,
  Pty,
  RawAddress,
  Readiness,
  ReceivedControl,
  ReceivedMessage,
  ReceivedSegments,
  RemoteAddress,
  SocketFamily,
  SocketNumbers,
  SocketType,
  TerminalSettings,
  UnixAddress,
  WindowSize,
} from './sys-types.js';
export {
  getOption,
  setOption,
  takeError,
  type SocketOptionName,
  type SocketOptions,
  type WritableSocketOptionName,
} from './sys/options.js';
export type { FormedOptions, Membership, SetOnlyOptions } from './sys/option-forms.js';
export { interfaceIndex } from './sys/option-forms.js';
export type { OptionNumbers, ReadOptionNumbers } from './sys/raw-options.js';
export type { TcpInfo, TcpState } from './sys/tcp-info.js';
export { ioctl } from './sys/ioctl.js';
export { lock, unlock, type LockKind, type LockOptions, type UnlockOptions } from './sys/locks.js';
export {
  peerCredentials,
  receiveMessage,
  sendMessage,
  type Control,
  type RawControl,
  type ReceiveMessageOptions,
  type SendMessageOptions,
} from './sys/control-messages.js';
export { receiveSegments, sendSegments } from './sys/segments.js';
export type { OpenFlags } from './sys/open-flags.js';
export {
  accessMode,
  bytesReadable,
  classify,
  close,
  dup,
  isNonBlocking,
  open,
  pipe,
  setNonBlocking,
} from './sys/descriptors.js';
export { SubmissionQueue, type SubmissionQueueOptions } from './sys/submission-queue.js';
export { sendFile, splice, type SpliceOptions } from './sys/zero-copy.js';
export { openPty, setWindowSize, windowSize } from './sys/terminals.js';
export {
  drainTerminal,
  flushTerminal,
  modemLines,
  outputQueued,
  setBreak,
  setExclusive,
  setModemLines,
  setTerminalSettings,
  terminalSettings,
  type ModemLines,
  type OwnModemLines,
  type SetTerminalOptions,
} from './sys/terminal-settings.js';
export {
  addToEvent,
  openEvent,
  openProcess,
  openTimer,
  readEvent,
  readTimer,
  setTimer,
  type TimerOptions,
  type TimerSetting,
} from './sys/sources.js';
export {
  IN_ACCESS,
  IN_ATTRIB,
  IN_CLOSE_NOWRITE,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_EXCL_UNLINK,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MASK_CREATE,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_MOVE_SELF,
  IN_ONESHOT,
  IN_ONLYDIR,
  IN_OPEN,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
  inotifyAddWatch,
  inotifyEvents,
  inotifyInit,
  inotifyRemoveWatch,
  type InotifyEvent,
} from './sys/inotify.js';
export { errorName } from './sys/errors.js';
export type { SystemError } from './errors.js';
// The functions that make errors are taken from the prototypes now, not at the first error.
import './errors.js';
