import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../errors.js';
import type { Poller } from '../../poller.js';
import * as sys from '../../sys.js';
import { type Outcome, type Seen, type Step, ANNOUNCED, BEGUN, STOP } from '../kit/tasks.js';
import { drain } from '../kit/transfer.js';
import { loadPollerSource } from './poller-source.js';
import type { PoolMessage } from './thread-pool.js';

/** The main program of a thread that performs tasks. */
parentPort!.on('message', (message: PoolMessage) => {
  void run(message).then((outcome) => parentPort!.postMessage(outcome));
});

async function run({ task, module }: PoolMessage): Promise<Outcome> {
  let poller: Poller | undefined;
  try {
    if (task.handle !== undefined) poller = (await loadPollerSource(module!)).attachPoller!(task.handle);
    Atomics.store(task.flags, BEGUN, 1);
    return { results: task.steps.map((step) => perform(step, poller, task.flags)) };
  } catch (error) {
    return { error: messageOf(error) };
  } finally {
    Atomics.store(task.flags, BEGUN, 1);
    poller?.close();
  }
}

function perform(step: Step, poller: Poller | undefined, flags: Int32Array): unknown {
  switch (step.do) {
    case 'sleep':
      return Atomics.wait(flags, STOP, 0, step.ms);
    case 'write':
      return sys.write(step.fd, Buffer.from('x'));
    case 'drain':
      return drain(step.fd);
    case 'addToEvent':
      return sys.addToEvent(step.fd, 1);
    case 'announce':
      return Atomics.store(flags, ANNOUNCED, 1);
    case 'signal':
      return signalUntilStopped(step, flags);
    default:
      return performOn(poller!, step);
  }
}

function performOn(
  poller: Poller,
  step: Exclude<Step, { do: 'sleep' | 'write' | 'drain' | 'addToEvent' | 'announce' | 'signal' }>,
): unknown {
  switch (step.do) {
    case 'add':
      return poller.add(step.fd, step.interest, step.data);
    case 'modify':
      return poller.modify(step.fd, step.interest, step.data);
    case 'remove':
      return poller.remove(step.fd);
    case 'has':
      return poller.has(step.fd);
    case 'size':
      return poller.size;
    case 'closeView':
      return poller.close();
    case 'wake':
      for (let count = 0; count < (step.times ?? 1); count++) poller.wake();
      return undefined;
    case 'wait':
      return look(poller, step.timeoutMs);
    case 'serve':
      return serve(poller, step.interest);
    case 'churn':
      for (let count = 0; count < step.times; count++) {
        poller.add(step.fd, step.interest);
        poller.remove(step.fd);
      }
      return undefined;
  }
}

function look(poller: Poller, timeoutMs: number | undefined): Seen {
  const start = process.hrtime.bigint();
  const batch = timeoutMs === undefined ? poller.wait() : poller.wait(timeoutMs);
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  return { ms, woken: batch.woken, events: [...batch].map(({ fd, readiness, data }) => ({ fd, readiness, data })) };
}

function serve(poller: Poller, interest: number): Array<[fd: number, messages: number]> {
  const taken = new Map<number, number>();
  const buffer = Buffer.alloc(1);
  for (let woken = false; !woken; ) {
    const batch = poller.wait();
    woken = batch.woken;
    for (const { fd } of batch) {
      if (sys.read(fd, buffer) === 1) taken.set(fd, (taken.get(fd) ?? 0) + 1);
      poller.modify(fd, interest);
    }
  }
  return [...taken];
}

function signalUntilStopped({ pid, signal, everyMs }: Step & { do: 'signal' }, flags: Int32Array): number {
  let count = 0;
  do {
    process.kill(pid, signal);
    Atomics.store(flags, ANNOUNCED, 1);
    count++;
  } while (Atomics.wait(flags, STOP, 0, everyMs) === 'timed-out');
  return count;
}
