import * as sys from '../../sys.js';
import { type Kind, hasMessages } from './kinds.js';
import { arrived, until } from './waiting.js';

/** A pair of ends that counts the unread messages of one byte between them. */
export class Channel {
  readonly reader: number;
  readonly writer: number;
  readonly #isDatagram: boolean;
  #unread = 0;

  constructor([reader, writer]: readonly [number, number], kind: Kind) {
    this.reader = reader;
    this.writer = writer;
    this.#isDatagram = hasMessages(kind);
  }

  /** Sends one message, and returns when it has arrived. */
  send(): void {
    if (sys.write(this.writer, Buffer.from('x')) !== 1) throw new Error(`write(${this.writer}) took nothing`);
    this.#unread++;
    arrived(this.reader, this.#isDatagram ? 1 : this.#unread);
  }

  /** Reads one message. */
  receive(): void {
    const buffer = Buffer.alloc(1);
    until(`a message on ${this.reader}`, () => sys.read(this.reader, buffer) === 1);
    this.#unread--;
  }

  /** Reads all messages, and checks that the next read says `WOULD_BLOCK`. */
  drain(): void {
    while (this.#unread > 0) this.receive();
    const length = sys.read(this.reader, Buffer.alloc(1));
    if (length !== sys.WOULD_BLOCK) throw new Error(`read(${this.reader}) returned ${length}, more than was sent`);
  }
}
