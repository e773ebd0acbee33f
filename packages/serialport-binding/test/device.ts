import { constants } from 'node:fs';
import { FdStream } from 'pollux';
import { LinuxBinding, type LinuxOpenOptions, type LinuxPortBinding } from 'pollux-serialport-binding';
import * as sys from 'pollux/sys';
import type { Scope } from '../../../test/support/scope.js';

/** Plays the device at the end of a serial line, which is a pseudoterminal. */
export class Device {
  /** The path of the port that this device is at. */
  readonly path: string;
  readonly #scope: Scope;
  readonly #stream: FdStream;
  /** Kept open, so that the line does not hang up when the port is closed. */
  readonly #line: number;
  #received = Buffer.alloc(0);
  #onReceived: () => void = () => {};

  constructor(scope: Scope) {
    const { fd, path } = sys.openPty();
    this.path = path;
    this.#scope = scope;
    this.#line = scope.own(sys.open(path, constants.O_RDWR));
    this.#stream = new FdStream(fd);
    scope.atEnd(() => this.unplug());
  }

  /** Opens the port; the test closes it, or its end does. */
  async open(options: Partial<LinuxOpenOptions> = {}): Promise<LinuxPortBinding> {
    const port = await LinuxBinding.open({ path: this.path, baudRate: 9600, ...options });
    this.#scope.atEnd(() => {
      if (port.isOpen) void port.close();
    });
    return port;
  }

  /** What the port has been set to. */
  get settings(): sys.TerminalSettings {
    return sys.terminalSettings(this.#line);
  }

  send(bytes: string | Buffer): void {
    this.#stream.write(bytes);
  }

  /** How many bytes have come through the line that nobody has read. */
  get unread(): number {
    return sys.bytesReadable(this.#line);
  }

  /** Resolves when `length` bytes that the port has not read wait in the line. */
  async sent(bytes: string): Promise<void> {
    this.send(bytes);
    while (this.unread < bytes.length) await new Promise((done) => setImmediate(done));
  }

  /** From now on everything that arrives is sent back. */
  echo(): void {
    this.#stream.pipe(this.#stream);
  }

  /** The next `length` bytes that arrive. Before this is called, nothing is read. */
  async receive(length: number): Promise<Buffer> {
    if (this.#stream.listenerCount('data') === 0) {
      this.#stream.on('data', (chunk: Buffer) => {
        this.#received = Buffer.concat([this.#received, chunk]);
        this.#onReceived();
      });
    }
    while (this.#received.length < length) await new Promise<void>((done) => (this.#onReceived = done));
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  /** Ends the line, as an adapter does that is pulled out. */
  unplug(): void {
    this.#stream.destroy();
  }
}

/** What `promise` is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Rejection> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`rejected, but with no Error: ${String(error)}`);
  }
  throw new Error('the promise was not rejected');
}

export type Rejection = Error & { canceled?: boolean; disconnect?: boolean; code?: string };
