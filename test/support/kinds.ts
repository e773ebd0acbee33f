import { constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import * as sys from 'pollux/sys';
import { PATIENCE_MS, POLLIN, POLLOUT, descriptors, untilPolled } from './descriptors.js';
import { fill as fillAsClauses } from './kit.js';
import type { Scope } from './scope.js';

const EVENT_FD = 'eventfd';
/** How long a terminal moves data by itself after a write has said WOULD_BLOCK. */
const SETTLE_MS = 50;
const BUSY_MS = 10;
const MOST_LOOKS = 40;

/** For each kind of descriptor: one end to read from, empty, and one to write to. */
export const KINDS: Readonly<Record<string, (scope: Scope) => [reader: number, writer: number]>> = {
  pipe: (scope) => own(scope, sys.pipe()),
  FIFO: fifo,
  'unix stream': (scope) => own(scope, sys.socketPair('stream')),
  'unix seqpacket': (scope) => own(scope, sys.socketPair('seqpacket')),
  'unix datagram': (scope) => own(scope, sys.socketPair('dgram')),
  TCP: tcpPair,
  UDP: udpPair,
  pty: ptyPair,
  [EVENT_FD]: (scope) => {
    const fd = scope.own(descriptors.eventFd(0));
    return [fd, fd];
  },
};

/** The kinds that clauses do not open. Tests check with them what clauses prove for the others. */
export const WITHOUT_CLAUSES = ['pty', EVENT_FD];

/** The two ends of a kind, with a count of what is unread. */
export class Channel {
  readonly reader: number;
  readonly writer: number;
  readonly #isCounter: boolean;
  #unread = 0;

  constructor(scope: Scope, kind: string) {
    [this.reader, this.writer] = KINDS[kind]!(scope);
    this.#isCounter = kind === EVENT_FD;
  }

  /** Makes the reader readable, by one more message of one byte, and waits until it is. */
  send(): void {
    const message = this.#isCounter ? counter(1n) : Buffer.from('x');
    assert.is(sys.write(this.writer, message), message.length);
    this.#unread++;
    untilPolled(this.reader, POLLIN);
  }

  /** Reads all that was sent, and then meets WOULD_BLOCK. */
  drain(): void {
    const buffer = Buffer.alloc(64);
    while (this.#unread > 0) {
      untilPolled(this.reader, POLLIN);
      const length = sys.read(this.reader, buffer);
      this.#unread -= this.#isCounter ? Number(buffer.readBigUInt64LE()) : length;
    }
    assert.is(sys.read(this.reader, buffer), sys.WOULD_BLOCK);
  }
}

/** Writes to `writer` until nothing more fits, and stays so. */
export function fill(kind: string, writer: number): void {
  if (kind === EVENT_FD) sys.write(writer, counter(2n ** 64n - 2n));
  else if (kind === 'pty') fillTerminal(writer);
  else fillAsClauses(writer, kind as Parameters<typeof fillAsClauses>[1]);
}

function fillTerminal(master: number): void {
  const chunk = Buffer.alloc(65536);
  const fillUp = (): void => {
    while (sys.write(master, chunk) !== sys.WOULD_BLOCK);
  };
  fillUp();
  for (let looks = 0; looks < MOST_LOOKS && !staysFull(master, SETTLE_MS); looks++) fillUp();
}

/** Whether `writer` stays full for `settleMs`. False where the machine was too busy to tell. */
function staysFull(writer: number, settleMs: number): boolean {
  const start = performance.now();
  const isFull = descriptors.poll(writer, POLLOUT, settleMs) === 0;
  return isFull && performance.now() - start < settleMs + BUSY_MS;
}

/** Reads from `reader` until `writer` has room again. */
export function relieve(reader: number, writer: number): void {
  const buffer = Buffer.alloc(65536);
  do {
    while (sys.read(reader, buffer) !== sys.WOULD_BLOCK);
  } while (descriptors.poll(writer, POLLOUT, 1) === 0);
}

/** A TCP connection over the loopback interface: the accepted end, the connected end. */
export function tcpPair(scope: Scope): [accepted: number, connected: number] {
  const { listener, address } = tcpListener(scope);
  const connected = scope.own(sys.socket('ipv4'));
  sys.connect(connected, address);
  untilPolled(listener, POLLIN);
  const accepted = scope.own(sys.accept(listener));
  untilPolled(connected, POLLOUT);
  scope.close(listener);
  return [accepted, connected];
}

/** A listener on a port of the loopback interface that the kernel chooses. */
export function tcpListener(scope: Scope): { listener: number; address: { host: string; port: number } } {
  const listener = scope.own(sys.socket('ipv4'));
  sys.bind(listener, { host: '127.0.0.1', port: 0 });
  sys.listen(listener);
  return { listener, address: addressOf(listener) };
}

/**
 * Returns when `count` connections wait to be accepted from an IPv4 listener, as Linux lists it. To the connecting side
 * a connection is there a little before it is so to the listener.
 */
export function untilQueued(listener: number, count: number): void {
  const port = addressOf(listener).port.toString(16).toUpperCase().padStart(4, '0');
  const queue = new RegExp(`^ *\\d+: [0-9A-F]{8}:${port} 00000000:0000 0A [0-9A-F]{8}:([0-9A-F]{8})`, 'm');
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const queued = parseInt(queue.exec(readFileSync('/proc/net/tcp', 'utf8'))?.[1] ?? '0', 16);
    if (queued === count) return;
    if (performance.now() > deadline) throw new Error(`${queued} of ${count} connections in ${PATIENCE_MS} ms`);
    descriptors.poll(listener, 0, 1);
  }
}

/** The address that an IPv4 socket is bound to. */
export function addressOf(fd: number): { host: string; port: number } {
  const address = sys.localAddress(fd);
  if (address.family === 'unix') throw new Error(`${fd} is no IPv4 socket`);
  return { host: address.host, port: address.port };
}

/** Two UDP sockets that are connected to each other. */
export function udpPair(scope: Scope): [number, number] {
  const [a, b] = [scope.own(sys.socket('ipv4', 'dgram')), scope.own(sys.socket('ipv4', 'dgram'))];
  for (const fd of [a, b]) sys.bind(fd, { host: '127.0.0.1', port: 0 });
  sys.connect(a, addressOf(b));
  sys.connect(b, addressOf(a));
  return [a, b];
}

/** The slave of a pseudoterminal in raw mode, and its master. */
export function ptyPair(scope: Scope): [slave: number, master: number] {
  const master = scope.own(descriptors.ptyMaster());
  return [scope.own(descriptors.ptySlave(master)), master];
}

function fifo(scope: Scope): [reader: number, writer: number] {
  const path = join(scope.directory(), 'fifo');
  descriptors.makeFifo(path);
  return [
    scope.own(descriptors.openFile(path, constants.O_RDONLY | constants.O_NONBLOCK)),
    scope.own(descriptors.openFile(path, constants.O_WRONLY | constants.O_NONBLOCK)),
  ];
}

function own(scope: Scope, [a, b]: readonly [number, number]): [number, number] {
  return [scope.own(a), scope.own(b)];
}

function counter(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(value);
  return buffer;
}
