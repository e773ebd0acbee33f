import { type Capabilities, type PollerOptions, READABLE } from '../../index.js';
import type { DriverHost, DriverState, Fault } from '../kit/setup.js';
import type { Lacks } from '../kit/needs.js';
import * as sys from '../../sys.js';
import { introductionOf, numberIn, PROTOCOL_VERSION } from './answers.js';
import { Connection } from './connection.js';
import { DescriptorTable } from './descriptor-table.js';
import { DriverFault } from './driver-error.js';
import { DriverPoller } from './driver-poller.js';
import { DriverProcess, socketsToDriver } from './driver-process.js';
import { Registrations } from './registrations.js';

const DEFAULT_CAPACITY = 1024;
/** How much longer the first answer may take: a program has to start. */
const START_MS = 15_000;
/** How often the descriptors of the driver are listed: a thread of it may end a moment later. */
const LOOKS = 20;

/** How a driver is started. */
export interface DriverOptions {
  /** A command for /bin/sh. */
  readonly command: string;
  /** How long the driver may take to answer. */
  readonly answerMs: number;
}

/** What another thread needs to attach to a poller of a driver. Can be cloned. */
export interface DriverHandle {
  readonly socket: number;
  readonly answerMs: number;
  readonly table: SharedArrayBuffer;
  readonly registrations: SharedArrayBuffer;
  readonly number: number;
  readonly fd: number;
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly wakes: boolean;
}

/** A driver that runs: the pollers that clauses open are in its process. */
export class Driver implements DriverHost {
  readonly lacks: Lacks;
  readonly #process: DriverProcess;
  readonly #connection: Connection;
  readonly #table = new DescriptorTable();
  readonly #answerMs: number;
  readonly #name: string;
  readonly #capabilities: Capabilities;
  #before: ReadonlySet<string> | undefined;

