import { POLLIN } from '../../support/descriptors.js';

export type FileKind =
  | 'pipe'
  | 'fifo'
  | 'stream'
  | 'dgram'
  | 'seqpacket'
  | 'tcp'
  | 'udp'
  | 'pty'
  | 'event'
  | 'listener'
  | 'fresh'
  | 'regular'
  | 'poller';

/** Kinds whose traffic has arrived when the call that sent it returns, and that make no event later by themselves. */
const IMMEDIATE: ReadonlySet<FileKind> = new Set<FileKind>([
  'pipe',
  'fifo',
  'stream',
  'dgram',
  'seqpacket',
  'event',
  'regular',
]);
const MESSAGES: ReadonlySet<FileKind> = new Set<FileKind>(['dgram', 'seqpacket', 'udp']);
const CONNECTIONS: ReadonlySet<FileKind> = new Set<FileKind>(['stream', 'seqpacket', 'tcp', 'fresh', 'listener']);

/** Files that are connected: an operation on one may cause events of each of them. */
export class Group {
  touchedAt = 0;
  readonly files: File[] = [];
}

/** An open file, whatever numbers name it. */
export class File {
  readonly kind: FileKind;
  readonly group: Group;
  peer: File | undefined;
  /** How many numbers name it. */
  references = 0;
  /** One of the numbers that name the file. */
  number = -1;
  /** What poll(2) said last. */
  revents = 0;
  /** For each bit of poll(2), when it was last seen to rise. For POLLIN, also when data arrived. */
  readonly roseAt = new Int32Array(16);
  /** A named FIFO has both ends open under one name. */
  isWriteEnd = false;
  /** Both directions of a socket were shut down by this side, or one. */
  shutWrite = false;
  shutRead = false;
  hadOutOfBand = false;

  constructor(kind: FileKind, group: Group) {
    this.kind = kind;
    this.group = group;
    group.files.push(this);
  }

  get isImmediate(): boolean {
    return IMMEDIATE.has(this.kind);
  }

  get keepsMessages(): boolean {
    return MESSAGES.has(this.kind);
  }

  get isConnection(): boolean {
    return CONNECTIONS.has(this.kind);
  }

  get isPollable(): boolean {
    return this.kind !== 'regular';
  }

  /** Notes what poll(2) says at `clock`. */
  see(revents: number, clock: number): void {
    let risen = revents & ~this.revents;
    this.revents = revents;
    for (; risen !== 0; risen &= risen - 1) this.roseAt[31 - Math.clz32(risen & -risen)] = clock;
  }

  /** Notes that data has arrived, whether or not there was unread data before. */
  hear(clock: number): void {
    this.roseAt[31 - Math.clz32(POLLIN)] = clock;
  }

  /** Whether one of the bits of `events` has risen after `clock`. */
  hasRisenSince(events: number, clock: number): boolean {
    for (let left = events; left !== 0; left &= left - 1) {
      if (this.roseAt[31 - Math.clz32(left & -left)]! > clock) return true;
    }
    return false;
  }
}
