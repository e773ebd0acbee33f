import { constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Poller, PollerOptions } from '../../poller.js';
import * as sys from '../../sys.js';
import { Channel } from './channel.js';
import { highestUnusedNumber } from './descriptors.js';
import { type Kind, hasMessages } from './kinds.js';
import type { Scope } from './scope.js';
import type { RunningProcess, Setup } from './setup.js';
import { gone, until } from './waiting.js';

export type Pair = [number, number];
export interface InternetEnd {
  readonly host: string;
  readonly port: number;
}

type Needed = Pick<Setup, 'source' | 'programs' | 'directory'>;

/** Opens what a clause needs. Everything is closed at the end of the clause. */
export class Fixtures {
  readonly #scope: Scope;
  readonly #setup: Needed;
  #fifos = 0;

  constructor(scope: Scope, setup: Needed) {
    this.#scope = scope;
    this.#setup = setup;
  }

  /** The poller under test. */
  poller<Data = unknown>(options: PollerOptions = {}): Poller<Data> {
    const poller = this.#setup.source.createPoller(options) as Poller<Data>;
    this.#scope.atEnd(() => poller.close());
    return poller;
  }

  /** Two connected ends: the first is read, the second is written; with sockets both can be read and written. */
  pair(kind: Kind): Pair {
    switch (kind) {
      case 'pipe':
        return this.pipe();
      case 'FIFO':
        return this.fifo();
      case 'unix stream':
        return this.stream();
      case 'unix seqpacket':
        return this.#both(sys.socketPair('seqpacket'));
      case 'unix datagram':
        return this.#both(sys.socketPair('dgram'));
      case 'TCP':
        return this.tcp();
      case 'UDP':
        return this.udp();
    }
  }

  /** A pair that counts its unread messages. */
  channel(kind: Kind = 'pipe'): Channel {
    return new Channel(this.pair(kind), hasMessages(kind));
  }

  pipe(): Pair {
    return this.#both(sys.pipe());
  }

  /** The read end of a pipe with one byte in it. */
  readyPipe(): number {
    const [reader, writer] = this.pipe();
    sys.write(writer, Buffer.from('x'));
    return reader;
  }

  readyPipes(count: number): number[] {
    return Array.from({ length: count }, () => this.readyPipe());
  }

