// Writes to closed peers by every call, where SIGPIPE ends the process, and prints the outcome of each. The arguments:
// 'main' or 'worker', and what a sandbox refuses, if anything.
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { FdStream } from 'pollux';
import * as sys from 'pollux/sys';
import { refuse, type Refusable } from '../support/sandbox.js';

const SIGPIPE = 1n << 12n;
const X = Buffer.from('x');

/** The bit of SIGPIPE in a set of signals of this thread. */
function has(set: 'SigPnd' | 'ShdPnd' | 'SigBlk' | 'SigIgn' | 'SigCgt'): boolean {
  const text = readFileSync('/proc/thread-self/status', 'utf8');
  return (BigInt(`0x${new RegExp(`^${set}:\\s*(\\w+)`, 'm').exec(text)![1]!}`) & SIGPIPE) !== 0n;
}

/** For each kind a function that returns an end to write to, whose other end is closed. */
const PEERS: Readonly<Record<string, () => number>> = {
  'a unix socket': () => broken(sys.socketPair()),
  'a seqpacket socket': () => broken(sys.socketPair('seqpacket')),
  'a pipe': () => broken([...sys.pipe()].reverse()),
};

function broken([kept, closed]: readonly number[]): number {
  sys.close(closed!);
  return kept!;
}

function runAll(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'text');
  const outcome: Record<string, string> = {};
  const source = openSync(file, 'r');
  for (const [peer, open] of Object.entries(PEERS)) {
    const calls: Record<string, (fd: number) => unknown> = {
      write: (fd) => sys.write(fd, X),
      writev: (fd) => sys.writev(fd, [X, X]),
      sendFile: (fd) => sys.sendFile(fd, source, 0, 4),
      splice: (fd) => {
        if (peer === 'a pipe') return sys.splice(source, fd, 4, { inOffset: 0 });
        const [reader, writer] = sys.pipe();
        sys.write(writer, X);
        return sys.splice(reader, fd, 1);
      },
      ...(peer === 'a pipe' ? {} : { send: (fd: number) => sys.send(fd, X) }),
    };
    for (const [name, call] of Object.entries(calls)) {
      const fd = open();
      // Written several times, because the addon may remember whether a number is a socket.
      for (let round = 0; round < 3; round++) {
        try {
          call(fd);
          outcome[`${name} to ${peer}`] = 'no error';
        } catch (error) {
          outcome[`${name} to ${peer}`] = (error as sys.SystemError).code;
        }
      }
      sys.close(fd);
    }
  }
  rmSync(folder, { recursive: true });
  return outcome;
}

/** Uses the number of a socket for a pipe, and the number of a pipe for a socket. */
function reuse(): string {
  const codes: string[] = [];
  let kept = -1;
  for (let round = 0; round < 300; round++) {
    const open = round % 7 < 3 ? PEERS['a pipe']! : PEERS['a unix socket']!;
    kept = open();
    try {
      sys.write(kept, X);
    } catch (error) {
      codes.push((error as sys.SystemError).code);
    }
    sys.close(kept);
  }
  return `${codes.length} ${[...new Set(codes)].join()}`;
}

async function streams(): Promise<string> {
  const codes: string[] = [];
  for (const open of [PEERS['a pipe']!, PEERS['a unix socket']!]) {
    const stream = new FdStream(open());
    const failed = once(stream, 'error');
    stream.write('x');
    codes.push((await failed)[0].code);
  }
  return codes.join();
}

async function report(): Promise<Record<string, string>> {
  const outcome = { ...runAll(), reuse: reuse(), streams: await streams() };
  const left = (['SigPnd', 'ShdPnd', 'SigBlk', 'SigIgn', 'SigCgt'] as const).filter((set) => has(set));
  return { ...outcome, left: left.join() };
}

async function main(): Promise<void> {
  const [where, refused] = process.argv.slice(2) as ['main' | 'worker', Refusable | undefined];
  // libuv restores the default action of a signal when its last listener is removed.
  process.once('SIGPIPE', () => undefined);
  process.kill(process.pid, 'SIGPIPE');
  while (has('SigCgt')) await new Promise((resolve) => setImmediate(resolve));
  if (has('SigIgn')) throw new Error('SIGPIPE is ignored');
  let worker: Worker | undefined;
  if (where === 'worker') {
    worker = new Worker(__filename);
    await once(worker, 'online');
  }
  if (refused !== undefined) refuse(refused, 'ENOSYS');
  if (worker === undefined) return console.log(JSON.stringify(await report()));
  worker.postMessage('go');
  const [outcome] = await once(worker, 'message');
  console.log(JSON.stringify(outcome));
  await worker.terminate();
}

if (isMainThread) void main();
else parentPort!.once('message', () => void report().then((outcome) => parentPort!.postMessage(outcome)));
