import type { Advice } from './advice.js';
import { errorOf, eventsOf, fdOf } from './arguments.js';
import type { Call } from './calls.js';
import type { Description } from './description.js';
import type { Epoll } from './epoll.js';
import type { Epolls } from './epolls.js';
import type { Processes, Task } from './processes.js';
import { Registration, shownCall } from './registration.js';
import type { Waits } from './waits.js';

/** What epoll_ctl(2) changes. */
export class Control {
  readonly #epolls: Epolls;
  readonly #processes: Processes;
  readonly #advice: Advice;
  readonly #waits: Waits;

  constructor(epolls: Epolls, processes: Processes, advice: Advice, waits: Waits) {
    this.#epolls = epolls;
    this.#processes = processes;
    this.#advice = advice;
    this.#waits = waits;
  }

  /** The epoll instance that a call is about; undefined: strace shows another file. */
  epollAt(task: Task, call: Call): Epoll | undefined {
    const at = fdOf(call.args[0]);
    if (at === undefined) return undefined;
    const description = this.#processes.at(task.table, at);
    if (description.kind !== 'epoll' && description.kind !== 'unknown') return undefined;
    description.kind = 'epoll';
    return this.#epolls.open(description, at.fd, shownCall(call), task);
  }

  change(task: Task, call: Call): void {
    const { args, result } = call;
    const [, operation = '', number, event = ''] = args;
    const at = fdOf(number);
    const error = errorOf(result);
    const epoll = error === 'EBADF' && !this.#isOpen(task, call) ? undefined : this.epollAt(task, call);
    if (epoll === undefined || at === undefined) return;
    const [shown] = eventsOf(event);
    if (error !== undefined) {
      if (shown !== undefined) this.#advice.refused(epoll, call, shown.bits);
      if ((error === 'EBADF' || error === 'ENOENT') && !operation.includes('ADD'))
        this.#waits.refused(epoll, at.fd, call);
      return;
    }
    const description = this.#processes.at(task.table, at);
    const known = epoll.of(at.fd, description);
    if (operation.includes('DEL')) {
      if (known === undefined) return;
      this.#advice.changed(epoll, known, call, false);
      this.#waits.judge(known, 'closes');
      this.#epolls.remove(known);
    } else if (shown !== undefined) {
      if (known === undefined) this.#add(epoll, task, at.fd, description, call, shown.bits, shown.data);
      else this.#modify(epoll, known, call, shown.bits, shown.data);
    }
  }

  #isOpen(task: Task, call: Call): boolean {
    const at = fdOf(call.args[0]);
    return at !== undefined && this.#processes.known(task.table, at.fd) !== undefined;
  }

  #add(epoll: Epoll, task: Task, fd: number, description: Description, call: Call, bits: string, data: string): void {
    const registration = new Registration(epoll, fd, description, task, call, bits, data);
    this.#epolls.add(epoll, registration);
    registration.changedAt = epoll.epoch;
    epoll.fresh.add(registration);
    epoll.closed.delete(fd);
  }

  #modify(epoll: Epoll, registration: Registration, call: Call, bits: string, data: string): void {
    this.#advice.changed(epoll, registration, call, true);
    epoll.setData(registration, () => registration.modified(call, bits, data));
    epoll.fresh.add(registration);
  }
}