  /** The master of a pseudoterminal, and the path of its other side, which nobody has open. */
  terminal(): { fd: number; path: string } {
    const { fd, path } = sys.openPty();
    return { fd: this.#scope.own(fd), path };
  }

  /** The path of a FIFO that nobody has open. */
  fifoPath(): string {
    const path = join(this.#setup.directory, `fifo-${this.#fifos++}`);
    this.#scope.atEnd(() => void this.#fifos--);
    if (!existsSync(path)) this.#setup.programs.makeFifo(path);
    return path;
  }

  fifo(): Pair {
    const path = this.fifoPath();
    const reader = this.file(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return [reader, this.file(path, constants.O_WRONLY | constants.O_NONBLOCK)];
  }

  /** Connected unix stream sockets. */
  stream(): Pair {
    return this.#both(sys.socketPair('stream'));
  }

  /** A TCP connection over the loopback interface: the accepted end, the connected end. */
  tcp(host = '127.0.0.1'): Pair {
    const { listener, address } = this.listener(host);
    const connected = this.socket(host.includes(':') ? 'ipv6' : 'ipv4');
    sys.connect(connected, address);
    const accepted = this.accept(listener);
    this.#scope.close(listener);
    return [accepted, connected];
  }

  /** A TCP listener on a port that the kernel chooses. */
  listener(host = '127.0.0.1'): { listener: number; address: InternetEnd } {
    const listener = this.socket(host.includes(':') ? 'ipv6' : 'ipv4');
    sys.bind(listener, { host, port: 0 });
    sys.listen(listener);
    return { listener, address: addressOf(listener) };
  }

  /** A listening unix socket. A connection to it waits when connect() returns; a TCP connection may come later. */
  unixListener(): { listener: number; path: string } {
    const path = join(this.directory(), 'socket');
    const listener = this.socket('unix');
    sys.bind(listener, { path });
    sys.listen(listener);
    return { listener, path };
  }

  /** A port of the loopback interface on which nobody listens, and which nobody else can take. */
  deadAddress(): InternetEnd {
    const fd = this.socket('ipv4');
    sys.bind(fd, { host: '127.0.0.1', port: 0 });
    return addressOf(fd);
  }

  /** A new connection to `address`, which may still be in progress. */
  connection(address: InternetEnd): number {
    const fd = this.socket('ipv4');
    sys.connect(fd, address);
    return fd;
  }

  /** The next connection of `listener`. */
  accept(listener: number): number {
    let fd: number = sys.WOULD_BLOCK;
    until(`a connection on ${listener}`, () => (fd = sys.accept(listener)) !== sys.WOULD_BLOCK);
    return this.#scope.own(fd);
  }

  /** Two UDP sockets that are connected to each other. */
  udp(): Pair {
    const [a, b] = [this.boundUdp(), this.boundUdp()];
    sys.connect(a, addressOf(b));
    sys.connect(b, addressOf(a));
    return [a, b];
  }

  /** A UDP socket on a port of the loopback interface, without a peer. */
  boundUdp(): number {
    const fd = this.socket('ipv4', 'dgram');
    sys.bind(fd, { host: '127.0.0.1', port: 0 });
    return fd;
  }

  socket(family: sys.SocketFamily, type: sys.SocketType = 'stream'): number {
    return this.#scope.own(sys.socket(family, type));
  }

  /** One end of a TCP connection that has received a reset. */
  resetConnection(): number {
    const [fd, peer] = this.tcp();
    this.reset(peer);
    gone(fd);
    return fd;
  }

  /** Closes a TCP connection with a reset. The reset may reach the other end a moment later. */
  reset(fd: number): void {
    sys.setOption(fd, 'linger', 0);
    this.#scope.close(fd);
  }

  /** A counter. */
  event(initial = 0): number {
    return this.#scope.own(sys.openEvent(initial));
  }

  /** A timer that does not run. */
  timer(): number {
    return this.#scope.own(sys.openTimer());
  }

  /** A process that runs until it is killed, and its descriptor. */
  process(): { process: RunningProcess; fd: number } {
    const process = this.#started(this.#setup.programs.startProcess());
    return { process, fd: this.#scope.own(sys.openProcess(process.pid)) };
  }

  /**
   * A process that was killed and has ended or is about to, and its parent, which does not wait for it while it runs
   * itself.
   */
  zombie(): { pid: number; parent: RunningProcess } {
    const path = join(this.directory(), 'pid');
    const parent = this.#started(this.#setup.programs.startProcess(path));
    const content = (): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    until('the number of a process', () => content().endsWith('\n'));
    const pid = Number(content());
    // A parent that is stopped waits for no child, which stays a zombie when it ends.
    process.kill(parent.pid, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    return { pid, parent };
  }

  dup(fd: number): number {
    return this.#scope.own(sys.dup(fd));
  }

  file(path: string, flags: number = constants.O_RDONLY): number {
    return this.#scope.own(sys.open(path, flags));
  }

  /** A directory that is removed at the end. */
  directory(): string {
    const path = mkdtempSync(join(this.#setup.directory, 'clause-'));
    this.#scope.atEnd(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /** Closes the number `fd` and makes it a duplicate of `source`. */
  reuse(fd: number, source: number): void {
    if (source === fd) return;
    this.#scope.close(fd);
    // A thread of the host may use the number for a moment.
    until(`the number ${fd}`, () => takesNumber(fd, source));
    this.#scope.own(fd);
  }

  /** A number that is not open, and so high that no thread of the host opens it meanwhile. */
  unusedNumber(): number {
    return highestUnusedNumber();
  }

  #started(process: RunningProcess): RunningProcess {
    this.#scope.atEnd(() => process.kill());
    return process;
  }

  #both([a, b]: readonly [number, number]): Pair {
    return [this.#scope.own(a), this.#scope.own(b)];
  }
}

/** Duplicates `source` until it has the number `fd`; false where that is taken. */
function takesNumber(fd: number, source: number): boolean {
  const others: number[] = [];
  try {
    for (;;) {
      const next = sys.dup(source);
      if (next === fd) return true;
      others.push(next);
      if (next > fd) return false;
    }
  } finally {
    for (const other of others) sys.close(other);
  }
}

/** The address that an internet socket is bound to. */
export function addressOf(fd: number): InternetEnd {
  const address = sys.localAddress(fd);
  if (address.family === 'unix') throw new Error(`${fd} is no internet socket`);
  return { host: address.host, port: address.port };
}
