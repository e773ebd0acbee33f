// Uses pollux in a process in which the system call of the command line is refused. Prints the outcome of each use: ''
// where it worked, otherwise the code of its error and the system call in the error.
import { readFileSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPoller, EDGE, Reactor, READABLE, type Poller } from 'pollux';
import * as sys from 'pollux/sys';
import { refuse, type Refusable } from '../support/sandbox.js';

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const X = Buffer.from('x');

const [call, errno] = process.argv.slice(2) as [Refusable, 'ENOSYS' | 'EPERM'];
const folder = mkdtempSync(join(tmpdir(), 'pollux-'));
const file = join(folder, 'file');
writeFileSync(file, 'from a file');

function must(holds: boolean, what: string): void {
  if (!holds) throw Object.assign(new Error(what), { code: what });
}

/** The flags that `pollux/sys` promises for its descriptors. */
function prepared(...fds: number[]): void {
  for (const fd of fds) {
    const flags = parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
    must((flags & O_NONBLOCK) !== 0, 'blocking');
    must((flags & O_CLOEXEC) !== 0, 'open over exec');
  }
}

function isCloseOnExec(fd: number): boolean {
  return (parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8) & O_CLOEXEC) !== 0;
}

/** Two connected sockets, of accept(2). */
function connected(): [a: number, b: number] {
  const listener = sys.socket('ipv4');
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  const a = sys.socket('ipv4');
  const { port } = sys.localAddress(listener) as { port: number };
  sys.connect(a, { host: '127.0.0.1', port });
  let b = sys.WOULD_BLOCK;
  while (b === sys.WOULD_BLOCK) b = sys.accept(listener);
  must(sys.accept(listener) === sys.WOULD_BLOCK, 'accepted twice');
  sys.close(listener);
  return [a, b];
}

function receive(fd: number): string {
  const buffer = Buffer.alloc(64);
  let length = sys.WOULD_BLOCK;
  while (length === sys.WOULD_BLOCK) length = sys.read(fd, buffer);
  return buffer.toString('latin1', 0, length);
}

function poll(poller: Poller): void {
  must(isCloseOnExec(poller.fd), 'poller open over exec');
  const [a, b] = sys.socketPair();
  poller.add(a, READABLE | EDGE);
  must(poller.wait(0).length === 0, 'ready too early');
  const start = process.hrtime.bigint();
  must(poller.wait(1.5).length === 0 && process.hrtime.bigint() - start >= 1_500_000n, 'early');
  for (let round = 0; round < 3; round++) {
    for (let wakes = 0; wakes < 3; wakes++) poller.wake();
    must(poller.wait(5000).woken, 'no wake');
    must(!poller.wait(0).woken, 'a wake too many');
    sys.write(b, X);
    must(poller.wait(5000).length === 1, 'no event');
  }
}

function expectBytes(fd: number, text: string): void {
  const got = receive(fd);
  must(got === text, `got ${got}`);
}

const USES: Readonly<Record<string, () => void | Promise<void>>> = {
  poller: () => {
    const poller = createPoller();
    poll(poller);
    poller.close();
  },
  'open poller': () => poll(before),
  socket: () => prepared(sys.socket('ipv4', 'dgram'), sys.socket('unix')),
  socketPair: () => prepared(...sys.socketPair('seqpacket')),
  accept: () => prepared(...connected()),
  pipe: () => prepared(...sys.pipe()),
  dup: () => prepared(sys.dup(sys.pipe()[0])),
  kinds: () => {
    must(sys.classify(sys.pipe()[0]).kind === 'pipe', 'no pipe');
    must(sys.classify(openSync(file, 'r')).readiness === 'always-ready', 'no file');
  },
  inotify: () => {
    const fd = sys.inotifyInit();
    prepared(fd);
    sys.inotifyAddWatch(fd, folder, sys.IN_CREATE);
  },
  pty: () => prepared(sys.openPty().fd),
  write: () => {
    const ends = [sys.socketPair(), connected(), [...sys.pipe()].reverse() as [number, number]];
    for (const [to, from] of ends) {
      sys.write(to, X);
      expectBytes(from, 'x');
      sys.writev(to, [X, X]);
      expectBytes(from, 'xx');
    }
  },
  send: () => {
    const [a, b] = sys.socketPair();
    sys.send(a, X);
    expectBytes(b, 'x');
  },
  receive: () => {
    const [a, b] = sys.socketPair();
    sys.write(a, X);
    must(sys.recv(b, Buffer.alloc(4)) === 1, 'nothing');
  },
  readv: () => {
    const [a, b] = sys.socketPair();
    sys.write(a, X);
    must(sys.readv(b, [Buffer.alloc(4), Buffer.alloc(4)]) === 1, 'nothing');
  },
  recvFrom: () => {
    const [a, b] = sys.socketPair('dgram');
    sys.write(a, X);
    must((sys.recvFrom(b, Buffer.alloc(4)) as sys.Message).length === 1, 'nothing');
  },
  sendFile: () => {
    const [a, b] = sys.socketPair();
    sys.sendFile(a, openSync(file, 'r'), 0, 4);
    expectBytes(b, 'from');
  },
  splice: () => {
    const [reader, writer] = sys.pipe();
    sys.splice(openSync(file, 'r'), writer, 4, { inOffset: 0 });
    expectBytes(reader, 'from');
  },
  'reactor uv': () => react('uv'),
  'reactor thread': () => react('thread'),
};

async function react(waiter: 'uv' | 'thread'): Promise<void> {
  const reactor = new Reactor({ waiter });
  const [a, b] = sys.socketPair();
  sys.write(b, X);
  must((await reactor.once(a, READABLE)) === READABLE, 'no event');
  reactor.close();
}

const before = createPoller();

async function run(): Promise<void> {
  refuse(call, errno);
  const outcome: Record<string, string> = {};
  for (const [name, use] of Object.entries(USES)) {
    try {
      await use();
    } catch (error) {
      const { code, syscall } = error as sys.SystemError;
      outcome[name] = [code ?? String(error), syscall].filter(Boolean).join(' ');
    }
  }
  console.log(JSON.stringify(outcome));
  rmSync(folder, { recursive: true });
}

void run();
