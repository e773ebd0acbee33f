import { errorOf, fdOf, numberOf, passedFds } from './arguments.js';
import { Advice } from './advice.js';
import { type Call, type CallObserver, CallReader } from './calls.js';
import { Description, kindShown } from './description.js';
import { Control } from './control.js';
import { Descriptors } from './descriptors.js';
import type { Epoll } from './epoll.js';
import { Epolls } from './epolls.js';
import { Findings, type TraceFinding } from './findings.js';
import { OPENING_CALLS } from './openings.js';
import { type FdTable, type FileObserver, Processes, type Slot, type Task } from './processes.js';
import { type Registration, shownCall } from './registration.js';
import { Traffic } from './traffic.js';
import { TRANSFERS, transfersOf } from './transfers.js';
import { Waits } from './waits.js';

const WAITS = ['epoll_wait', 'epoll_pwait', 'epoll_pwait2'];
const FORKS = ['clone', 'clone2', 'clone3', 'fork', 'vfork'];
const LOOKS = ['poll', 'ppoll', 'ppoll_time64', 'select', '_newselect', 'pselect6', 'pselect6_time64'];
const RINGS = ['io_uring_enter', 'io_submit'];
const OTHERS = ['epoll_ctl', 'close', 'close_range', 'dup', 'dup2', 'dup3', 'fcntl', 'fcntl64', 'ioctl', 'connect'];
const MORE = [
  'bind',
  'getsockname',
  'shutdown',
  'listen',
  'getsockopt',
  'execve',
  'execveat',
  'unshare',
  'pidfd_getfd',
];

/** The system calls that the audit of a trace looks at. */
export const CALLS: readonly string[] = [
  ...WAITS,
  ...FORKS,
  ...LOOKS,
  ...RINGS,
  ...OTHERS,
  ...MORE,
  ...TRANSFERS,
  ...OPENING_CALLS,
];

/** How much the trace had. */
export interface TraceCounts {
  readonly lines: number;
  readonly calls: number;
  readonly waits: number;
  readonly events: number;
  readonly epolls: number;
  readonly tasks: number;
}

/** The audit of what strace(1) has recorded. It keeps what is open, and nothing of what was. */
export class Trace implements CallObserver, FileObserver {
  readonly findings: Findings;
  readonly #reader: CallReader = new CallReader(this);
  readonly #processes = new Processes(this);
  readonly #descriptors = new Descriptors(this.#processes);
  readonly #epolls = new Epolls();
  readonly #traffic: Traffic;
  readonly #advice: Advice;
  readonly #waits: Waits;
  readonly #control: Control;
  readonly #wanted = new Set(CALLS);
  readonly #counts = { calls: 0, waits: 0, events: 0 };
  #lastMs = NaN;
  #call: Call | undefined;
  #hasEnded = false;

  /** `isWhole`: the trace has all calls of CALLS. */
  constructor(onFinding: (finding: TraceFinding) => void, isWhole = false) {
    this.findings = new Findings(onFinding);
    const { tell } = this.findings;
    this.#traffic = new Traffic(this.#epolls, tell, isWhole);
    this.#advice = new Advice(tell);
    this.#waits = new Waits(this.#epolls, this.#traffic, this.#advice, tell);
    this.#control = new Control(this.#epolls, this.#processes, this.#advice, this.#waits);
  }

  get counts(): TraceCounts {
    return {
      ...this.#counts,
      epolls: this.#epolls.opened,
      lines: this.#reader.count,
      tasks: this.#processes.tasks.size,
    };
  }

  /** The process that the trace began with. */
  #first: number | undefined;

