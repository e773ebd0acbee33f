import { AsyncResource } from 'node:async_hooks';
import { WOULD_BLOCK } from '../addon/exports.js';
import { streamDestroyed, type SystemError } from '../errors.js';
import { nextTick } from '../host.js';
import { write, writev } from '../sys/streams.js';
import type { DescriptorTraits } from './descriptor-traits.js';
import { concernsOneMessage, type MessageOutcomes } from './message-outcomes.js';
import { inSocketForm } from './socket-errors.js';

/** writev(2) accepts at most IOV_MAX buffers. */
const MOST_PARTS = 1024;

/**
 * A queue of the device is full (packet(7), CAN, a BSD's datagrams), or there is no memory for the message: no poll
 * reports that there is room again.
 */
const UNANNOUNCED: ReadonlySet<string> = new Set(['ENOBUFS', 'ENOMEM']);

const NOTHING: Uint8Array[] = [];
/** What `#writeSome()` returns where the kernel has refused one message. */
const REFUSED = -2;

type Callback = (error?: Error | null) => void;

/** The write side of a stream: the one write that is under way, and what the kernel has not taken of it. */
export class WriteSide {
  readonly #stream: { readonly fd: number };
  readonly #traits: DescriptorTraits;
  /** Chunks may go together in one system call, and in parts. */
  readonly #joins: boolean;
  readonly #outcomes: MessageOutcomes | undefined;
  /** Of the write that is under way. */
  #chunks = NOTHING;
  #callback: Callback | undefined;
  /** How many of the chunks the kernel has taken. */
  #first = 0;
  /** The async context of the write, once it is to end in another turn. */
  #context: AsyncResource | undefined;
  #bytesTaken = 0;
  #isHeldBack = false;

  /** `outcomes`: is told what becomes of each message. */
  constructor(stream: { readonly fd: number }, traits: DescriptorTraits, outcomes: MessageOutcomes | undefined) {
    this.#stream = stream;
    this.#traits = traits;
    this.#joins = !traits.keepsMessages;
    this.#outcomes = outcomes;
  }

  /** Whether a write is under way. */
  get isBusy(): boolean {
    return this.#callback !== undefined;
  }

  /** Whether the write waits for room that no event announces, so that flush() has to be called after a while. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** How many bytes of all writes the kernel has taken. */
  get bytesTaken(): number {
    return this.#bytesTaken;
  }

  /** Begins a write; none is under way. */
  begin(chunks: Uint8Array[], callback: Callback): void {
    this.#chunks = chunks;
    this.#callback = callback;
    this.#first = 0;
    this.#context = undefined;
  }

  /**
   * The write that is under way, if there is one, ends in another turn: its callback is called in the present async
   * context.
   */
  delay(): void {
    if (this.isBusy) this.#context = new AsyncResource('pollux.write');
  }

  /**
   * Writes what the kernel takes now. The write ends when all of it is taken, or a system call fails. True: it is held
   * back.
   */
  flush(): boolean {
    this.#isHeldBack = false;
    let failure: Error | undefined;
    try {
      if (!this.#writeAll()) return this.#isHeldBack;
    } catch (error) {
      failure = inSocketForm(error, 'write');
    }
    this.#end()(failure);
    return false;
  }

  /** Gives up the write that is under way, if there is one: its callback is called in a tick. */
  abandon(reason: Error | null): void {
    if (!this.isBusy) return;
    const end = this.#end();
    nextTick(() => end(reason ?? streamDestroyed('write')));
  }

  /** No write is under way any more. Returns what calls the callback, which may begin the next write. */
  #end(): Callback {
    const callback = this.#callback!;
    const context = this.#context;
    this.#chunks = NOTHING;
    this.#callback = this.#context = undefined;
    this.#isHeldBack = false;
    return context === undefined ? callback : (error) => context.runInAsyncScope(callback, undefined, error);
  }

  /** Writes until the kernel takes no more. True: it has all. */
  #writeAll(): boolean {
    while (this.#first < this.#chunks.length) {
      const end = this.#joins ? Math.min(this.#chunks.length, this.#first + MOST_PARTS) : this.#first + 1;
      const taken = this.#writeSome(end);
      if (taken === WOULD_BLOCK) return false;
      if (taken === REFUSED) {
        this.#first++;
        continue;
      }
      this.#bytesTaken += taken;
      if (!this.#skip(taken, end)) return false;
      this.#outcomes?.settle();
    }
    return true;
  }

  #writeSome(end: number): number {
    try {
      return this.#write(end);
    } catch (error) {
      if (this.#joins) throw error;
      if (UNANNOUNCED.has((error as SystemError).code)) {
        this.#isHeldBack = true;
        return WOULD_BLOCK;
      }
      if (!concernsOneMessage(error, this.#traits, true)) throw error;
      this.#outcomes!.settle(inSocketForm(error, 'write'));
      return REFUSED;
    }
  }

  #write(end: number): number {
    const chunks = this.#chunks;
    const { fd } = this.#stream;
    if (end - this.#first === 1) return write(fd, chunks[this.#first]!);
    return writev(fd, this.#first === 0 && end === chunks.length ? chunks : chunks.slice(this.#first, end));
  }

  /** The kernel has taken `taken` bytes of the chunks before `end`. False: some of these are left. */
  #skip(taken: number, end: number): boolean {
    let rest = taken;
    for (; this.#first < end; this.#first++) {
      const chunk = this.#chunks[this.#first]!;
      if (chunk.length > rest) {
        if (rest > 0) this.#chunks[this.#first] = chunk.subarray(rest);
        return false;
      }
      rest -= chunk.length;
    }
    return true;
  }
}
