import { splitArguments } from './arguments.js';
import { LineReader, type Statement, statementOf, type TraceLine } from './line.js';

/** A system call that has returned. */
export interface Call {
  readonly pid: number;
  readonly name: string;
  readonly args: readonly string[];
  /** What is behind the `=`: a number, `-1 EAGAIN (…)`, `? ERESTARTSYS (…)`. */
  readonly result: string;
  /** The lines at which it began and ended; the same unless strace had to cut it in two. */
  readonly beganAt: number;
  readonly endedAt: number;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly text: string;
}

/** Who is told of the calls of a trace, in their order. */
export interface CallObserver {
  /** Whether the arguments of this call are wanted. */
  wants(name: string): boolean;
  /** The call has begun, and other tasks go on: it may block. Told only of calls that strace cut in two. */
  began(call: Call): void;
  ended(call: Call): void;
  exited(pid: number, timeMs: number): void;
  /** The task `pid` has become the task `as`: it executed a program, which its whole process has become. */
  renamed(pid: number, as: number): void;
}

interface Begun {
  readonly name: string;
  readonly args: string;
  readonly line: number;
  readonly timeMs: number;
}

type Ended = Extract<Statement, { is: 'call' | 'resumed' }>;

/** Makes calls of lines: joins what was cut in two, and knows when each call returned. */
export class CallReader {
  readonly #observer: CallObserver;
  readonly #lines = new LineReader();
  readonly #tasks = new TaskNumbers();
  readonly #begun = new Map<number, Begun>();
  /** A whole line tells when the call began. That of the next line is the latest time at which it returned. */
  #held: { readonly line: TraceLine; readonly statement: Ended; readonly number: number } | undefined;
  #count = 0;

  constructor(observer: CallObserver) {
    this.#observer = observer;
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count;
  }

  read(raw: string): void {
    this.#count++;
    const shown = this.#lines.read(raw);
    this.#release(shown.timeMs);
    const line = this.#numbered(shown);
    const attached = ATTACHED.exec(line.text);
    if (attached !== null) return this.#attach(attached, line);
    const statement = statementOf(line.text);
    if (statement !== undefined) this.#take(statement, line);
  }

  #numbered(line: TraceLine): TraceLine {
    const [pid, former] = this.#tasks.resolve(line.pid, ATTACHED.test(line.text));
    if (former !== undefined) this.#rename(former, pid);
    return pid === line.pid ? line : { ...line, pid };
  }

  #rename(former: number, pid: number): void {
    const begun = this.#begun.get(former);
    this.#begun.delete(former);
    if (begun !== undefined) this.#begun.set(pid, begun);
    this.#observer.renamed(former, pid);
  }

  /** On stderr strace writes that a task is new into the line of the call that made it. */
  #attach([, name = '', args = '', child = '']: RegExpExecArray, { pid, timeMs }: TraceLine): void {
    this.#tasks.add(Number(child));
    if (!this.#observer.wants(name)) return;
    const at = { beganAt: this.#count, endedAt: this.#count, beganMs: timeMs, endedMs: timeMs };
    this.#observer.ended({
      pid,
      name,
      args: splitArguments(args),
      result: child,
      text: `${name}(${args}) = ${child}`,
      ...at,
    });
  }

  /** The trace has ended. */
  end(): void {
    this.#release(NaN);
  }

  #take(statement: Statement, line: TraceLine): void {
    const { pid, timeMs } = line;
    switch (statement.is) {
      case 'exit':
        this.#begun.delete(pid);
        this.#tasks.delete(pid);
        this.#observer.exited(pid, timeMs);
        break;
      case 'superseded': {
        // The rest of the execve comes with the number of the whole process.
        this.#tasks.delete(statement.by);
        this.#rename(statement.by, pid);
        break;
      }
      case 'unfinished':
        this.#begin({ name: statement.name, args: statement.args, line: this.#count, timeMs }, pid);
        break;
      default:
        if (this.#observer.wants(statement.name)) this.#held = { line, statement, number: this.#count };
        else this.#begun.delete(pid);
    }
  }

  #begin(begun: Begun, pid: number): void {
    if (!this.#observer.wants(begun.name)) return;
    this.#begun.set(pid, begun);
    const { name, args, line, timeMs } = begun;
    this.#observer.began({
      pid,
      name,
      args: splitArguments(args),
      result: '',
      beganAt: line,
      endedAt: line,
      beganMs: timeMs,
      endedMs: timeMs,
      text: `${name}(${args} …`,
    });
  }

  #release(nextMs: number): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const { statement, line, number } = held;
    const begun = statement.is === 'resumed' ? this.#begun.get(line.pid) : undefined;
    this.#begun.delete(line.pid);
    const args = begun?.name === statement.name ? `${begun.args} ${statement.args}` : statement.args;
    const beganMs = begun?.timeMs ?? line.timeMs;
    const { name, result, ms } = statement;
    this.#observer.ended({
      pid: line.pid,
      name,
      args: splitArguments(args),
      result,
      beganAt: begun?.line ?? number,
      endedAt: number,
      beganMs,
      endedMs: statement.is === 'resumed' ? line.timeMs : Number.isNaN(ms) ? laterOf(nextMs, beganMs) : beganMs + ms,
      text: `${name}(${args}) = ${result}`,
    });
  }
}

/** `clone(…strace: Process 12 attached`, and the message in a line of its own. */
const ATTACHED = /^(?:(\w+)\((.*))?strace: Process (\d+) attached$/;

/** On stderr strace leaves the number out while there is one task. */
class TaskNumbers {
  readonly #alive = new Set<number>();

  add(pid: number): void {
    this.#alive.add(pid);
  }

  delete(pid: number): void {
    this.#alive.delete(pid);
  }

  /** The task of a line; where its number comes to light now, also the one that it went by. */
  resolve(pid: number, isMessage: boolean): readonly [pid: number, former: number | undefined] {
    if (pid === 0) {
      const [only] = this.#alive;
      if (only !== undefined) return [only, undefined];
      if (!isMessage) this.#alive.add(0);
      return [0, undefined];
    }
    const isNew = !this.#alive.has(pid) && this.#alive.delete(0);
    this.#alive.add(pid);
    return [pid, isNew ? 0 : undefined];
  }
}

function laterOf(nextMs: number, beganMs: number): number {
  return Number.isNaN(nextMs) ? beganMs : Math.max(nextMs, beganMs);
}
