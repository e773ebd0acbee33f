import { errorOf, fdOf, iovecLength, numberOf, type ShownFd, splitArguments } from './arguments.js';
import type { Call } from './calls.js';

/** One direction of a call that moves bytes, messages or connections. */
export interface Transfer {
  readonly at: ShownFd;
  readonly is: 'read' | 'write';
  /** `undefined`: the call failed or was interrupted. */
  readonly length: number | undefined;
  /** How much was asked for; undefined: strace does not show it, or more may be left whatever came. */
  readonly wanted: number | undefined;
  /** How many messages came, where the call takes several. */
  readonly messages: number;
  readonly error: string | undefined;
  /** MSG_PEEK: what was read is still there. */
  readonly isPeek: boolean;
  /** MSG_DONTWAIT: the call does not block, whatever the descriptor says. */
  readonly mayBlock: boolean;
}

type Shape = (args: readonly string[]) => Pick<Transfer, 'is'> & {
  readonly fd: number;
  readonly wanted: number | undefined;
  readonly flags?: string | undefined;
};

const counted = (text: string | undefined): number | undefined => {
  const value = text === undefined ? NaN : Number.parseInt(text, 10);
  return Number.isNaN(value) ? undefined : value;
};

const bytes =
  (is: Transfer['is'], flagsAt = -1): Shape =>
  (args) => ({ is, fd: 0, wanted: counted(args[2]), flags: args[flagsAt] });
const vectors =
  (is: Transfer['is'], flagsAt = -1): Shape =>
  (args) => ({ is, fd: 0, wanted: iovecLength(args[1] ?? ''), flags: args[flagsAt] });

/** The calls that move something, and where in their arguments the length is. */
const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  read: [bytes('read')],
  recv: [bytes('read', 3)],
  recvfrom: [bytes('read', 3)],
  readv: [vectors('read')],
  preadv2: [vectors('read')],
  recvmsg: [vectors('read', 2)],
  recvmmsg: [(args) => ({ is: 'read', fd: 0, wanted: counted(args[2]), flags: args[3] })],
  recvmmsg_time64: [(args) => ({ is: 'read', fd: 0, wanted: counted(args[2]), flags: args[3] })],
  write: [bytes('write')],
  send: [bytes('write')],
  sendto: [bytes('write')],
  writev: [vectors('write')],
  pwritev2: [vectors('write')],
  sendmsg: [vectors('write')],
  sendmmsg: [(args) => ({ is: 'write', fd: 0, wanted: counted(args[2]) })],
  sendfile: [(args) => ({ is: 'write', fd: 0, wanted: counted(args[3]) })],
  sendfile64: [(args) => ({ is: 'write', fd: 0, wanted: counted(args[3]) })],
  vmsplice: [vectors('write')],
  // What is left in the source, a pipe that is full leaves there: a short splice says nothing.
  splice: [
    () => ({ is: 'read', fd: 0, wanted: undefined }),
    (args) => ({ is: 'write', fd: 2, wanted: counted(args[4]) }),
  ],
  tee: [() => ({ is: 'write', fd: 1, wanted: undefined })],
};

export const TRANSFERS = Object.keys(SHAPES);

/** What a call has moved. */
export function transfersOf({ name, args, result }: Call): Transfer[] {
  const transfers: Transfer[] = [];
  for (const shape of SHAPES[name] ?? []) {
    const { is, fd, wanted, flags = '' } = shape(args);
    const at = fdOf(args[fd]);
    if (at === undefined) continue;
    const length = numberOf(result);
    transfers.push({
      at,
      is,
      length,
      wanted,
      messages: name.includes('mmsg') ? (length ?? 0) : 1,
      error: errorOf(result),
      isPeek: flags.includes('MSG_PEEK') || name === 'tee',
      mayBlock: !flags.includes('MSG_DONTWAIT'),
    });
  }
  return transfers;
}

/** How many bytes the messages of recvmmsg and sendmmsg had together. */
export function bytesOfMessages({ name, args, result }: Call): number {
  if (!name.includes('mmsg')) return numberOf(result) ?? 0;
  let sum = 0;
  for (const message of splitArguments((args[1] ?? '').replace(/^\[|\]$/g, '')))
    sum += counted(/msg_len=(\d+)/.exec(message)?.[1]) ?? 0;
  return sum;
}
