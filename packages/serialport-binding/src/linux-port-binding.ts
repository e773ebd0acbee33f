import type { BindingPortInterface, PortStatus, SetOptions, UpdateOptions } from '@serialport/bindings-interface';
import * as sys from 'pollux/sys';
import { attempt, canceled, notOpen } from './errors.js';
import { isLowLatency, linesOf, setLines, setLowLatency } from './linux-requests.js';
import type { LinuxOpenOptions } from './open-options.js';
import { drain, finishOutput } from './output.js';
import { PortIo } from './port-io.js';
import { setBaudRate } from './settings.js';

export interface LinuxPortStatus extends PortStatus {
  /** Whether the driver passes bytes on without collecting them first; false where it does not tell. */
  lowLatency: boolean;
}

export interface LinuxSetOptions extends SetOptions {
  /** Whether the driver is to pass bytes on without collecting them first. undefined: as it is. */
  lowLatency?: boolean;
}

const NOTHING = Buffer.alloc(0);

/** An open port. Its calls are made on this thread; none of them blocks it. */
export class LinuxPortBinding implements BindingPortInterface {
  readonly openOptions: Required<LinuxOpenOptions>;
  /** The descriptor; null once the port is closed. */
  fd: number | null;
  readonly #io: PortIo;
  readonly #closing = new AbortController();

  constructor(fd: number, openOptions: Required<LinuxOpenOptions>) {
    this.fd = fd;
    this.openOptions = openOptions;
    this.#io = new PortIo(fd);
  }

  get isOpen(): boolean {
    return this.fd !== null;
  }

  /**
   * Closes the port when what was written has been sent, or after 30 s. Reads, writes and drains that are under way end
   * at once with an error whose `canceled` is true.
   */
  async close(): Promise<void> {
    const fd = this.#openFd();
    this.fd = null;
    this.#io.cancel();
    this.#closing.abort();
    await finishOutput(fd);
    this.#io.close();
    attempt(
      () => sys.close(fd),
      (text) => `Error: ${text}, unable to close fd ${fd}`,
    );
  }

  /**
   * Reads up to `length` bytes into `buffer`, as soon as there is one.
   *
   * @throws BindingsError with `canceled: true`: the port was closed meanwhile. SystemError; with `disconnect: true`:
   *   the device is gone.
   */
  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    checkBuffer(buffer);
    checkNumber(offset, 'offset');
    checkNumber(length, 'length');
    if (buffer.length < offset + length) throw new Error('buffer is too small');
    this.#openFd();
    return { bytesRead: await this.#io.read(buffer, offset, length), buffer };
  }

  /** Resolves when the kernel has taken all of `buffer`. Fails as `read()` does. */
  async write(buffer: Buffer): Promise<void> {
    checkBuffer(buffer);
    this.#openFd();
    await this.#io.write(buffer);
  }

  /** Changes the baud rate. What was received, and not sent yet, is dropped: it has the former rate. */
  async update(options: UpdateOptions): Promise<void> {
    checkObject(options);
    if (typeof options.baudRate !== 'number') throw new TypeError('"options.baudRate" is not a number');
    const fd = this.#openFd();
    setBaudRate(fd, Math.trunc(options.baudRate));
    sys.flushTerminal(fd, 'both');
  }

  /**
   * Sets DTR and RTS, both at once, and begins or ends a break: what is not named is false. CTS and DSR are the
   * device's, and ignored.
   */
  async set(options: LinuxSetOptions): Promise<void> {
    checkObject(options);
    const fd = this.#openFd();
    const { brk, dtr, rts, lowLatency } = options;
    attempt(
      () => {
        const lines = linesOf(fd);
        sys.setBreak(fd, Boolean(brk));
        setLines(fd, lines, Boolean(dtr), Boolean(rts));
      },
      (text) => `Error: ${text}, cannot set`,
    );
    if (lowLatency === undefined) return;
    attempt(
      () => setLowLatency(fd, lowLatency),
      (text) => `Error: ${text}, cannot set low latency`,
    );
  }

  async get(): Promise<LinuxPortStatus> {
    const fd = this.#openFd();
    const { cts, dsr, dcd } = attempt(
      () => sys.modemLines(fd),
      (text) => `Error: ${text}, cannot get`,
    );
    return { cts, dsr, dcd, lowLatency: hasLowLatency(fd) };
  }

  /** The rate that the driver makes. */
  async getBaudRate(): Promise<{ baudRate: number }> {
    const fd = this.#openFd();
    return attempt(
      () => ({ baudRate: sys.terminalSettings(fd).baudRate! }),
      (text) => `Error: ${text}, cannot get baud rate`,
    );
  }

  /** Drops what was received and not read, and what was written and not sent. */
  async flush(): Promise<void> {
    const fd = this.#openFd();
    attempt(
      () => sys.flushTerminal(fd, 'both'),
      (text) => `Error: ${text}, cannot flush`,
    );
  }

  /** Waits for the writes that are under way, and until everything has been sent. */
  async drain(): Promise<void> {
    this.#openFd();
    await this.#io.write(NOTHING);
    if (this.fd === null) throw canceled();
    try {
      await drain(this.fd, this.#closing.signal);
    } catch (error) {
      throw this.#closing.signal.aborted ? canceled() : error;
    }
  }

  #openFd(): number {
    if (this.fd === null) throw notOpen();
    return this.fd;
  }
}

function hasLowLatency(fd: number): boolean {
  try {
    return isLowLatency(fd);
  } catch {
    // ENOTTY, EINVAL: the driver has no such flag.
    return false;
  }
}

function checkBuffer(buffer: unknown): void {
  if (!Buffer.isBuffer(buffer)) throw new TypeError('"buffer" is not a Buffer');
}

function checkNumber(value: unknown, name: string): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  throw new TypeError(`"${name}" is not an integer got "${typeof value === 'number' ? 'NaN' : typeof value}"`);
}

function checkObject(options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new TypeError('"options" is not an object');
}
