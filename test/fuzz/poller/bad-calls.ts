import { EXCLUSIVE, HANGUP, ONESHOT, READABLE, type Poller } from 'pollux';

/** Calls that no poller takes, whatever is registered, and the code they are refused with. */
export const BAD_CALLS: ReadonlyArray<{ readonly code: string; readonly call: (poller: Poller) => void }> = [
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.add(-1, READABLE) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.add(0.5, READABLE) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.add(0, HANGUP) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.add(0, 0x800) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.add(0, READABLE | ONESHOT | EXCLUSIVE) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => poller.modify(0, READABLE | EXCLUSIVE) },
  { code: 'ERR_INVALID_ARG_TYPE', call: (poller) => poller.remove('0' as never) },
  { code: 'ERR_INVALID_ARG_TYPE', call: (poller) => poller.has(null as never) },
  { code: 'ERR_OUT_OF_RANGE', call: (poller) => void poller.wait(NaN) },
  { code: 'ERR_INVALID_ARG_TYPE', call: (poller) => void poller.wait('0' as never) },
  { code: 'EBADF', call: (poller) => poller.add(0x7ffffff0, READABLE) },
  { code: 'EBADF', call: (poller) => poller.modify(0x7ffffff0, READABLE) },
  { code: 'EBADF', call: (poller) => poller.remove(0x7ffffff0) },
];
