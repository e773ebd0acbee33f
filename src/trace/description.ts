/** What a descriptor is, as far as that decides how its calls are read. */
export type FileKind =
  | 'stream'
  | 'datagram'
  | 'listener'
  | 'pipe'
  | 'epoll'
  | 'terminal'
  /** eventfd, timerfd, pidfd and others whose every change is an edge of its own, read or not. */
  | 'object'
  | 'file'
  | 'unknown';

/** An open file description (open(2)): what all duplicates of a descriptor share, here and in other processes. */
export class Description {
  kind: FileKind;
  /** What strace shows for it, and in words where strace shows nothing. */
  shown: string | undefined;
  made: string;
  /** The addresses of a socket, as far as calls tell them. */
  local: string | undefined;
  remote: string | undefined;
  /** undefined: the trace does not tell. */
  isNonBlocking: boolean | undefined;
  /** How many descriptors are open on it. */
  holders = 0;
  /** It was sent to another process, which may hold it. */
  isPassed = false;
  /** poll(2) or select(2) looks at it as well. */
  isPolled = false;
  /** Who writes what is read here, where the trace shows both ends. */
  peer: Description | undefined;
  /** How much was written, and how much was read, since the descriptor was made: bytes, or messages. */
  written = 0;
  taken = 0;
  /** The line of the last write. */
  writtenAt = 0;
  isPeerGone = false;
  /** Whether the trace has seen it being made, so that what was written and taken is all. */
  readonly isWhole: boolean;
  /** A read has returned 0, or an error that ends it. */
  hasEnded = false;
  /** The line at which it ended. */
  endedAt = 0;
  hasShutdown = false;
  /** The last use was a write that was taken as a whole. */
  hasAnswered = false;
  /** By how many epoll instances it was watched at a time. */
  mostWatchers = 0;
  /** A call has said that the connection is broken. */
  isBroken = false;

  constructor(kind: FileKind, made: string, shown?: string, isNonBlocking?: boolean, isWhole = true) {
    this.isWhole = isWhole;
    this.kind = kind;
    this.made = made;
    this.shown = shown;
    this.isNonBlocking = isNonBlocking;
  }

  /**
   * How much the peer has written and nobody has read; undefined: the trace shows one end only, or more was read than
   * written, so that some writes are missing.
   */
  get unread(): number | undefined {
    if (this.peer === undefined || this.peer.written < this.taken) return undefined;
    return this.peer.written - this.taken;
  }

  /** Whether something is ready to be read; undefined: the trace does not tell. */
  get isReadable(): boolean | undefined {
    const { unread, peer, isPeerGone, hasEnded } = this;
    if (peer === undefined || unread === undefined) return undefined;
    return unread > 0 || ((isPeerGone || peer.hasShutdown) && !hasEnded);
  }

  get words(): string {
    if (this.shown !== undefined) return wordsOf(this.shown, this.kind);
    const { kind, local, remote, made } = this;
    const name = kind === 'listener' ? made.replace('socket', 'listener') : made;
    if (local === undefined && remote === undefined) return name;
    const addresses = [local, remote === undefined ? undefined : `→ ${remote}`].filter((each) => each !== undefined);
    return [name.replace(/^(TCP|UDP) socket$/, '$1'), ...addresses].join(' ');
  }
}

const SOCKETS: Readonly<Record<string, string>> = { STREAM: 'unix socket', DGRAM: 'unix dgram socket' };

/** `TCP:[127.0.0.1:80->127.0.0.1:9]` as the audit of a poller says it: `TCP 127.0.0.1:80 → 127.0.0.1:9`. */
function wordsOf(shown: string, kind: FileKind): string {
  const unix = /^UNIX(?:-(\w+))?:/.exec(shown);
  if (unix !== null) {
    const path = /,"?([^"\]]+)"?\]/.exec(shown)?.[1];
    const name = SOCKETS[unix[1] ?? 'STREAM'] ?? `unix ${unix[1]!.toLowerCase()} socket`;
    return path === undefined ? name : `${name} ${path}`;
  }
  const object = /^anon_inode:\[?(\w+)\]?/.exec(shown)?.[1];
  if (object !== undefined) return object === 'eventpoll' ? 'epoll instance' : object === 'pidfd' ? 'process' : object;
  if (shown.startsWith('pipe:')) return 'pipe';
  const socket = /^(\w+):\[(.*)\]$/.exec(shown);
  if (socket === null) return shown.replace(/<.*/, '');
  const [, name, addresses] = socket;
  if (name === 'socket' || /^\d+$/.test(addresses!)) return kind === 'listener' ? 'listener' : 'socket';
  return `${name}${kind === 'listener' ? ' listener' : ''} ${addresses!.replace('->', ' → ')}`;
}

/** What strace's decoration says of a descriptor that the trace did not see being made. */
export function kindShown(shown: string | undefined): FileKind {
  if (shown === undefined) return 'unknown';
  if (/^(TCP(v6)?|UNIX-(STREAM|SEQPACKET)|UNIX|SCTP(v6)?):/.test(shown)) return 'stream';
  if (/^(UDP(v6)?|UDPLITE\w*|UNIX-DGRAM|NETLINK|RAW\w*|PACKET):/.test(shown)) return 'datagram';
  if (shown.startsWith('pipe:')) return 'pipe';
  if (shown.startsWith('anon_inode:')) {
    return /eventpoll/.test(shown) ? 'epoll' : /inotify|signalfd|fanotify/.test(shown) ? 'unknown' : 'object';
  }
  if (/^\/dev\/(tty|pts|ptmx)/.test(shown)) return 'terminal';
  return shown.startsWith('/') ? 'file' : 'unknown';
}

/** The inode in `pipe:[12]`, `socket:[12]`, `UNIX-STREAM:[12->13]`: with another one, a number is another file. */
export function inodeShown(shown: string | undefined): string | undefined {
  return shown === undefined ? undefined : /^[\w-]+:\[(\d+)(?:->|,|\])/.exec(shown)?.[1];
}

/** The ends of a connection in `TCP:[A->B]` and `UNIX-STREAM:[12->13,"/path"]`, this one first. */
export function endsShown(shown: string | undefined): readonly [here: string, there: string] | undefined {
  const match = shown === undefined ? null : /^([\w-]+):\[([^,\]]+|\[[^\]]*\]:\d+)->([^,]+?)(?:,.*)?\]$/.exec(shown);
  return match === null ? undefined : [`${match[1]} ${match[2]}->${match[3]}`, `${match[1]} ${match[3]}->${match[2]}`];
}
