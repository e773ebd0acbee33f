import { AsyncLocalStorage } from 'node:async_hooks';
import type { Duplex } from 'node:stream';
import { Finding, codeOf } from '../finding.js';
import type { Operation } from '../fuzzer.js';
import { Peer, pattern } from './peer.js';
import { sizeOf } from './script.js';

/** Turns of the host's loop in which nothing happens, after which everything has come to rest. */
const QUIET_TURNS = 6;
const MOST_TURNS = 3000;

const step = new AsyncLocalStorage<number>();

/** What was seen of one stream during a script, by kind. Each list is in order. */
export interface Seen {
  readonly life: string[];
  readonly callbacks: string[];
  received: number;
  peerReceived: number;
  /** Whether the peer has closed with unread bytes. */
  wasReset: boolean;
  peerSawEnd: boolean;
}

/** One script on one stream. */
export class Trial {
  readonly record: Seen = { life: [], callbacks: [], received: 0, peerReceived: 0, wasReset: false, peerSawEnd: false };
  readonly #stream: Duplex;
  readonly #peer: Peer;
  #written = 0;
  #writes = 0;
  #onData: Array<() => void> = [];
  #activity = 0;
  #isClosed = false;
  /** A finding of a listener: it is not thrown there, because the exception would go into the stream. */
  #found: Finding | undefined;

  constructor(stream: Duplex, peer: number) {
    this.#stream = stream;
    this.#peer = new Peer(peer);
    for (const name of ['end', 'finish'] as const) stream.on(name, () => this.#live(name));
    stream.on('error', (error) => this.#live(`error ${codeOf(error)}`));
    stream.on('close', (hadError: unknown) => {
      this.#live(`close ${String(hadError)}`);
      this.#isClosed = true;
    });
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  async play(script: readonly Operation[]): Promise<void> {
    for (const [index, [name, size]] of script.entries()) {
      step.run(index, () => this.#make(name, size ?? 0));
      await this.#rest(name === 'peerDrain' || name === 'peerBoth');
    }
    this.#stream.resume();
    await this.#rest(true);
    this.#peer.close();
    await this.#rest(false);
    if (!this.#isClosed) this.record.life.push('still open');
    this.#stream.destroy();
    await this.#rest(false);
    if (!this.#isClosed) throw new Finding('close', "a destroyed stream does not emit 'close'");
    if (this.record.callbacks.length !== this.#writes)
      throw new Finding('callbacks', `${this.#writes} writes have ${this.record.callbacks.length} callbacks`);
    this.record.peerReceived = this.#peer.received;
    this.record.wasReset = this.#peer.wasReset;
    this.record.peerSawEnd = this.#peer.sawEnd;
    this.#checkLife();
  }

  /** Checks that each event came once at most, and that an error came before 'close', which says so. */
  #checkLife(): void {
    const events = this.record.life.filter((event) => event !== 'still open');
    const names = events.map((event) => event.split(' ')[0]!);
    const hasError = names.includes('error');
    const isRight =
      new Set(names).size === names.length &&
      events.at(-1) === `close ${hasError}` &&
      (!hasError || names.indexOf('finish') < names.indexOf('error'));
    if (!isRight) throw new Finding('life', `[${this.record.life.join(', ')}]`);
    const order = this.record.callbacks.map((line) => parseInt(line, 10));
    if (order.some((index, at) => index !== at)) throw new Finding('callbacks', `out of order: ${order.join()}`);
  }

  /** Ends the trial, also after a finding. */
  clear(): void {
    this.#stream.destroy();
    this.#peer.close();
  }

  #live(event: string): void {
    this.#activity++;
    if (this.#isClosed) this.#found ??= new Finding('after close', event);
    this.record.life.push(event);
  }

  #take(chunk: Buffer): void {
    this.#activity++;
    if (this.record.life.includes('end')) this.#found ??= new Finding('after end', `${chunk.length} bytes`);
    if (!pattern(this.record.received, chunk.length).equals(chunk))
      this.#found ??= new Finding('bytes', `wrong bytes from ${this.record.received} on, ${chunk.length} of them`);
    this.record.received += chunk.length;
    for (const act of this.#onData.splice(0)) act();
  }

  #make(name: string, size: number): void {
    const stream = this.#stream;
    switch (name) {
      case 'write':
        return this.#write(sizeOf(size));
      case 'writeMany':
        return void Array.from({ length: size + 2 }, () => this.#write(1000));
      case 'end':
        return void (stream.writable && stream.end(this.#next(sizeOf(size))));
      case 'pause':
        return void stream.pause();
      case 'resume':
        return void stream.resume();
      case 'destroy':
        return void stream.destroy(size === 1 ? Object.assign(new Error('wanted'), { code: 'WANTED' }) : undefined);
      case 'cork':
        return this.#cork(size + 1);
      case 'echoNext':
        return void this.#onData.push(() => this.#write(sizeOf(size)));
      case 'destroyOnData':
        return void this.#onData.push(() => stream.destroy());
      case 'endOnData':
        return void this.#onData.push(() => stream.writable && stream.end());
      case 'peerWrite':
        return this.#peer.write(sizeOf(size));
      case 'peerRead':
        return void this.#peer.read(sizeOf(size));
      case 'peerBoth':
        return this.#peer.write(sizeOf(size));
      case 'peerEnd':
        return this.#peer.end();
      case 'peerClose':
        return this.#peer.close();
      case 'peerReset':
        return this.#peer.reset();
      case 'together':
        return this.#together(size);
      default:
    }
  }

  #together(kind: number): void {
    this.#peer.write(5000);
    this.#write(100);
    if (kind === 0) this.#peer.end();
    else if (kind === 1) this.#peer.close();
    else this.#peer.write(100);
  }

  #cork(writes: number): void {
    this.#stream.cork();
    for (let count = 0; count < writes; count++) this.#write(700);
    this.#stream.uncork();
  }

  #write(size: number): void {
    if (!this.#stream.writable) return;
    const index = this.#writes++;
    this.#stream.write(this.#next(size), (error) => {
      this.#activity++;
      this.record.callbacks.push(`${index} ${error ? codeOf(error) : 'done'}`);
    });
  }

  #next(size: number): Buffer {
    const bytes = pattern(this.#written, size);
    this.#written += size;
    return bytes;
  }

  /**
   * Waits for turns of the host's loop until nothing happens any more. `isDraining`: the peer reads all that arrives.
   */
  async #rest(isDraining: boolean): Promise<void> {
    let [seen, quiet] = [-1, 0];
    for (let turn = 0; quiet < QUIET_TURNS; turn++) {
      if (turn === MOST_TURNS) throw new Finding('rest', 'a stream does not come to rest');
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#found !== undefined) throw this.#found;
      if (isDraining) this.#activity += this.#peer.drain();
      const isSending = isDraining && this.#peer.isOpen && !this.#stream.destroyed && this.#stream.writableLength > 0;
      if (isSending) await new Promise((resolve) => setTimeout(resolve, 1));
      quiet = this.#activity === seen && !isSending ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }
}
