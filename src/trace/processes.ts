import type { ShownFd } from './arguments.js';
import { Description, endsShown, inodeShown, kindShown } from './description.js';

export interface Slot {
  readonly description: Description;
  /** FD_CLOEXEC; undefined: the trace does not tell. */
  closesOnExec: boolean | undefined;
}

/** The descriptors of one process, or of several tasks that share them (CLONE_FILES). */
export class FdTable {
  readonly slots = new Map<number, Slot>();
  /** How many tasks use it. */
  users = 0;
}

export interface Task {
  /** The process: the task whose number the others of the process go by. */
  process: Process;
  table: FdTable;
  /** A fork or clone that has not returned: who else appears now, is its child. */
  forks: { readonly flags: string } | undefined;
}

export interface Process {
  readonly pid: number;
  command: string;
}

/** What becomes of descriptions. */
export interface FileObserver {
  /** `fd` of `table` is no longer a descriptor of `description`; `how`: who took it away. */
  dropped(table: FdTable, fd: number, description: Description, how: 'close' | 'reuse' | 'end'): void;
}

/** The tasks of a trace, and their descriptors. */
export class Processes {
  readonly tasks = new Map<number, Task>();
  /** The connected sockets, by their own end and the other. */
  readonly #ends = new Map<string, Description>();
  readonly #observer: FileObserver;

  constructor(observer: FileObserver) {
    this.#observer = observer;
  }

  /** The task `pid`, which the trace may not have seen being born. */
  task(pid: number): Task {
    const known = this.tasks.get(pid);
    if (known !== undefined) return known;
    // The child of a fork is seen before the call of its parent returns.
    for (const [parent, { forks }] of this.tasks) if (forks !== undefined) return this.born(pid, parent, forks.flags);
    return this.#add(pid, { pid, command: '' }, new FdTable());
  }

  /** `parent` has made the task `pid` by a call with these flags. */
  born(pid: number, parent: number, flags: string): Task {
    const from = this.tasks.get(parent) ?? this.#add(parent, { pid: parent, command: '' }, new FdTable());
    from.forks = undefined;
    const known = this.tasks.get(pid);
    if (known !== undefined) return known;
    const process = flags.includes('CLONE_THREAD') ? from.process : { pid, command: from.process.command };
    return this.#add(pid, process, flags.includes('CLONE_FILES') ? from.table : this.#copy(from.table));
  }

  #add(pid: number, process: Process, table: FdTable): Task {
    const task: Task = { process, table, forks: undefined };
    table.users++;
    this.tasks.set(pid, task);
    return task;
  }

  #copy(table: FdTable): FdTable {
    const copy = new FdTable();
    for (const [fd, { description, closesOnExec }] of table.slots) {
      description.holders++;
      copy.slots.set(fd, { description, closesOnExec });
    }
    return copy;
  }

  /** The task has a table of its own from now on (execve, unshare). */
  separate(task: Task): void {
    if (task.table.users <= 1) return;
    task.table.users--;
    task.table = this.#copy(task.table);
    task.table.users = 1;
  }

  exited(pid: number): void {
    const task = this.tasks.get(pid);
    if (task === undefined) return;
    this.tasks.delete(pid);
    if (--task.table.users > 0) return;
    for (const fd of [...task.table.slots.keys()]) this.drop(task.table, fd, 'end');
  }

  renamed(pid: number, as: number): void {
    const task = this.tasks.get(pid);
    if (task === undefined || pid === as) return;
    this.exited(as);
    this.tasks.delete(pid);
    this.tasks.set(as, task);
  }

  /** A program was executed: what is closed on exec, is closed. */
  executed(task: Task, command: string): void {
    this.separate(task);
    task.process = { pid: task.process.pid, command };
    for (const [fd, { closesOnExec }] of task.table.slots) if (closesOnExec) this.drop(task.table, fd, 'end');
  }

  /** The description behind a descriptor that a call has used. */
  at(table: FdTable, { fd, shown }: ShownFd): Description {
    const slot = table.slots.get(fd);
    if (slot !== undefined) {
      const { description } = slot;
      const inodes = [inodeShown(description.shown), inodeShown(shown)];
      const isOther = inodes.every((inode) => inode !== undefined) && inodes[0] !== inodes[1];
      if (!isOther) {
        if (shown !== undefined && shown !== description.shown) this.show(description, shown);
        return description;
      }
    }
    const kind = kindShown(shown);
    return this.put(table, fd, new Description(kind, kind, shown, undefined, false), undefined);
  }

  /** strace shows `description` as `shown` now. The other end of its connection is looked for among those shown. */
  show(description: Description, shown: string | undefined): void {
    this.#forgetEnd(description);
    description.shown = shown;
    const ends = description.isWhole ? endsShown(shown) : undefined;
    if (ends === undefined) return;
    const [here, there] = ends;
    this.#ends.set(here, description);
    const peer = this.#ends.get(there);
    if (peer === undefined || peer === description || description.peer !== undefined) return;
    description.peer = peer;
    peer.peer = description;
  }

  #forgetEnd(description: Description): void {
    const ends = endsShown(description.shown);
    if (ends !== undefined && this.#ends.get(ends[0]) === description) this.#ends.delete(ends[0]);
  }

  /** The description of `fd`, where the trace has one. */
  known(table: FdTable, fd: number): Description | undefined {
    return table.slots.get(fd)?.description;
  }

  /** `fd` is a descriptor of `description` now. What it was before, was closed where the trace does not show it. */
  put(table: FdTable, fd: number, description: Description, closesOnExec: boolean | undefined): Description {
    if (table.slots.get(fd)?.description === description) return description;
    this.drop(table, fd, 'reuse');
    description.holders++;
    table.slots.set(fd, { description, closesOnExec });
    return description;
  }

  drop(table: FdTable, fd: number, how: 'close' | 'reuse' | 'end'): void {
    const slot = table.slots.get(fd);
    if (slot === undefined) return;
    table.slots.delete(fd);
    const { description } = slot;
    description.holders--;
    if (description.holders === 0) {
      if (description.peer !== undefined) description.peer.isPeerGone = !description.isPassed;
      this.#forgetEnd(description);
    }
    this.#observer.dropped(table, fd, description, how);
  }
}
