import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { ROOT } from './paths.js';

/** A request as clients send it: an array of bulk strings. */
export function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

export const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** Where the reply that begins at `at` ends in `text`; −1: it is not there yet. */
function endOfReply(text: string, at: number): number {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd < 0) return -1;
  const [sign, next, count] = [text[at]!, lineEnd + 2, Number(text.slice(at + 1, lineEnd))];
  if ('$='.includes(sign)) {
    const end = count < 0 ? next : next + count + 2;
    return end <= text.length ? end : -1;
  }
  let end = next;
  const parts = '*~>'.includes(sign) ? count : sign === '%' ? 2 * count : 0;
  for (let i = 0; i < parts && end >= 0; i++) end = endOfReply(text, end);
  return end;
}

/** A client of redis that sees the bytes of each reply. */
export class RedisTalk {
  readonly socket: Socket;
  #received = '';

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.#received += text;
    });
  }

  /** The next reply, also one that nobody asked for. */
  async reply(): Promise<string> {
    for (let end: number; ; ) {
      end = this.#received === '' ? -1 : endOfReply(this.#received, 0);
      if (end < 0) {
        await once(this.socket, 'data');
        continue;
      }
      const reply = this.#received.slice(0, end);
      this.#received = this.#received.slice(end);
      return reply;
    }
  }

  ask(...words: string[]): Promise<string> {
    this.socket.write(request(...words), 'latin1');
    return this.reply();
  }

  close(): void {
    this.socket.destroy();
  }
}

/**
 * What redis-server 7.0.15 answered to each request of redis-answers.txt, sent in this order to an empty server. The
 * lines of an answer follow the request and begin with the version of the protocol, or with a blank where both agree.
 */
export function recordedAnswers(version: '2' | '3'): Array<[words: string[], answer: string]> {
  const found: Array<[string[], string]> = [];
  for (const line of readFileSync(join(ROOT, 'test/project/redis-answers.txt'), 'latin1').trimEnd().split('\n')) {
    if (!/^[ 23] /.test(line)) found.push([line.split(' ').map((word) => (word === '""' ? '' : word)), '']);
    else if (line[0] === ' ' || line[0] === version) found.at(-1)![1] += `${line.slice(2)}\r\n`;
  }
  return found;
}
