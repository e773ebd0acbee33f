import { notSupported, pollerClosed } from '../../errors.js';
import type { Batch, Capabilities, Poller, PollerInspection } from '../../index.js';
import { type DriverEvent, eventsIn } from './answers.js';
import type { Connection } from './connection.js';
import type { DescriptorTable } from './descriptor-table.js';
import { DriverBatch, type Row } from './driver-batch.js';
import type { Registrations } from './registrations.js';

/** What a thread needs to talk about one poller of a driver. */
export interface View {
  readonly connection: Connection;
  readonly table: DescriptorTable;
  readonly registrations: Registrations;
  /** The number that the driver gave the poller. */
  readonly number: number;
  readonly fd: number;
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Whether the driver has an operation `wake`. */
  readonly wakes: boolean;
  /** Called by the first close(). */
  readonly onClose: () => void;
}

const NS_PER_MS = 1e6;

/**
 * A poller behind a driver: each call is a request, and returns when the driver has answered. Data, `size` and `has()`
 * are kept here; whatever else happens is the answer of the driver.
 */
export class DriverPoller implements Poller {
  readonly backend: string;
  readonly capabilities: Capabilities;
  readonly view: View;
  readonly #data = new Map<number, unknown>();
  #closed = false;

  constructor(view: View) {
    this.view = view;
    this.backend = view.name;
    this.capabilities = view.capabilities;
  }

  get fd(): number {
    return this.#closed ? -1 : this.view.fd;
  }

  get size(): number {
    return this.#closed ? 0 : this.view.registrations.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  add(fd: number, interest: number, data?: unknown): void {
    const token = this.view.table.newToken();
    this.#change('add', fd, { interest, token });
    this.view.registrations.set(fd, token);
    this.#data.set(token, data);
  }

  modify(fd: number, interest: number, data?: unknown): void {
    const token = this.view.registrations.tokenOf(fd);
    this.#endingWhereGone(fd, () => this.#change('modify', fd, { interest, token }));
    if (data !== undefined) this.#data.set(token, data);
  }

  remove(fd: number): void {
    this.#endingWhereGone(fd, () => this.#change('remove', fd, {}));
    this.view.registrations.delete(fd);
  }

  has(fd: number): boolean {
    this.#checkOpen();
    return this.view.registrations.tokenOf(fd) !== 0;
  }

  wait(timeoutMs?: number): Batch {
    this.#checkOpen();
    const { connection, number } = this.view;
    const isEndless = timeoutMs === undefined || timeoutMs < 0 || timeoutMs === Infinity;
    const timeoutNs = isEndless ? -1 : Math.min(Math.ceil(timeoutMs * NS_PER_MS), Number.MAX_SAFE_INTEGER);
    const { rows, woken } = connection.ask(
      { op: 'wait', poller: number, timeoutNs },
      (answer) => {
        const { events, woken } = eventsIn(answer);
        return { rows: events.map((event) => this.#rowOf(event)), woken };
      },
      { extraMs: isEndless ? 0 : timeoutMs },
    );
    return new DriverBatch(rows, woken);
  }

  wake(): void {
    this.#checkOpen();
    if (!this.view.wakes) throw notSupported('the driver has no wake');
    this.view.connection.ask({ op: 'wake', poller: this.view.number }, () => {});
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.view.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  inspect(): PollerInspection {
    throw new Error('a driver cannot be inspected');
  }

  #change(op: 'add' | 'modify' | 'remove', fd: number, numbers: Readonly<Record<string, number>>): void {
    this.#checkOpen();
    const { connection, table, number } = this.view;
    const copy = table.copyOf(fd, connection);
    connection.ask({ op, poller: number, fd: copy, ...numbers }, () => {}, { fd });
  }

  /** A registration whose number is gone ends with the call that says so. */
  #endingWhereGone(fd: number, change: () => void): void {
    try {
      change();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === 'EBADF' || code === 'ENOENT') this.view.registrations.delete(fd);
      throw error;
    }
  }

  #rowOf({ fd: number, readiness, token }: DriverEvent): Row {
    const { table, registrations } = this.view;
    const fd = table.originalOf(number);
    if (fd === undefined) throw new Error(`descriptor ${number} was never handed over`);
    return { fd, readiness, data: this.#data.get(token ?? registrations.tokenOf(fd)) };
  }

  #checkOpen(): void {
    if (this.#closed) throw pollerClosed();
  }
}
