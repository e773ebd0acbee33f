// A driver over pollux, for `pollux conformance --driver` in the tests. The argument names what it does wrong.
import { createPoller, ONESHOT, type Poller, READABLE } from 'pollux';
import * as sys from 'pollux/sys';

type Request = Readonly<Record<string, number>> & { readonly op: string };

const fault = process.argv[2] ?? '';
const socket = Number(process.env['POLLUX_DRIVER_SOCKET']);
const pollers: Poller<number>[] = [];

/** What the driver `lazy` opens once and keeps, as some runtimes do. */
const kept: number[] = [];

const LACKS = { threads: 'this driver has one thread' };

/** What the faulty drivers do in place of the answer, by the operation and the name of the fault. */
const FAULTS: Readonly<Record<string, () => unknown>> = {
  'add crash': () => {
    process.stderr.write('these are my last words');
    return process.kill(process.pid, 'SIGKILL');
  },
  'add exit': () => process.exit(7),
  'add hang': sleep,
  'wait stall': sleep,
  'hello mute': sleep,
  'hello version': () => ({ version: 2, name: 'from the future' }),
  'hello lacks': () => ({ version: 1, name: 'misspelt', lacks: { egde: 'no edges' } }),
  'hello nameless': () => ({ version: 1 }),
  'hello words': () => ({ version: 1, name: 'wordy', lacks: { ...LACKS, edge: 'edges are for others' } }),
  'open shut': () => process.exit(3),
  'wait text': () => 'these are no events',
  'wait list': () => [[1, 1]],
  'wait none': () => ({}),
  'wait bits': () => ({ events: [[5, 0x40]] }),
  'wait stranger': () => ({ events: [[4000, READABLE]] }),
  'wait woken': () => ({ events: [], woken: 1 }),
  'wait endless': () => 'x'.repeat(5_000_000),
  'remove code': () => ({ error: 5 }),
};

function sleep(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function answerTo(request: Request, descriptor: number | undefined): object | string {
  const { op } = request;
  const wrong = FAULTS[`${op} ${fault}`];
  if (wrong !== undefined) return wrong() as object | string;
  const poller = pollers[request['poller']!]!;
  const fd = request['fd']!;
  switch (op) {
    case 'hello':
      return {
        version: 1,
        name: 'pollux behind a driver',
        pid: fault === 'pid' ? process.ppid : process.pid,
        lacks: LACKS,
      };
    case 'take':
      return { fd: lifted(descriptor!, fd) };
    case 'release':
      return sys.close(fd) ?? {};
    case 'open':
      pollers.push(createPoller({ capacity: request['capacity']! }));
      return { poller: pollers.length - 1, fd: pollers.at(-1)!.fd };
    case 'add':
      if (fault === 'leak') sys.dup(fd);
      if (fault === 'lazy' && kept.length === 0) kept.push(sys.openEvent());
      if (fault === 'greedy') sys.openEvent();
      return (
        poller.add(
          fd,
          fault === 'broken' ? request['interest']! & ~ONESHOT : request['interest']!,
          request['token']!,
        ) ?? {}
      );
    case 'modify':
      return poller.modify(fd, request['interest']!) ?? {};
    case 'remove':
      return poller.remove(fd) ?? {};
    case 'wait':
      return eventsOf(poller, fault === 'endless-wait' ? undefined : request['timeoutNs']! / 1e6);
    case 'wake':
      return poller.wake() ?? {};
    case 'close':
      return poller.close() ?? {};
    default:
      return { error: 'ENOSYS' };
  }
}

function eventsOf(poller: Poller<number>, timeoutMs: number | undefined): object {
  const batch = poller.wait(timeoutMs);
  return { events: [...batch].map(({ fd, readiness, data }) => [fd, readiness, data]), woken: batch.woken };
}

/** The lowest number from `least` on that is free, for the file of `descriptor`. */
function lifted(descriptor: number, least: number): number {
  const lower: number[] = [];
  for (let fd = descriptor; ; fd = sys.dup(descriptor)) {
    if (fd >= least) {
      for (const number of lower) sys.close(number);
      return fd;
    }
    lower.push(fd);
  }
}

function answer(request: Request, descriptor: number | undefined): object | string {
  try {
    return answerTo(request, descriptor);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return { error: code === 'ERR_NOT_SUPPORTED' ? 'ENOTSUP' : String(code), message };
  }
}

function serve(): void {
  const chunk = Buffer.alloc(4096);
  for (let line = ''; ; ) {
    const message = sys.receiveMessage(socket, [chunk]);
    if (message === sys.WOULD_BLOCK || message.length === 0) return;
    line += chunk.toString('utf8', 0, message.length);
    if (!line.endsWith('\n')) continue;
    const said = answer(JSON.parse(line) as Request, message.control.descriptors[0]);
    const second = fault === 'twice' ? '{}\n' : '';
    const reply = Buffer.from(`${typeof said === 'string' ? said : JSON.stringify(said)}\n${second}`);
    for (let at = 0; at < reply.length; ) at += sys.write(socket, reply, at);
    line = '';
  }
}

process.on('SIGWINCH', () => {});
serve();
process.exit();
