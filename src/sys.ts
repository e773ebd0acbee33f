/**
 * Non-blocking calls on descriptors: sockets, pipes and files, as the kernel has them.
 *
 * Descriptors are plain numbers, and come out non-blocking and close-on-exec. Calls that can block return `WOULD_BLOCK`
 * instead; every other failure throws: an error of the system with `errno`, `code`, `syscall` and `fd`, or, before any
 * system call, a TypeError or RangeError for a wrong argument. EINTR never surfaces, SIGPIPE is never raised. Nobody
 * closes a descriptor for you.
 */
export { WOULD_BLOCK } from './addon/exports.js';
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
  BindAddress,
  Classification,
  FileKind,
  InternetAddress,
  Message,
  Pty,
  Readiness,
  RemoteAddress,
  SocketFamily,
  SocketType,
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
export { sendFile, splice, type SpliceOptions } from './sys/zero-copy.js';
export { openPty, setWindowSize, windowSize } from './sys/terminals.js';
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
// What errors are made with is taken now, not at the first error.
import './errors.js';
