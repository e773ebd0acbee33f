import { createPoller, READABLE, type Poller } from '../../index.js';
import { nowMs } from '../kit/clock.js';
import * as sys from '../../sys.js';
import { type Answer, parseAnswer } from './answers.js';
import { DriverFault, refusal } from './driver-error.js';

/** One line of the driver may have so many bytes: a batch of 65536 events has less. */
const MOST_BYTES = 1 << 22;
const SHOWN = 120;
const LINE_END = 10;

/** A request: the name of the operation, and numbers. */
export type Request = { readonly op: string } & Readonly<Record<string, string | number>>;

/** What a request has beside its line. */
export interface Extras {
  /** A descriptor that goes with the request. */
  readonly descriptor?: number;
  /** How much longer than usual the answer may take. */
  readonly extraMs?: number;
  /** The descriptor of the caller that an error is about. */
  readonly fd?: number | undefined;
}

/**
 * One socket to a driver: a request is sent, and the thread is blocked until its answer has come. Used by one thread.
 */
export class Connection {
  readonly #socket: number;
  readonly #answerMs: number;
  readonly #poller: Poller;
  readonly #explain: (operation: string) => string | undefined;
  readonly #chunk = Buffer.alloc(1 << 16);
  #problem: Error | undefined;

  /**
   * `answerMs`: how long an answer may take. `explain` is asked when the answer to a wait does not come: it returns
   * what that says of the poller, or undefined where the driver is to blame.
   */
  constructor(socket: number, answerMs: number, explain: (operation: string) => string | undefined) {
    this.#socket = socket;
    this.#answerMs = answerMs;
    this.#explain = explain;
    this.#poller = createPoller({ capacity: 1, audit: false });
    this.#poller.add(socket, READABLE);
  }

  /** Why nothing can be asked any more: what has gone wrong first. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /**
   * Sends `request` and returns the answer that `read` makes of the driver's object. Throws what the driver refuses,
   * in the form of a system error, and a DriverFault where the driver does not answer as the protocol says.
   */
  ask<T>(request: Request, read: (answer: Answer) => T, extras: Extras = {}): T {
    if (this.#problem !== undefined) throw this.#problem;
    const limitMs = this.#answerMs + (extras.extraMs ?? 0);
    const deadline = nowMs() + limitMs;
    this.#send(request, extras, limitMs);
    const line = this.#line(request.op, deadline, limitMs);
    let answer: Answer;
    try {
      answer = parseAnswer(line);
      if (answer['error'] === undefined) return read(answer);
    } catch (error) {
      throw this.#fail(
        new DriverFault(
          'nonsense',
          `the driver answered nonsense to ${request.op}: ${(error as Error).message}: ${shown(line)}`,
        ),
      );
    }
    throw refusal(answer['error'] as string, answer['message'] as string | undefined, request.op, extras.fd);
  }

  close(): void {
    this.#problem ??= new Error('the connection to the driver is closed');
    this.#poller.close();
    sys.close(this.#socket);
  }

  #send(request: Request, { descriptor }: Extras, limitMs: number): void {
    const early = this.#read(request.op);
    if (early !== sys.WOULD_BLOCK) throw this.#fail(unasked(this.#chunk.subarray(0, early)));
    const line = Buffer.from(`${JSON.stringify(request)}\n`);
    try {
      const control = descriptor === undefined ? {} : { control: { descriptors: [descriptor] } };
      // A request is far smaller than the buffer of the socket, which is empty: the kernel takes all of it.
      if (sys.sendMessage(this.#socket, [line], control) === line.length) return;
    } catch (error) {
      if (!isGone(error)) throw error;
      throw this.#fail(ended(request.op));
    }
    throw this.#late(request.op, limitMs);
  }

  /** The next line of the driver. */
  #line(operation: string, deadline: number, limitMs: number): string {
    const parts: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const length = this.#read(operation);
      if (length === sys.WOULD_BLOCK) {
        const leftMs = deadline - nowMs();
        if (leftMs <= 0) throw this.#late(operation, limitMs);
        this.#poller.wait(leftMs);
        continue;
      }
      const part = Buffer.from(this.#chunk.subarray(0, length));
      const end = part.indexOf(LINE_END);
      parts.push(end < 0 ? part : part.subarray(0, end));
      if (end >= 0) {
        if (end + 1 < length) throw this.#fail(unasked(part.subarray(end + 1)));
        return Buffer.concat(parts).toString();
      }
      bytes += length;
      if (bytes > MOST_BYTES)
        throw this.#fail(
          new DriverFault('nonsense', `the driver answered nonsense to ${operation}: a line without an end`),
        );
    }
  }

  /** What is there to read: the number of bytes in the chunk, or WOULD_BLOCK. */
  #read(operation: string): number {
    let length = 0;
    try {
      length = sys.read(this.#socket, this.#chunk);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
    if (length === 0) throw this.#fail(ended(operation));
    return length;
  }

  #late(operation: string, limitMs: number): Error {
    const broken = this.#explain(operation);
    const late = `${operation} was not answered in ${Math.round(limitMs)} ms`;
    return this.#fail(
      broken === undefined ? new DriverFault('hang', `the driver hangs: ${late}`) : new Error(`${broken}: ${late}`),
    );
  }

  #fail(problem: Error): Error {
    this.#problem = problem;
    return problem;
  }
}

/** Whether `error` says that the other end of a socket is closed. */
function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'EPIPE' || code === 'ECONNRESET';
}

function ended(operation: string): DriverFault {
  return new DriverFault('crash', `the driver ended during ${operation}`);
}

function unasked(bytes: Buffer): DriverFault {
  return new DriverFault('nonsense', `the driver answered nonsense: more than one line: ${shown(bytes.toString())}`);
}

function shown(line: string): string {
  return JSON.stringify(line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line);
}
