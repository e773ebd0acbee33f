// These take functions of the host and of the prototypes when the package is loaded, not at the first use.
import './errors.js';
import './host.js';
export {
  EDGE,
  ERROR,
  EXCLUSIVE,
  HANGUP,
  LEVEL,
  ONESHOT,
  PRIORITY,
  READABLE,
  READ_CLOSED,
  WRITABLE,
} from './interest.js';
export { attachPoller, backends, createPoller, share, type PollerHandle } from './poller/open-poller.js';
export { events, once, watch } from './reactor/default-reactor.js';
export type { ReactorTimer } from './reactor/reactor-timer.js';
export { Reactor } from './reactor/reactor.js';
export type { ReactorOptions } from './reactor/reactor-options.js';
export { FdStream } from './stream/fd-stream.js';
export type { FdStreamOptions } from './stream/fd-stream-options.js';
export { connect, type ConnectOptions } from './net/connect.js';
export { connectStream, type ConnectStreamOptions } from './net/connect-stream.js';
export { createServer, Server } from './net/server.js';
export type { DroppedConnection, ServerOptions } from './net/server.js';
export type { ServerListenOptions } from './net/server-arguments.js';
export { listen } from './net/listen.js';
export type { ListenOptions } from './net/listen-options.js';
export type { ConnectionHandler, Listener } from './net/listener.js';
export type { EventsOptions } from './reactor/events.js';
export type { OnceOptions } from './reactor/once.js';
export type { Watch, WatchHandler } from './reactor/watch.js';
export type { WatchOptions } from './reactor/watch-options.js';
export type {
  AuditCode,
  AuditFinding,
  AuditOptions,
  KernelRegistration,
  PollerInspection,
  RegistrationInspection,
} from './audit-types.js';
export type { SystemError } from './errors.js';
export type { BackendName, Batch, Capabilities, Poller, PollerOptions, PollEvent } from './poller.js';
