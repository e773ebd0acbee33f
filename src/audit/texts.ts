import type { AuditCode } from '../audit-types.js';

/** What to do about each finding. */
export const CURES: Readonly<Record<AuditCode, string>> = {
  POLLUX_EDGE_NOT_DRAINED:
    'Read or accept in a loop until WOULD_BLOCK after each event, or call modify() to be told again, or use LEVEL.',
  POLLUX_ONESHOT_NOT_REARMED: 'Call modify(), or rearm() of a watch, when the event has been handled.',
  POLLUX_END_IGNORED: 'Read to the end and remove() and close the descriptor, or pause it with interest 0.',
  POLLUX_HALF_CLOSE_MISSED:
    'When a read returns 0, drop READABLE with modify() if there is something left to write, or else remove() and close.',
  POLLUX_WRITABLE_SPIN: 'Ask for WRITABLE only while a write that said WOULD_BLOCK waits for room.',
  POLLUX_BATCH_OVERWRITTEN: 'Look at every event of a batch before the next wait(): edge and oneshot tell each once.',
  POLLUX_GHOST:
    'Call remove() before close(): the duplicate keeps the registration in the kernel, and no call can end it.',
  POLLUX_CLOSED_WHILE_REGISTERED: 'Call remove(), or close() of the watch or stream, before the descriptor is closed.',
  POLLUX_BLOCKING_DESCRIPTOR:
    'Call setNonBlocking(fd) of pollux/sys: the drain loop ends with a call that would block.',
  POLLUX_NO_INTEREST: 'Add READABLE, WRITABLE, PRIORITY or READ_CLOSED to the mode; interest 0 without a mode pauses.',
  POLLUX_SLOW_HANDLER: 'Do the work in parts, or in a worker; the other descriptors wait meanwhile.',
  POLLUX_NEVER_REMOVED:
    'Call remove(), close() of the watch or stream, or close() of the poller before the process exits.',
};

export const CODES = Object.keys(CURES) as readonly AuditCode[];
