import type { AuditCode, AuditFinding } from '../audit-types.js';
import type { Registration, ShownCall } from './registration.js';

/** What is merely unwise: it changes no exit status. */
export type AdviceCode =
  | 'POLLUX_CTL_CANCELLED'
  | 'POLLUX_WAIT_PER_EVENT'
  | 'POLLUX_WRITABLE_LEFT_ON'
  | 'POLLUX_LISTENER_INHERITED'
  | 'POLLUX_EPOLL_INHERITED'
  | 'POLLUX_EXCLUSIVE_MISUSED'
  | 'POLLUX_MODIFY_STORM'
  | 'POLLUX_CLOSE_WITHOUT_DEL';

export type Rank = 'finding' | 'advice';

/** What was found in a trace. */
export interface TraceFinding extends Omit<AuditFinding, 'code'> {
  readonly code: AuditCode | AdviceCode;
  readonly rank: Rank;
  /** The process that registered the descriptor, and the program that it runs, where the trace shows that. */
  readonly pid: number;
  readonly command: string;
  /** The calls that show it, in their order. */
  readonly calls: readonly ShownCall[];
}

/** What a finding is about: a registration, or an epoll instance. */
export interface About extends Pick<Registration, 'fd' | 'description' | 'process' | 'interest'> {
  readonly added: ShownCall | undefined;
}

export type Tell = (
  about: About,
  code: AuditCode | AdviceCode,
  seen: string,
  calls: ReadonlyArray<ShownCall | undefined>,
) => void;

/** What to do, in the words of the system calls. */
export const CURES_OF_CALLS: Readonly<Record<Exclude<AuditCode, NeverTold> | AdviceCode, string>> = {
  POLLUX_EDGE_NOT_DRAINED:
    'Read or accept in a loop until EAGAIN after each event of EPOLLET, or leave EPOLLET out: see epoll(7), Q9.',
  POLLUX_ONESHOT_NOT_REARMED: 'Call epoll_ctl(EPOLL_CTL_MOD) with EPOLLONESHOT when the event has been handled.',
  POLLUX_END_IGNORED:
    'Act on EPOLLHUP, EPOLLERR and EPOLLRDHUP, which come without being asked for: read to the end, EPOLL_CTL_DEL and close.',
  POLLUX_HALF_CLOSE_MISSED:
    'When a read returns 0, take EPOLLIN away with EPOLL_CTL_MOD if there is something left to write, or else EPOLL_CTL_DEL and close.',
  POLLUX_WRITABLE_SPIN: 'Ask for EPOLLOUT only while a write that said EAGAIN waits for room.',
  POLLUX_GHOST:
    'Call EPOLL_CTL_DEL before close(): the duplicate keeps the registration in the kernel, and no call can end it.',
  POLLUX_CLOSED_WHILE_REGISTERED: 'Call EPOLL_CTL_DEL before the descriptor is closed.',
  POLLUX_BLOCKING_DESCRIPTOR: 'Set O_NONBLOCK: the loop that an edge needs ends with a call that would block.',
  POLLUX_NO_INTEREST: 'Add EPOLLIN, EPOLLOUT, EPOLLPRI or EPOLLRDHUP to the mode.',
  POLLUX_CTL_CANCELLED: 'Apply changes of interest once, directly before the wait.',
  POLLUX_WAIT_PER_EVENT: 'Pass an array of 64 events or more: a wait then brings all that is ready.',
  POLLUX_WRITABLE_LEFT_ON: 'Ask for EPOLLOUT only while a write that said EAGAIN waits for room.',
  POLLUX_LISTENER_INHERITED:
    'Pass SOCK_CLOEXEC to socket(), unless programs that are executed shall have the listener.',
  POLLUX_EPOLL_INHERITED: 'Call epoll_create1(EPOLL_CLOEXEC).',
  POLLUX_EXCLUSIVE_MISUSED:
    'Use EPOLLEXCLUSIVE in EPOLL_CTL_ADD alone, without EPOLLONESHOT, where several epoll instances watch one descriptor.',
  POLLUX_MODIFY_STORM:
    'Try the write before asking for EPOLLOUT, and leave EPOLLIN on: most messages then need no epoll_ctl at all.',
  POLLUX_CLOSE_WITHOUT_DEL:
    'Call EPOLL_CTL_DEL before close(), if a duplicate can ever exist (dup, fork, SCM_RIGHTS): it would keep the registration.',
};

