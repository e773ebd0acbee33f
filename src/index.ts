export { EDGE, ERROR, EXCLUSIVE, HANGUP, LEVEL, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from './interest.js';
export { backends, createPoller } from './create-poller.js';
export { attachPoller, share, type PollerHandle } from './share.js';
export type { SystemError } from './errors.js';
export type { BackendName, Batch, Capabilities, Poller, PollerOptions, PollEvent } from './poller.js';