  private constructor(process: DriverProcess, connection: Connection, answerMs: number) {
    this.#process = process;
    this.#connection = connection;
    this.#answerMs = answerMs;
    const { name, pid, resolutionNs, lacks } = connection.ask(
      { op: 'hello', version: PROTOCOL_VERSION },
      introductionOf,
      { extraMs: START_MS },
    );
    if (pid !== undefined) process.isSaidToBe(pid);
    this.lacks = lacks;
    this.#name = name;
    this.#capabilities = {
      edge: !('edge' in lacks),
      oneshot: !('oneshot' in lacks),
      priority: !('priority' in lacks),
      exclusive: !('exclusive' in lacks),
      readClosed: !('readClosed' in lacks),
      nested: !('nested' in lacks),
      threads: !('threads' in lacks),
      timeoutResolutionNs: resolutionNs,
    };
  }

  /** Starts `command`. Rejects with a DriverFault where it does not speak the protocol. */
  static async start({ command, answerMs }: DriverOptions): Promise<Driver> {
    const process = new DriverProcess(command);
    const connection = new Connection(process.socket, answerMs, (operation) =>
      operation === 'wait' && process.isWaiting() ? 'the poller does not return from a wait' : undefined,
    );
    try {
      return new Driver(process, connection, answerMs);
    } catch (error) {
      const fault = await faultOf(error, process);
      await process.close();
      throw fault === undefined ? error : new DriverFault(fault.kind, fault.message);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  readonly createPoller = ({ capacity = DEFAULT_CAPACITY }: PollerOptions = {}): DriverPoller => {
    const { number, own } = this.#connection.ask({ op: 'open', capacity }, (answer) => ({
      number: numberIn(answer, 'poller'),
      own: answer['fd'] === undefined || 'nested' in this.lacks ? undefined : numberIn(answer, 'fd'),
    }));
    return new DriverPoller({
      connection: this.#connection,
      table: this.#table,
      registrations: new Registrations(),
      number,
      fd: own === undefined ? -1 : this.#table.adopt(own),
      name: this.#name,
      capabilities: this.#capabilities,
      wakes: !('wake' in this.lacks),
      onClose: () => {
        if (this.#connection.problem === undefined) this.#connection.ask({ op: 'close', poller: number }, () => {});
      },
    });
  };

  readonly share = (poller: unknown): DriverHandle => {
    const { number, fd, name, capabilities, wakes, registrations } = (poller as DriverPoller).view;
    const [socket, theirs] = socketsToDriver();
    try {
      this.#connection.ask({ op: 'threads' }, () => {}, { descriptor: theirs });
    } catch (error) {
      sys.close(socket);
      throw error;
    } finally {
      sys.close(theirs);
    }
    const [answerMs, table] = [this.#answerMs, this.#table.memory];
    return { socket, answerMs, table, registrations: registrations.memory, number, fd, name, capabilities, wakes };
  };

  release(fd: number): void {
    if (this.#connection.problem !== undefined) return;
    try {
      this.#table.release(fd, this.#connection);
    } catch {
      // The connection keeps what went wrong, for the end of the clause.
    }
  }

  cpuMs(): number | undefined {
    return this.#process.cpuMs();
  }

  begin(): void {
    this.#table.files.clear();
    this.#before = this.#process.descriptors();
  }

  async end(): Promise<DriverState> {
    try {
      if (this.#connection.problem === undefined) this.#table.clear(this.#connection);
    } catch {
      // The connection keeps what went wrong.
    }
    const { problem } = this.#connection;
    if (problem !== undefined) return { fault: await faultOf(problem, this.#process), isUsable: false };
    const fault = await this.#leak();
    return { fault, isUsable: fault === undefined };
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#process.close();
  }

  async #leak(): Promise<Fault | undefined> {
    const left = await this.#leftSince(this.#before);
    if (left.length === 0) return undefined;
    // What a runtime opens once and keeps is no leak: it is no file of the clause, and further use opens nothing more.
    const isOfClause = left.some((descriptor) => this.#table.files.has(fileOf(descriptor)));
    if (!isOfClause && (await this.#opensNothingMore())) return undefined;
    return { kind: 'leak', message: `the driver left descriptors open: ${left.join(', ')}` };
  }

  /** Uses a poller once more, and looks whether anything is left of that. */
  async #opensNothingMore(): Promise<boolean> {
    const before = this.#process.descriptors();
    const ends = sys.pipe();
    try {
      const poller = this.createPoller();
      poller.add(ends[0], READABLE);
      poller.wait(0);
      poller.remove(ends[0]);
      poller.close();
    } catch {
      // What the poller refuses says nothing of descriptors; the connection keeps a fault.
    } finally {
      for (const fd of ends) {
        this.release(fd);
        sys.close(fd);
      }
    }
    return this.#connection.problem === undefined && (await this.#leftSince(before)).length === 0;
  }

  /** The descriptors that the driver has beside those of `before`, and still has a moment later. */
  async #leftSince(before: ReadonlySet<string> | undefined): Promise<string[]> {
    for (let look = 0; ; look++) {
      const now = this.#process.descriptors();
      if (now === undefined || before === undefined) return [];
      const left = [...now].filter((descriptor) => !before.has(descriptor));
      if (left.length === 0 || look === LOOKS) return left;
      await new Promise((resolve) => setTimeout(resolve, look));
    }
  }
}

/** The file in `5 (pipe:[7])`. */
function fileOf(descriptor: string): string {
  return /\((.*)\)$/.exec(descriptor)?.[1] ?? '';
}

/** What the driver did wrong where `error` says so, with how its process has ended. */
async function faultOf(error: unknown, process: DriverProcess): Promise<Fault | undefined> {
  if (!(error instanceof DriverFault)) return undefined;
  const { kind, message } = error.fault;
  return kind === 'crash' ? { kind, message: `${message}, ${await process.obituary()}` } : error.fault;
}
