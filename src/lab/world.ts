import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fixtures } from '../conformance/kit/fixtures.js';
import { Scope } from '../conformance/kit/scope.js';
import { fill, receive, relieve } from '../conformance/kit/transfer.js';
import { sleep } from '../conformance/kit/waiting.js';
import { programs } from '../conformance/runner/programs.js';
import { createPoller } from '../index.js';
import { READABLE, READ_CLOSED, WRITABLE } from '../interest.js';
import * as sys from '../sys.js';
import { type Command, type End, LabError, type LabKind } from './commands.js';
import { descriptionOf, isOneWay, pairOf } from './kinds.js';

/** How long a connection or terminal is given to move what one end did to the other end. */
const PATIENCE_MS = 4000;
/** A terminal of some kernels does not tell one side what happened to the other. */
const TERMINAL_PATIENCE_MS = 500;
/** So many unread bytes have room at any end. */
const SURELY_TAKEN = 4096;
/** Where there may be no room, and no byte has arrived for so long, none will. */
const STILL_MS = 500;
/** What arrives is there a moment before those who wait for it are told. */
const MOMENT_MS = 5;

/** What an experiment is made on: a descriptor that is watched, and what is at its other end. */
export class World {
  readonly kind: LabKind;
  readonly isWriter: boolean;
  /** The number of the watched descriptor, also when it is closed. */
  readonly fd: number;
  readonly #scope = new Scope();
  readonly #open: Fixtures;
  readonly #ends = new Map<End, number>();
  /** Where the peers of a listener connect to. */
  readonly #path: string = '';
  #pending = 0;
  #isFilled = false;

