import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends bytes and waits for answers of a known length. */
export class Talk {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.socket.emit('received');
    });
  }

  /** Resolves once the next `length` bytes are there. */
  async take(length: number): Promise<Buffer> {
    while (this.#length < length) await once(this.socket, 'received');
    const received = Buffer.concat(this.#chunks);
    this.#chunks = [received.subarray(length)];
    this.#length -= length;
    return received.subarray(0, length);
  }

  /** Sends `request`, and resolves with as many characters as `expected` has, to compare them. */
  async ask(request: string, expected: string): Promise<string> {
    if (request !== '') this.socket.write(request, 'latin1');
    return (await this.take(expected.length)).toString('latin1');
  }

  /** Resolves with what came until the server ended the connection. */
  async rest(): Promise<string> {
    if (!this.socket.readableEnded) await once(this.socket, 'end');
    return (await this.take(this.#length)).toString('latin1');
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Why a program cannot be used here; undefined where it can. */
export function lacks(program: string): string | undefined {
  const { error } = spawnSync(program, ['--version']);
  return error === undefined ? undefined : `${program} is not installed`;
}
