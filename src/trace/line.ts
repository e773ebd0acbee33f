/** One line of a trace: who, when, and what strace says. */
export interface TraceLine {
  /** The task; 0 where the trace has no numbers (strace without -f). */
  readonly pid: number;
  /** Milliseconds, from an origin that is the trace's own; NaN where it has no timestamps. */
  readonly timeMs: number;
  readonly text: string;
}

/** `1234 `, `1234<name> ` (-Y) with -o; `[pid 1234] ` on stderr. */
const TASK = /^(?:\[pid\s+(\d+)(?:<[^\]]*>)?\]|(\d+)(?:<[^>]*>)?(?=\s+\S))\s+/;
/** -ttt, -tt, -t, and -r alone or behind one of them. */
const TIME = /^\s*(?:(\d\d):(\d\d):(\d\d(?:\.\d+)?)|(\d+\.\d+)|(\d{9,})) (?:\(\+\s*[\d.]+\) )?/;
/** The number of the system call (-n), and the instruction pointer (-i). */
const NUMBERS = /^(?:\[\s*[0-9a-f?]+\] )+/;
const DAY_MS = 86_400_000;
/** A timestamp below is of -r: the time since the line before. */
const EPOCH_S = 100_000_000;

/** Splits lines into their parts, and makes one clock of the timestamps. */
export class LineReader {
  #lastMs = NaN;
  #daysMs = 0;

  read(line: string): TraceLine {
    const task = TASK.exec(line);
    const rest = task === null ? line : line.slice(task[0].length);
    const time = TIME.exec(rest);
    const text = (time === null ? rest : rest.slice(time[0].length)).replace(NUMBERS, '');
    const pid = task === null ? 0 : Number(task[1] ?? task[2]);
    return { pid, timeMs: time === null ? NaN : this.#timeOf(time), text };
  }

  #timeOf([, hours, minutes, seconds, fraction, whole]: RegExpExecArray): number {
    if (hours !== undefined) {
      const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
      if (ms + this.#daysMs < this.#lastMs - DAY_MS / 2) this.#daysMs += DAY_MS;
      return (this.#lastMs = ms + this.#daysMs);
    }
    const stamp = Number(fraction ?? whole);
    if (stamp >= EPOCH_S) return (this.#lastMs = stamp * 1000);
    return (this.#lastMs = (Number.isNaN(this.#lastMs) ? 0 : this.#lastMs) + stamp * 1000);
  }
}

/** What the text of a line is. */
export type Statement =
  | { readonly is: 'call'; readonly name: string; readonly args: string; readonly result: string; readonly ms: number }
  | { readonly is: 'unfinished'; readonly name: string; readonly args: string }
  | {
      readonly is: 'resumed';
      readonly name: string;
      readonly args: string;
      readonly result: string;
      readonly ms: number;
    }
  | { readonly is: 'exit' }
  | { readonly is: 'superseded'; readonly by: number };

const UNFINISHED = / ?<unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. (\w+) resumed> ?/;
const CALL = /^(\w+)\(/;
const SUPERSEDED = /^\+\+\+ superseded by execve in pid (\d+)/;
/** The time that the call took (-T). */
const DURATION = / <(\d+\.\d+)>$/;

/** undefined: a signal, a message of strace itself, or anything else that is no system call. */
export function statementOf(text: string): Statement | undefined {
  const first = text.charCodeAt(0);
  if (first === 0x2b /* + */) return exitOf(text);
  if (first === 0x3c /* < */) return resumedOf(text);
  const name = CALL.exec(text)?.[1];
  if (name === undefined) return undefined;
  const inside = text.slice(name.length + 1);
  if (UNFINISHED.test(inside)) return { is: 'unfinished', name, args: inside.replace(UNFINISHED, '') };
  const parts = endOf(inside);
  return parts === undefined ? undefined : { is: 'call', name, ...parts };
}

function exitOf(text: string): Statement | undefined {
  const by = SUPERSEDED.exec(text)?.[1];
  if (by !== undefined) return { is: 'superseded', by: Number(by) };
  return /^\+\+\+ (exited with|killed by) /.test(text) ? { is: 'exit' } : undefined;
}

function resumedOf(text: string): Statement | undefined {
  const match = RESUMED.exec(text);
  const parts = match === null ? undefined : endOf(text.slice(match[0].length));
  return parts === undefined ? undefined : { is: 'resumed', name: match![1]!, ...parts };
}

/** `ARGS) = RESULT <TIME>`. */
function endOf(text: string): { args: string; result: string; ms: number } | undefined {
  const duration = DURATION.exec(text);
  const end = duration === null ? text.length : duration.index;
  for (let at = text.lastIndexOf(' = ', end); at >= 0; at = text.lastIndexOf(' = ', at - 1)) {
    const args = text.slice(0, at).trimEnd();
    if (!args.endsWith(')')) continue;
    const ms = duration === null ? NaN : Number(duration[1]) * 1000;
    return { args: args.slice(0, -1), result: text.slice(at + 3, end), ms };
  }
  return undefined;
}