  constructor(kind: LabKind, isWriter: boolean) {
    this.kind = kind;
    this.isWriter = isWriter;
    const scope = this.#scope;
    let folder: string | undefined;
    this.#open = new Fixtures(scope, {
      source: { createPoller },
      programs,
      // Few kinds have a path.
      get directory(): string {
        if (folder !== undefined) return folder;
        const made = mkdtempSync(join(tmpdir(), 'pollux-lab-'));
        const remove = (): void => rmSync(made, { recursive: true, force: true });
        process.once('exit', remove);
        scope.atEnd(() => {
          process.off('exit', remove);
          remove();
        });
        folder = made;
        return made;
      },
    });
    try {
      if (kind === 'listener') {
        const { listener, path } = this.#open.unixListener();
        this.#path = path;
        this.#ends.set('fd', listener);
      } else {
        const [reader, writer] = pairOf(kind, this.#open);
        this.#ends.set('fd', isWriter ? writer : reader).set('peer', isWriter ? reader : writer);
      }
    } catch (error) {
      this.end();
      throw error;
    }
    this.fd = this.#ends.get('fd')!;
  }

  /** Closes everything. */
  end(): void {
    this.#scope.unwind();
  }

  /** What the interest is unless `watch` says another one. */
  get usualInterest(): number {
    return this.isWriter ? WRITABLE : READABLE;
  }

  /** What is open, in words. */
  get description(): string {
    return descriptionOf(this.kind, this.isWriter);
  }

  /** What waits to be read or accepted, in words; `''`: nothing, or the descriptor was filled. */
  state(interest: number): string {
    if (this.kind === 'listener') return this.#pending > 0 ? `${this.#pending} waiting` : '';
    const { reader } = this.#flow(interest);
    const unread = this.#isFilled ? undefined : this.#unread(reader);
    return unread === undefined || unread === 0 ? '' : `${unread} unread${reader === 'fd' ? '' : ` at ${reader}`}`;
  }

  /** Performs `command`. Returns what the system said, in words; `''`: what was asked for was done. */
  perform(command: Command, interest: number): string {
    const result = this.#perform(command, interest);
    if (this.#isLate) sleep(MOMENT_MS);
    return result;
  }

  #perform(command: Command, interest: number): string {
    const { name, end, bytes } = command;
    if ((this.kind === 'listener') !== LISTENING.includes(name) && !ANYWHERE.includes(name))
      throw new LabError(`"${name}" does not go with a ${this.kind}`);
    const { reader, writer } = this.#flow(interest);
    try {
      switch (name) {
        case 'write':
          return this.#write(end ?? writer, bytes);
        case 'read':
          return this.#read(end ?? reader, bytes);
        case 'fill':
          return this.#fill(end ?? writer);
        case 'drain':
          return this.#drain(end ?? reader);
        case 'close':
          return this.#close(end ?? (this.kind === 'listener' ? 'fd' : 'peer'));
        case 'reset':
          if (this.kind !== 'tcp') throw new LabError('"reset" needs "open tcp"');
          return this.#close(end ?? 'peer', (fd) => this.#open.reset(fd));
        case 'shutdown':
          return this.#shutdown(end ?? 'peer', command.direction);
        case 'dup':
          if (this.#ends.has('dup')) throw new LabError('there is a duplicate of fd already');
          this.#ends.set('dup', this.#open.dup(this.#number('fd')));
          return '';
        case 'connect':
          sys.connect(this.#open.socket('unix'), { path: this.#path });
          this.#pending++;
          return '';
        case 'accept':
          return this.#accept();
        default:
          return '';
      }
    } catch (error) {
      // What the kernel refuses is a result. Other errors are not of the experiment.
      if (error instanceof LabError || !('syscall' in (error as object))) throw error;
      return (error as sys.SystemError).code;
    }
  }

  /** Which end is read and which is written unless a command names one. */
  #flow(interest: number): { readonly reader: End; readonly writer: End } {
    const isFromFd = isOneWay(this.kind) ? this.isWriter : (interest & (READABLE | WRITABLE)) === WRITABLE;
    return isFromFd ? { reader: 'peer', writer: 'fd' } : { reader: 'fd', writer: 'peer' };
  }

  #number(end: End): number {
    const fd = this.#ends.get(end);
    if (fd === undefined) throw new LabError(end === 'dup' ? 'there is no duplicate: "dup"' : `${end} is closed`);
    return fd;
  }

  /** Whether what one end does arrives at the other end some time later. */
  get #isLate(): boolean {
    return this.kind === 'tcp' || this.kind === 'pty';
  }

  /** The other end, where data and ends arrive late. */
  #late(end: End): number | undefined {
    if (!this.#isLate) return undefined;
    return end === 'peer' ? (this.#ends.get('fd') ?? this.#ends.get('dup')) : this.#ends.get('peer');
  }

  #unread(end: End): number | undefined {
    const fd = this.#ends.get(end);
    try {
      return fd === undefined ? undefined : sys.bytesReadable(fd);
    } catch {
      // A terminal that has hung up.
      return undefined;
    }
  }

  #write(end: End, bytes: number): string {
    const fd = this.#number(end);
    const other = this.#late(end);
    const before = other === undefined || this.#isFilled ? undefined : sys.bytesReadable(other);
    const written = sys.write(fd, Buffer.alloc(bytes, 'x'));
    if (written === sys.WOULD_BLOCK) return 'WOULD_BLOCK';
    if (before !== undefined) this.#arrived(other!, before + written);
    return written === bytes ? '' : `${written}`;
  }

  /** Returns when `length` bytes can be read from `fd`, or when no more arrive, because there is no room for them. */
  #arrived(fd: number, length: number): void {
    const patience = length < SURELY_TAKEN ? PATIENCE_MS : STILL_MS;
    let deadline = performance.now() + patience;
    for (let seen = -1, now = 0; now < length && performance.now() < deadline; sleep(1)) {
      now = sys.bytesReadable(fd);
      if (now !== seen) deadline = performance.now() + patience;
      seen = now;
    }
  }

  #read(end: End, bytes: number): string {
    const length = receive(this.#number(end), bytes);
    if (length === sys.WOULD_BLOCK) return 'WOULD_BLOCK';
    return length === 0 ? '0, the end' : length === bytes ? '' : `${length}`;
  }

  #fill(end: End): string {
    const fd = this.#number(end);
    // A terminal moves its data by itself, as a TCP connection does.
    fill(fd, this.#isLate ? 'TCP' : 'pipe');
    this.#isFilled = true;
    return 'WOULD_BLOCK';
  }

  #drain(end: End): string {
    const fd = this.#number(end);
    const other = this.#late(end);
    let total = 0;
    let length = receive(fd);
    for (; length > 0; length = receive(fd)) total += length;
    if (this.#isFilled && other !== undefined) {
      if (length !== 0) relieve(fd, 'TCP');
      this.#heard(other, WRITABLE);
    }
    const read = total === 0 || this.#isFilled ? '' : `${total}, `;
    this.#isFilled = false;
    return `${read}${length === 0 ? 'the end' : 'WOULD_BLOCK'}`;
  }

  #shutdown(end: End, direction: Command['direction']): string {
    sys.shutdown(this.#number(end), direction);
    if (direction !== 'read') this.#ended(this.#late(end));
    return '';
  }

  #close(end: End, close = this.#scope.close): string {
    const fd = this.#number(end);
    const other = this.#late(end);
    this.#ends.delete(end);
    close(fd);
    const isOpen = end !== 'peer' && (this.#ends.has('fd') || this.#ends.has('dup'));
    if (!isOpen) this.#ended(other);
    return '';
  }

  /** Returns when `fd` has heard that the other end has finished, or cannot hear it behind what fills it. */
  #ended(fd: number | undefined): void {
    if (fd !== undefined && !this.#isFilled) this.#heard(fd, READ_CLOSED);
  }

  #accept(): string {
    const fd = sys.accept(this.#number('fd'));
    if (fd === sys.WOULD_BLOCK) return 'WOULD_BLOCK';
    this.#scope.own(fd);
    this.#pending--;
    return 'a connection';
  }

  /** Returns when `fd` reports `interest`, a hangup or an error, or never will. */
  #heard(fd: number, interest: number): void {
    const poller = createPoller({ audit: false });
    attempt(() => {
      poller.add(fd, interest);
      poller.wait(this.kind === 'pty' ? TERMINAL_PATIENCE_MS : PATIENCE_MS);
    });
    poller.close();
  }
}

const LISTENING: readonly Command['name'][] = ['connect', 'accept'];
const ANYWHERE: readonly Command['name'][] = ['close', 'dup', 'wait'];

/** The effect of an act may never arrive, because the other end no longer takes anything. */
function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The pollers show what there is.
  }
}
