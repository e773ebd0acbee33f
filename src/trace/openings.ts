import { fdOf, fdsOf, type ShownFd } from './arguments.js';
import type { Call } from './calls.js';
import { Description, type FileKind, kindShown } from './description.js';

/** A descriptor that a call has made. */
export interface Opened {
  readonly at: ShownFd;
  readonly description: Description;
  readonly closesOnExec: boolean;
}

/** What a call makes: a kind and words for it, and the argument with the flags. */
interface Opening {
  readonly kind: FileKind;
  readonly made: string;
  readonly flags?: number;
  /** Flags that are always set. */
  readonly always?: string;
}

const object = (made: string, flags?: number, always?: string): Opening => ({
  kind: 'object',
  made,
  flags: flags!,
  always: always!,
});

const OPENINGS: Readonly<Record<string, Opening>> = {
  open: { kind: 'file', made: 'file', flags: 1 },
  openat: { kind: 'file', made: 'file', flags: 2 },
  openat2: { kind: 'file', made: 'file', flags: 2 },
  creat: { kind: 'file', made: 'file' },
  epoll_create: { kind: 'epoll', made: 'epoll instance' },
  epoll_create1: { kind: 'epoll', made: 'epoll instance', flags: 0 },
  eventfd: object('eventfd'),
  eventfd2: object('eventfd', 1),
  timerfd_create: object('timerfd', 1),
  pidfd_open: object('process', 1, 'CLOEXEC'),
  userfaultfd: object('userfaultfd', 0),
  memfd_create: { kind: 'file', made: 'file', flags: 1 },
  signalfd: { kind: 'unknown', made: 'signalfd' },
  signalfd4: { kind: 'unknown', made: 'signalfd', flags: 3 },
  inotify_init: { kind: 'unknown', made: 'inotify' },
  inotify_init1: { kind: 'unknown', made: 'inotify', flags: 0 },
  fanotify_init: { kind: 'unknown', made: 'fanotify', flags: 0 },
  io_uring_setup: object('io_uring', undefined, 'CLOEXEC'),
  perf_event_open: object('perf event', 4),
};

export const OPENING_CALLS = [...Object.keys(OPENINGS), 'socket', 'socketpair', 'pipe', 'pipe2', 'accept', 'accept4'];

/** The descriptors that a call has made; `listener` says what a call of accept has accepted. */
export function openedBy(call: Call): Opened[] {
  const { name, args, result } = call;
  if (name === 'pipe' || name === 'pipe2') return pairOf(args[0] ?? '', 'pipe', 'pipe', args[1] ?? '');
  if (name === 'socketpair') return pairOf(args[3] ?? '', socketKind(args), socketWords(args), args[1] ?? '');
  const at = fdOf(result);
  if (at === undefined) return [];
  if (name === 'socket') return [opened(at, socketKind(args), socketWords(args), args[1] ?? '')];
  if (name === 'accept' || name === 'accept4') return [opened(at, 'stream', 'accepted socket', args[3] ?? '')];
  const opening = OPENINGS[name];
  if (opening === undefined) return [];
  const flags = `${args[opening.flags ?? -1] ?? ''} ${opening.always ?? ''}`;
  // A path may be that of a FIFO, a terminal or a device: what strace shows of the descriptor tells.
  const kind = opening.kind === 'file' && at.shown !== undefined ? kindShown(at.shown) : opening.kind;
  return [opened(at, kind === 'file' ? 'unknown' : kind, opening.made, flags)];
}

function opened(at: ShownFd, kind: FileKind, made: string, flags: string): Opened {
  return {
    at,
    description: new Description(kind, made, at.shown, flags.includes('NONBLOCK') || flags.includes('O_NDELAY')),
    closesOnExec: flags.includes('CLOEXEC'),
  };
}

function pairOf(list: string, kind: FileKind, made: string, flags: string): Opened[] {
  const [one, other] = fdsOf(list);
  if (one === undefined || other === undefined) return [];
  const pair = [opened(one, kind, made, flags), opened(other, kind, made, flags)] as const;
  pair[0].description.peer = pair[1].description;
  pair[1].description.peer = pair[0].description;
  return [...pair];
}

function socketKind([, type = '']: readonly string[]): FileKind {
  return type.includes('SOCK_STREAM') || type.includes('SOCK_SEQPACKET') ? 'stream' : 'datagram';
}

function socketWords([domain = '', type = '']: readonly string[]): string {
  const isStream = type.includes('SOCK_STREAM');
  if (/AF_(UNIX|LOCAL)/.test(domain)) return isStream ? 'unix socket' : 'unix dgram socket';
  if (/AF_INET6?\b/.test(domain))
    return isStream ? 'TCP socket' : type.includes('SOCK_DGRAM') ? 'UDP socket' : 'raw socket';
  return `socket of ${domain}`;
}
