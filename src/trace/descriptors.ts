import { addressOf, errorOf, fdOf, numberOf } from './arguments.js';
import type { Call } from './calls.js';
import { Description, kindShown } from './description.js';
import { openedBy } from './openings.js';
import type { FdTable, Processes, Task } from './processes.js';

/** What calls do to descriptors themselves: opening, duplicating, flags. */
export class Descriptors {
  readonly #processes: Processes;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  /** The descriptions that `call` has made. */
  open(table: FdTable, call: Call): Description[] {
    if (errorOf(call.result) !== undefined) return [];
    return openedBy(call).map(({ at, description, closesOnExec }) => {
      this.#processes.put(table, at.fd, description, closesOnExec);
      this.#processes.show(description, at.shown);
      return description;
    });
  }

  /** The socket that was accepted from `listener`. */
  accepted(listener: Description, socket: Description | undefined, call: Call): void {
    if (socket === undefined) return;
    socket.local = listener.local;
    socket.remote = addressOf(call.args[1]);
    if (listener.made.endsWith('socket')) socket.made = listener.made;
  }

  /** Returns the description that the program has asked about, or has changed, as one who cares for its state. */
  act(task: Task, call: Call): Description | undefined {
    const { name, args, result } = call;
    const error = errorOf(result);
    if (name === 'close_range') {
      if (error === undefined) this.#closeRange(task, args);
      return undefined;
    }
    if (name === 'unshare') {
      if (error === undefined && (args[0] ?? '').includes('CLONE_FILES')) this.#processes.separate(task);
      return undefined;
    }
    const at = fdOf(args[0]);
    if (at === undefined || error === 'EBADF') return undefined;
    const description = this.#processes.at(task.table, at);
    switch (name) {
      case 'dup':
      case 'dup2':
      case 'dup3':
        this.#duplicate(task, description, at.fd, result, (args[2] ?? '').includes('O_CLOEXEC'));
        return undefined;
      case 'fcntl':
      case 'fcntl64':
        this.#control(task, description, at.fd, call);
        return undefined;
      case 'ioctl':
        return this.#ioctl(task, description, at.fd, call);
      case 'pidfd_getfd':
        this.#receive(task, result);
        return undefined;
      case 'listen':
        if (error === undefined) description.kind = 'listener';
        return undefined;
      case 'shutdown':
        if (error === undefined && /SHUT_(WR|RDWR)/.test(args[1] ?? '')) description.hasShutdown = true;
        return description;
      case 'bind':
        description.local = addressOf(args[1]) ?? description.local;
        return undefined;
      case 'getsockname':
        description.local = addressOf(args[1]) ?? description.local;
        return undefined;
      case 'connect':
        description.remote = addressOf(args[1]) ?? description.remote;
        return description;
      case 'getsockopt':
        return (args[2] ?? '').includes('SO_ERROR') ? description : undefined;
      default:
        return description;
    }
  }

  #closeRange({ table }: Task, [first = '', last = '', flags = '']: readonly string[]): void {
    const [from, to] = [
      Number.parseInt(first, 10),
      last.startsWith('-') || last.includes('U') ? Infinity : Number(last.split('<')[0]),
    ];
    for (const [fd, slot] of [...table.slots]) {
      if (fd < from || fd > to) continue;
      if (flags.includes('CLOSE_RANGE_CLOEXEC')) slot.closesOnExec = true;
      else this.#processes.drop(table, fd, 'close');
    }
  }

  #duplicate({ table }: Task, description: Description, from: number, result: string, closesOnExec: boolean): void {
    const at = fdOf(result);
    if (at === undefined || at.fd === from) return;
    this.#processes.drop(table, at.fd, 'close');
    this.#processes.put(table, at.fd, description, closesOnExec);
  }

  #control(task: Task, description: Description, fd: number, { args, result }: Call): void {
    const [, operation = '', argument = ''] = args;
    const slot = task.table.slots.get(fd);
    if (errorOf(result) !== undefined || slot === undefined) return;
    if (operation.startsWith('F_DUPFD')) this.#duplicate(task, description, fd, result, operation.includes('CLOEXEC'));
    else if (operation === 'F_SETFL') description.isNonBlocking = argument.includes('O_NONBLOCK');
    else if (operation === 'F_GETFL') description.isNonBlocking = result.includes('O_NONBLOCK');
    else if (operation === 'F_SETFD') slot.closesOnExec = argument.includes('FD_CLOEXEC');
    else if (operation === 'F_GETFD') slot.closesOnExec = result.includes('FD_CLOEXEC');
  }

  #ioctl({ table }: Task, description: Description, fd: number, { args, result }: Call): Description | undefined {
    const [, request = '', argument = ''] = args;
    const slot = table.slots.get(fd);
    if (request === 'FIOCLEX' && slot !== undefined) slot.closesOnExec = true;
    else if (request === 'FIONCLEX' && slot !== undefined) slot.closesOnExec = false;
    else if (request === 'FIONBIO') {
      if (errorOf(result) === undefined) description.isNonBlocking = !argument.includes('[0]');
    } else if (request !== 'FIONREAD') return description;
    return undefined;
  }

  #receive({ table }: Task, result: string): void {
    const at = fdOf(result);
    if (at === undefined || numberOf(result) === undefined) return;
    this.#processes.put(
      table,
      at.fd,
      new Description(kindShown(at.shown), 'received', at.shown, undefined, false),
      true,
    );
  }
}
