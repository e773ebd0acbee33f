import * as sys from 'pollux/sys';
import { descriptors } from '../../support/descriptors.js';
import { kernel } from '../kernel.js';
import { File, Group, type FileKind } from './file.js';
import { OPENINGS, clientOf, type Opened } from './openings.js';

export const SLOTS = 12;
const SCRATCH = Buffer.alloc(65536, 'x');
const INTO = Buffer.alloc(65536);
const MOST_FILLS = 400;

/** A descriptor that the program under test has or had: the slot keeps its number after it was closed. */
export interface Slot {
  fd: number;
  file: File | undefined;
}

/** Is told what happens to the numbers that a world closes. */
export interface Witness {
  onClose(fd: number, file: File): void;
}

/** The descriptors of one episode, and what is known of their files. */
export class World {
  readonly slots: Slot[] = Array.from({ length: SLOTS }, () => ({ fd: -1, file: undefined }));
  readonly witnesses: Witness[] = [];
  /** The files of the numbers that this world has open, pollers included. */
  readonly numbers = new Map<number, File>();
  /** Counts operations and checks. It serves as the time of an episode. */
  clock = 1;
  readonly #table = new Int32Array(2 * 64);

  /** The file that is open as `fd`; undefined if `fd` is closed or was not opened by this world. */
  fileOf(fd: number): File | undefined {
    return this.numbers.get(fd);
  }

  open(kind: Exclude<FileKind, 'poller'>, first: number, second: number): void {
    const opened = OPENINGS[kind]();
    opened.forEach((one, index) => this.put(index === 0 ? first : second, one));
    this.touch(opened[0]!.file);
  }

  put(index: number, { fd, file }: Opened): void {
    this.slots[index] = { fd, file };
    this.enter(fd, file);
  }

  /** A number is in use from here on. */
  enter(fd: number, file: File): void {
    file.references++;
    file.number = fd;
    this.numbers.set(fd, file);
  }

  /** A number is no longer in use. The witness is not told yet. */
  leave(fd: number): void {
    const file = this.numbers.get(fd)!;
    this.numbers.delete(fd);
    if (--file.references > 0 && file.number === fd) {
      for (const [other, named] of this.numbers) if (named === file) file.number = other;
    }
    for (const witness of this.witnesses) witness.onClose(fd, file);
  }

  close(slot: Slot): void {
    const file = slot.file!;
    sys.close(slot.fd);
    slot.file = undefined;
    this.leave(slot.fd);
    this.touch(file);
  }

  /** Closes a connection with a reset: its peer gets ECONNRESET. */
  reset(slot: Slot): void {
    sys.setOption(slot.fd, 'linger', 0);
    this.close(slot);
  }

  dup(from: Slot, to: number): void {
    this.put(to, { fd: sys.dup(from.fd), file: from.file! });
    this.touch(from.file!);
  }

  /** Makes the number of `to`, open or closed, another name of `from`. */
  dup2(from: Slot, to: Slot): void {
    const former = to.file;
    if (former === undefined && kernel.isOpen(to.fd)) return;
    descriptors.dup2(from.fd, to.fd);
    if (former !== undefined) this.leave(to.fd);
    to.file = from.file;
    this.enter(to.fd, from.file!);
    if (former !== undefined) this.touch(former);
    this.touch(from.file!);
  }

  write(slot: Slot, length: number): number {
    const file = slot.file!;
    const written = this.#try(() => sys.write(slot.fd, file.kind === 'event' ? ONE : SCRATCH.subarray(0, length)));
    this.touch(file);
    if (written > 0) (file.kind === 'event' ? file : file.peer)?.hear(this.clock);
    return written;
  }

  fill(slot: Slot): void {
    const length = slot.file!.keepsMessages ? 2048 : SCRATCH.length;
    for (let count = 0; count < MOST_FILLS && this.write(slot, length) > 0; count++);
  }

  read(slot: Slot, length: number): number {
    const read = this.#try(() => sys.read(slot.fd, INTO, 0, slot.file!.kind === 'event' ? 8 : length));
    this.touch(slot.file!);
    return read;
  }

  drain(slot: Slot): void {
    for (let count = 0; count < MOST_FILLS && this.read(slot, INTO.length) > 0; count++);
  }

  shutdown(slot: Slot, direction: 'read' | 'write' | 'both'): void {
    this.#try(() => sys.shutdown(slot.fd, direction));
    const file = slot.file!;
    if (direction !== 'read') file.shutWrite = true;
    if (direction !== 'write') file.shutRead = true;
    this.touch(file);
  }

  sendOutOfBand(slot: Slot): void {
    this.#try(() => sys.send(slot.fd, SCRATCH, 0, 1, sys.MSG_OOB));
    if (slot.file!.peer !== undefined) slot.file!.peer.hadOutOfBand = true;
    slot.file!.hadOutOfBand = true;
    this.touch(slot.file!);
  }

  takeError(slot: Slot): void {
    this.#try(() => sys.takeError(slot.fd));
    this.touch(slot.file!);
  }

  /** A client connects to the listener in `slot`. */
  connect(slot: Slot, to: number): void {
    const file = new File('tcp', slot.file!.group);
    this.put(to, { fd: clientOf(slot.fd), file });
    this.touch(file);
  }

  accept(slot: Slot, to: number): void {
    const fd = this.#try(() => sys.accept(slot.fd));
    const group = slot.file!.group;
    if (fd >= 0) this.put(to, { fd, file: new File('tcp', group) });
    this.touch(slot.file!);
  }

  /** A poller's own descriptor is a file too. */
  enterPoller(fd: number): File {
    const file = new File('poller', new Group());
    this.enter(fd, file);
    return file;
  }

  /** To be called after an operation on the file: looks at all files that the operation may have changed. */
  touch(file: File): void {
    const { group } = file;
    group.touchedAt = ++this.clock;
    this.look(group.files);
  }

  /** Asks poll(2) about files that are open, and notes what has risen. */
  look(files: readonly File[]): void {
    const table = this.#table;
    let count = 0;
    for (const file of files) if (file.references > 0) table[2 * count++] = file.number;
    kernel.poll(table, count);
    count = 0;
    for (const file of files) if (file.references > 0) file.see(table[2 * count++ + 1]!, this.clock);
  }

  /** Closes everything. Connections are reset, so that TCP does not keep their ports for a minute. */
  end(): void {
    for (const slot of this.slots) {
      if (slot.file === undefined) continue;
      if (slot.file.kind === 'tcp' && slot.file.references === 1)
        this.#try(() => (sys.setOption(slot.fd, 'linger', 0), 0));
      sys.close(slot.fd);
      slot.file = undefined;
    }
  }

  /** Returns what `call` returns, or −1 if the kernel refuses. */
  #try(call: () => number | void): number {
    try {
      return call() ?? 0;
    } catch {
      return -1;
    }
  }
}

const ONE = Buffer.from(new BigUint64Array([1n]).buffer);