/** What no system call shows. */
type NeverTold = 'POLLUX_BATCH_OVERWRITTEN' | 'POLLUX_SLOW_HANDLER' | 'POLLUX_NEVER_REMOVED';

const ADVICE: ReadonlySet<string> = new Set<AdviceCode>([
  'POLLUX_CTL_CANCELLED',
  'POLLUX_WAIT_PER_EVENT',
  'POLLUX_WRITABLE_LEFT_ON',
  'POLLUX_LISTENER_INHERITED',
  'POLLUX_EPOLL_INHERITED',
  'POLLUX_EXCLUSIVE_MISUSED',
  'POLLUX_MODIFY_STORM',
  'POLLUX_CLOSE_WITHOUT_DEL',
]);

export const TRACE_CODES = Object.keys(CURES_OF_CALLS) as ReadonlyArray<keyof typeof CURES_OF_CALLS>;

/** What was found, each once for a process, descriptor and code. */
export class Findings {
  /** So many of one code are told with their calls; of the rest only the number. */
  static readonly MOST_OF_A_CODE = 20;
  readonly #told = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #onFinding: (finding: TraceFinding) => void;

  constructor(onFinding: (finding: TraceFinding) => void) {
    this.#onFinding = onFinding;
  }

  static rankOf(code: string): Rank {
    return ADVICE.has(code) ? 'advice' : 'finding';
  }

  /** How many of a code there were. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  readonly tell: Tell = ({ fd, description, process, interest, added }, code, seen, calls) => {
    const { pid, command } = process;
    const count = this.#counts.get(code) ?? 0;
    const rank = Findings.rankOf(code);
    // Processes that run the same program are given the same advice.
    const key = rank === 'advice' ? `${code} ${command} ${description.words}` : `${code} ${pid} ${fd}`;
    if (this.#told.has(key)) return;
    this.#counts.set(code, count + 1);
    if (count >= Findings.MOST_OF_A_CODE) return;
    this.#told.add(key);
    this.#onFinding({
      code,
      rank,
      fd,
      kind: description.words,
      interest,
      seen,
      cure: CURES_OF_CALLS[code as keyof typeof CURES_OF_CALLS],
      registeredAt: added === undefined ? [] : [callLine(added)],
      pid,
      command,
      calls: inOrder(calls),
    });
  };
}

function inOrder(calls: ReadonlyArray<ShownCall | undefined>): ShownCall[] {
  const lines = new Map(calls.filter((call) => call !== undefined).map((call) => [call.line, call]));
  return [...lines.values()].sort((one, other) => one.line - other.line);
}

/** A call in a line: where it is in the trace, when it was made, by whom. */
export function callLine({ line, timeMs, pid, text }: ShownCall): string {
  const time = Number.isNaN(timeMs) ? '' : ` ${clockTime(timeMs)}`;
  return `line ${line}${time}${pid === 0 ? '' : ` [${pid}]`} ${text}`;
}

/** The timestamp as the trace has it: seconds of the epoch (-ttt), or the time of the day (-tt). */
function clockTime(timeMs: number): string {
  if (timeMs > EPOCH_MS) return (timeMs / 1000).toFixed(6);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = ((timeMs / 1000) % 60).toFixed(6).padStart(9, '0');
  return `${two((timeMs / 3_600_000) % 24)}:${two((timeMs / 60_000) % 60)}:${seconds}`;
}

const EPOCH_MS = 100_000_000_000;

/** One finding, for people. */
export function traceFindingLines(finding: TraceFinding): string {
  const { code, rank, fd, kind, seen, cure, pid, command, registeredAt, interest, calls } = finding;
  const who = pid === 0 ? '' : `, process ${pid}${command === '' ? '' : ` (${command})`}`;
  const lines = [`${rank === 'advice' ? 'advice: ' : ''}${code} fd ${fd} (${kind})${who}: ${seen}`, `  ${cure}`];
  if (registeredAt.length > 0)
    lines.push(
      `  ${interest === '' ? 'Made' : `Registered with ${interest}`}:`,
      ...registeredAt.map((line) => `    ${line}`),
    );
  if (calls.length > 0) lines.push('  Shown by:', ...calls.map((call) => `    ${callLine(call)}`));
  return lines.join('\n');
}