  /** Whom a user means with a signal: the process that the trace began with, or the oldest one that it has left. */
  get addressee(): { readonly pid: number; readonly isFirst: boolean } | undefined {
    const [task] = this.#processes.tasks.values();
    return task === undefined ? undefined : { pid: task.process.pid, isFirst: task.process.pid === this.#first };
  }

  readLine(line: string): void {
    this.#reader.read(line);
  }

  /** The trace has ended; what is open, was open until then. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reader.end();
    this.#waits.end(this.#lastMs);
  }

  wants(name: string): boolean {
    return this.#wanted.has(name);
  }

  began(call: Call): void {
    this.#lastMs = call.beganMs;
    const task = this.#taskOf(call);
    if (WAITS.includes(call.name)) {
      const epoll = this.#control.epollAt(task, call);
      if (epoll !== undefined) this.#waits.began(epoll, call);
    } else if (FORKS.includes(call.name)) {
      task.forks = { flags: flagsOfFork(call) };
    } else if (call.name === 'close') {
      // The number is free as soon as the call has begun.
      this.#call = call;
      this.#close(task, call);
    }
  }

  ended(call: Call): void {
    this.#lastMs = Number.isNaN(call.endedMs) ? this.#lastMs : call.endedMs;
    this.#counts.calls++;
    this.#call = call;
    const task = this.#taskOf(call);
    const { name } = call;
    if (WAITS.includes(name)) this.#wait(task, call);
    else if (FORKS.includes(name)) this.#fork(call, task);
    else if (name === 'epoll_ctl') this.#control.change(task, call);
    else if (name === 'close') {
      if (call.beganAt === call.endedAt && errorOf(call.result) === undefined) this.#close(task, call);
    } else if (LOOKS.includes(name)) this.#look(task, call);
    else if (RINGS.includes(name)) this.#traffic.hasRings = true;
    else if (name === 'execve' || name === 'execveat') {
      if (numberOf(call.result) === 0) this.#execute(task, call);
    } else if (OPENING_CALLS.includes(name)) this.#open(task, call);
    else if (TRANSFERS.includes(name)) this.#transfer(task, call);
    else this.#act(task, call);
  }

  exited(pid: number, timeMs: number): void {
    this.#call = undefined;
    if (!Number.isNaN(timeMs)) this.#lastMs = timeMs;
    this.#waits.exited(pid, timeMs);
    const table = this.#processes.tasks.get(pid)?.table;
    if (table?.users === 1) this.#endEpolls(table, () => true);
    this.#processes.exited(pid);
  }

  /** Epoll instances that nobody else holds are about to go with `table`, and are judged while all else is open. */
  #endEpolls(table: FdTable, isGoing: (slot: Slot) => boolean): void {
    for (const slot of [...table.slots.values()]) {
      const epoll = isGoing(slot) && slot.description.holders === 1 ? this.#epolls.at(slot.description) : undefined;
      if (epoll !== undefined) this.#waits.close(epoll);
    }
  }

  renamed(pid: number, as: number): void {
    this.#call = undefined;
    this.#processes.renamed(pid, as);
  }

  dropped(table: FdTable, fd: number, description: Description, how: 'close' | 'reuse' | 'end'): void {
    const epoll = this.#epolls.at(description);
    if (description.holders === 0) {
      this.#traffic.forget(description);
      if (epoll !== undefined) this.#waits.close(epoll);
    }
    for (const registration of [...this.#epolls.watchersOf(description)]) {
      if (registration.fd === fd && registration.table === table && how === 'close') this.#closed(registration);
      if (description.holders === 0 && !registration.isGhost) this.#epolls.remove(registration);
      else if (description.holders === 0 && !description.isPassed) this.#epolls.remove(registration);
    }
  }

  /** The descriptor of `registration` was closed without EPOLL_CTL_DEL. */
  #closed(registration: Registration): void {
    const { description } = registration;
    const epoll = this.#epolls.at(registration.epoll.description)!;
    registration.closed = this.#call === undefined ? undefined : shownCall(this.#call);
    if (description.holders > 0) {
      this.#haunt(epoll, registration);
      epoll.ghosts.add(registration);
    } else if (description.isPassed) {
      this.#haunt(epoll, registration);
      this.#epolls.keepPassed(registration);
    } else {
      this.#waits.judge(registration, 'closes');
      epoll.wasClosed(registration, isHarmless(registration));
    }
  }

