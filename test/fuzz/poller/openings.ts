import { constants, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as sys from 'pollux/sys';
import { descriptors } from '../../support/descriptors.js';
import { File, Group, type FileKind } from './file.js';

export interface Opened {
  readonly fd: number;
  readonly file: File;
}

const PORTS_OF_ONE_HOST = 20_000;
const BUFFER_BYTES = 4096;

let folder: string | undefined;
let acceptor: { fd: number; port: number } | undefined;
let connections = 0;

/** For each kind a function that opens two connected ends, or one descriptor. */
export const OPENINGS: Readonly<Record<Exclude<FileKind, 'poller'>, () => Opened[]>> = {
  pipe: () => asPair('pipe', sys.pipe()),
  stream: () => asPair('stream', sys.socketPair('stream')),
  dgram: () => asPair('dgram', sys.socketPair('dgram')),
  seqpacket: () => asPair('seqpacket', sys.socketPair('seqpacket')),
  fifo: openFifo,
  tcp: () => {
    const { fd, port } = tcpAcceptor();
    const pair = connectTo(fd, port);
    for (const end of pair) sys.setOption(end, 'sendBuffer', BUFFER_BYTES);
    return asPair('tcp', pair);
  },
  udp: openUdp,
  pty: () => {
    const master = descriptors.ptyMaster();
    return asPair('pty', [descriptors.ptySlave(master), master]);
  },
  event: () => [alone('event', descriptors.eventFd(0))],
  listener: () => {
    const fd = sys.socket('ipv4');
    sys.bind(fd, { host: '127.0.0.1', port: 0 });
    sys.listen(fd, 8);
    return [alone('listener', fd)];
  },
  fresh: () => [alone('fresh', sys.socket('ipv4'))],
  regular: () => [alone('regular', sys.open(join(scratch(), 'regular')))],
};

/** A new client of the listening socket `fd`, not yet accepted. */
export function clientOf(fd: number): number {
  const { port } = sys.localAddress(fd) as { port: number };
  const client = sys.socket('ipv4');
  sys.connect(client, { host: '127.0.0.1', port });
  return client;
}

/** Closes the descriptors that all worlds of this process share. */
export function endOpenings(): void {
  if (acceptor !== undefined) sys.close(acceptor.fd);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  acceptor = folder = undefined;
}

function alone(kind: FileKind, fd: number): Opened {
  return { fd, file: new File(kind, new Group()) };
}

function asPair(kind: FileKind, [a, b]: readonly [number, number]): Opened[] {
  const group = new Group();
  const [first, second] = [new File(kind, group), new File(kind, group)];
  first.peer = second;
  second.peer = first;
  second.isWriteEnd = kind === 'pipe' || kind === 'fifo';
  return [
    { fd: a, file: first },
    { fd: b, file: second },
  ];
}

function scratch(): string {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'pollux-fuzz-'));
    writeFileSync(join(folder, 'regular'), 'regular');
  }
  return folder;
}

function openFifo(): Opened[] {
  const path = join(scratch(), 'fifo');
  descriptors.makeFifo(path);
  const reader = descriptors.openFile(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = descriptors.openFile(path, constants.O_WRONLY | constants.O_NONBLOCK);
  unlinkSync(path);
  return asPair('fifo', [reader, writer]);
}

/** Two ends of a connection. */
export function connectedPair(kind: 'unix' | 'tcp'): [number, number] {
  if (kind === 'unix') return sys.socketPair();
  const { fd, port } = tcpAcceptor();
  return connectTo(fd, port);
}

function tcpAcceptor(): { fd: number; port: number } {
  if (acceptor === undefined) {
    const fd = sys.socket('ipv4');
    sys.bind(fd, { host: '0.0.0.0', port: 0 });
    sys.listen(fd);
    acceptor = { fd, port: (sys.localAddress(fd) as { port: number }).port };
  }
  return acceptor;
}

/**
 * Each host of the loopback network has its own ports. They are not shared, because the ports of closed connections
 * stay in use for a minute.
 */
function connectTo(listener: number, port: number): [number, number] {
  const host = `127.0.0.${1 + (Math.floor(connections++ / PORTS_OF_ONE_HOST) % 250)}`;
  const connected = sys.socket('ipv4');
  sys.connect(connected, { host, port });
  let accepted: number;
  do accepted = sys.accept(listener);
  while (accepted === sys.WOULD_BLOCK);
  while (descriptors.poll(connected, 4, 1000) === 0);
  for (const fd of [accepted, connected]) sys.setOption(fd, 'noDelay', true);
  return [accepted, connected];
}

function openUdp(): Opened[] {
  const fds = [sys.socket('ipv4', 'dgram'), sys.socket('ipv4', 'dgram')] as const;
  for (const fd of fds) sys.bind(fd, { host: '127.0.0.1', port: 0 });
  const ports = fds.map((fd) => (sys.localAddress(fd) as { port: number }).port);
  sys.connect(fds[0], { host: '127.0.0.1', port: ports[1]! });
  sys.connect(fds[1], { host: '127.0.0.1', port: ports[0]! });
  return asPair('udp', fds);
}
