import type { Call } from './calls.js';
import type { Description } from './description.js';
import type { FdTable, Process } from './processes.js';

/** A call that a finding shows. */
export interface ShownCall {
  readonly line: number;
  readonly timeMs: number;
  readonly pid: number;
  readonly text: string;
}

const MOST_TEXT = 200;

export function shownCall({ beganAt, beganMs, pid, text }: Call): ShownCall {
  const short = text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT - 40)} … ${text.slice(-36)}`;
  return { line: beganAt, timeMs: beganMs, pid, text: short };
}

/** The one event of a wait that a finding is about. */
function eventCall(call: Call, bits: Bits): ShownCall {
  const text = `${call.name}(${call.args[0]}, [… {events=${[...bits].join('|')}, …} …], …) = ${call.result}`;
  return { ...shownCall(call), text: call.text.length <= MOST_TEXT ? call.text : text };
}

/** The bits of an epoll_event by name. */
export type Bits = ReadonlySet<string>;

/** The same few combinations come again and again. */
const known = new Map<string, Bits>();

export function bitsOf(text: string): Bits {
  let bits = known.get(text);
  if (bits === undefined) {
    bits = new Set(text.split('|'));
    if (known.size < 1000) known.set(text, bits);
  }
  return bits;
}

const READS: readonly string[] = ['EPOLLIN', 'EPOLLPRI', 'EPOLLRDNORM', 'EPOLLRDBAND'];
const INTEREST: readonly string[] = [...READS, 'EPOLLOUT', 'EPOLLWRNORM', 'EPOLLWRBAND', 'EPOLLRDHUP', 'EPOLLMSG'];

/** What was read since the event: nothing; a buffer was filled; less, and the end is left; a message or connection. */
export type ReadSince = 'nothing' | 'full' | 'short' | 'one';

/** What a registration needs of its epoll instance. */
export interface Instance {
  readonly description: Description;
  readonly waitedMs: number;
  readonly waits: number;
  readonly epoch: number;
  readonly waiters: number;
  /** The program reads without an event as well: it remembers what is ready, and is not bound to the next event. */
  remembers: boolean;
  /** Registrations that may turn out to be faults. */
  readonly suspects: Set<Registration>;
  late: { readonly tell: () => void } | undefined;
  lates: number;
}

/** One descriptor in one epoll instance. */
export class Registration {
  readonly epoll: Instance;
  readonly fd: number;
  readonly description: Description;
  readonly table: FdTable;
  readonly process: Process;
  data: string;
  /** The bits as strace shows them. */
  interest: string;
  bits: Bits;
  added: ShownCall;
  event: ShownCall | undefined;
  firstRead: ShownCall | undefined;
  lastRead: ShownCall | undefined;
  closed: ShownCall | undefined;
  events = 0;
  /** The line at which the last event was delivered that counts for "over and over". */
  eventAt = 0;
  /** Edge mode: an event was delivered, and no read has said that nothing is left. */
  isUndrained = false;
  readSince: ReadSince = 'nothing';
  /** An event has told that the peer sends no more (EPOLLRDHUP), or that both directions are finished (EPOLLHUP). */
  sawReadClosed = false;
  sawHangup = false;
  /** An event came while something was left of the one before, and nobody had read in between: the next read tells. */
  isPrompted = false;
  promptedAtWaits = 0;
  promptedQuietMs = 0;
  closedAtMs = 0;
  closedAtWaits = 0;
  hasFired = false;
  /** How many reads since the event would have blocked, had nothing been there. */
  blockingReads = 0;
  /** A fault of its reads was told: another one would be the same once more. */
  isTold = false;
  /** Another registration has the same data: which of them an event is of, nobody knows. */
  isAmbiguous = false;
  /** No descriptor is left with which somebody could end it. */
  isGhost = false;
  /** What the epoll had been waited for when somebody last used the descriptor, in milliseconds. */
  usedAtMs: number;
  usedAtWaits: number;
  addedAtMs: number;
  /** How many events in a row had an end, an end after a read of 0, or room, without a reaction. */
  ends = 0;
  endsAfterRead = 0;
  rooms = 0;
  readBetweenRooms = false;
  /** The epoch of the epoll at the last epoll_ctl. */
  changedAt = -1;

  constructor(
    epoll: Instance,
    fd: number,
    description: Description,
    owner: Owner,
    call: Call,
    interest: string,
    data: string,
  ) {
    this.epoll = epoll;
    this.fd = fd;
    this.description = description;
    this.table = owner.table;
    this.process = owner.process;
    this.interest = interest;
    this.bits = bitsOf(interest);
    this.data = data;
    this.added = shownCall(call);
    this.usedAtMs = this.addedAtMs = epoll.waitedMs;
    this.usedAtWaits = epoll.waits;
  }

  get isOneshot(): boolean {
    return this.bits.has('EPOLLONESHOT');
  }

  get isEdge(): boolean {
    return this.bits.has('EPOLLET') && !this.isOneshot;
  }

  get wantsRead(): boolean {
    return READS.some((bit) => this.bits.has(bit));
  }

  get wantsNothing(): boolean {
    return (
      (this.isEdge || this.isOneshot) && !INTEREST.some((bit) => this.bits.has(bit)) && !this.interest.includes('0x')
    );
  }

  /** How long the program has waited for events since somebody used the descriptor, in milliseconds. */
  get quietMs(): number {
    return this.epoll.waitedMs - this.usedAtMs;
  }

  used(): void {
    this.usedAtMs = this.epoll.waitedMs;
    this.usedAtWaits = this.epoll.waits;
  }

  /** The wait `call` has delivered an event. */
  delivered(call: Call, bits: Bits): void {
    this.events++;
    this.used();
    const isEnd = bits.has('EPOLLHUP') || bits.has('EPOLLRDHUP') || bits.has('EPOLLERR');
    const isRead = isEnd || READS.some((bit) => bits.has(bit));
    if (this.isOneshot) this.hasFired = true;
    else if (this.isEdge && !isRead) return;
    this.event = eventCall(call, bits);
    if (!isRead || !(this.isEdge || this.isOneshot)) return;
    this.isUndrained = true;
    this.readSince = 'nothing';
    this.firstRead = undefined;
    this.blockingReads = 0;
    this.sawReadClosed = bits.has('EPOLLRDHUP');
    this.sawHangup = bits.has('EPOLLHUP');
  }

  /** epoll_ctl has changed or re-armed it. */
  modified(call: Call, interest: string, data: string): void {
    if (interest !== this.interest) this.ends = this.rooms = 0;
    this.interest = interest;
    this.bits = bitsOf(interest);
    if (!this.wantsRead) this.endsAfterRead = 0;
    this.data = data;
    this.added = shownCall(call);
    this.isUndrained = this.hasFired = this.isPrompted = false;
    this.used();
  }
}

/** Who made the call. */
export interface Owner {
  readonly table: FdTable;
  readonly process: Process;
}
