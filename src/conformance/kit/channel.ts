import * as sys from '../../sys.js';
import { arrived, until } from './waiting.js';

/** A pair of ends that counts the unread messages of one byte between them. */
export class Channel {
  readonly reader: number;
  readonly writer: number;
  readonly #hasMessages: boolean;
  #unread = 0;

  /** `hasMessages`: each read takes one message, however long the message is. */
  constructor([reader, writer]: readonly [number, number], hasMessages: boolean) {
    this.reader = reader;
    this.writer = writer;
    this.#hasMessages = hasMessages;
  }

  /** Sends one message, and returns when it has arrived. */
  send(): void {
    if (sys.write(this.writer, Buffer.from('x')) !== 1) throw new Error(`write(${this.writer}) took nothing`);
    this.#unread++;
    arrived(this.reader, this.#hasMessages ? 1 : this.#unread);
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