  #haunt(epoll: Epoll, registration: Registration): void {
    registration.isGhost = true;
    registration.closedAtMs = epoll.waitedMs;
    registration.closedAtWaits = epoll.waits;
    epoll.suspects.delete(registration);
  }

  #taskOf({ pid }: Call): Task {
    this.#first ??= pid;
    return this.#processes.task(pid);
  }

  #wait(task: Task, call: Call): void {
    const epoll = errorOf(call.result) === 'EBADF' ? undefined : this.#control.epollAt(task, call);
    if (epoll === undefined) return;
    this.#counts.waits++;
    this.#counts.events += numberOf(call.result) ?? 0;
    this.#waits.ended(epoll, call);
  }

  #fork(call: Call, task: Task): void {
    task.forks = undefined;
    const child = Number(/\/\* (\d+) in strace's PID NS \*\//.exec(call.result)?.[1] ?? numberOf(call.result) ?? 0);
    if (child > 0) this.#processes.born(child, call.pid, flagsOfFork(call));
  }

  #execute(task: Task, call: Call): void {
    this.#processes.separate(task);
    this.#endEpolls(task.table, ({ closesOnExec }) => closesOnExec === true);
    this.#processes.executed(task, commandOf(call));
  }

  #close(task: Task, call: Call): void {
    const at = fdOf(call.args[0]);
    if (at !== undefined) this.#processes.drop(task.table, at.fd, 'close');
  }

  #open(task: Task, call: Call): void {
    const [first] = this.#descriptors.open(task.table, call);
    if (call.name.startsWith('accept')) this.#accept(task, call, first);
    if (first?.kind === 'epoll') {
      this.#epolls.open(first, fdOf(call.result)!.fd, shownCall(call), { table: task.table, process: task.process });
    }
  }

  #accept(task: Task, call: Call, socket: Description | undefined): void {
    const at = fdOf(call.args[0]);
    const error = errorOf(call.result);
    if (at === undefined || error === 'EBADF') return this.#refused(task, at?.fd, call);
    const listener = this.#processes.at(task.table, at);
    this.#traffic.accepted(listener, call, error);
    this.#descriptors.accepted(listener, socket, call);
  }

  #transfer(task: Task, call: Call): void {
    if (call.name === 'read') this.#traffic.hasReads = true;
    for (const transfer of transfersOf(call)) {
      if (transfer.error === 'EBADF') {
        this.#refused(task, transfer.at.fd, call);
        continue;
      }
      const description = this.#processes.at(task.table, transfer.at);
      if (transfer.is === 'read') this.#traffic.read(description, transfer, call);
      else this.#traffic.wrote(description, transfer, call);
    }
    for (const passed of passedFds(call.args[1] ?? '')) {
      if (call.name === 'sendmsg' || call.name === 'sendmmsg') this.#processes.at(task.table, passed).isPassed = true;
      else if (call.name.startsWith('recv')) {
        const description = new Description(kindShown(passed.shown), 'received', passed.shown, undefined, false);
        const flags = call.args[call.name === 'recvmsg' ? 2 : 3] ?? '';
        this.#processes.put(task.table, passed.fd, description, flags.includes('MSG_CMSG_CLOEXEC'));
      }
    }
  }

  #refused(task: Task, fd: number | undefined, call: Call): void {
    if (fd === undefined) return;
    for (const epoll of this.#epolls.all)
      if (epoll.closed.get(fd)?.registration.table === task.table) this.#waits.refused(epoll, fd, call);
  }

  #look(task: Task, call: Call): void {
    const ms = Number.isNaN(call.endedMs) ? 0 : call.endedMs - call.beganMs;
    for (const at of lookedAt(call)) {
      const description = this.#processes.known(task.table, at);
      if (description === undefined) continue;
      this.#epolls.at(description)?.waited(ms);
      if (this.#epolls.watchersOf(description).size > 0) description.isPolled = true;
    }
  }

  #act(task: Task, call: Call): void {
    const description = this.#descriptors.act(task, call);
    if (description !== undefined) this.#traffic.acted(description, call.name === 'ioctl');
  }
}

/**
 * Whether close() was meant to end the registration, as it does where there is no duplicate: the conversation was over,
 * or its end had been seen.
 */
function isHarmless({ description, isAmbiguous, sawReadClosed, sawHangup, ends }: Registration): boolean {
  const { hasEnded, isBroken, hasShutdown, hasAnswered, written, taken } = description;
  const isOver = hasEnded || isBroken || hasShutdown || hasAnswered || (written > 0 && taken > 0);
  return isOver || isAmbiguous || sawReadClosed || sawHangup || ends > 0;
}

function flagsOfFork({ name, args }: Call): string {
  if (name === 'fork' || name === 'vfork') return '';
  return args.find((part) => part.includes('flags=')) ?? '';
}

/** The name of the program that was executed. */
function commandOf({ name, args }: Call): string {
  const path = /"(.*)"/.exec(args[name === 'execve' ? 0 : 1] ?? '')?.[1] ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}

function lookedAt({ name, args }: Call): number[] {
  if (name.includes('poll')) return [...(args[0] ?? '').matchAll(/\bfd=(\d+)/g)].map(([, fd]) => Number(fd));
  return args
    .slice(1, 4)
    .flatMap((set) => [...set.matchAll(/(?:^\[|[[ ])(\d+)(?=<|[ \]])/g)].map(([, fd]) => Number(fd)));
}
