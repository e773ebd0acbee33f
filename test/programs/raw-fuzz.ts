// Makes COUNT random control messages and COUNT random requests of ioctl(2), from SEED. Exits with 0 if no byte outside
// a view has changed, every error is one that the manual knows, and no descriptor and no memory was left behind.
// `messages` makes only the messages, for systems without namespaces: random requests may change what belongs to other
// processes.
import { readdirSync } from 'node:fs';
import * as sys from 'pollux/sys';

const [what = 'messages', countText = '1000', seedText = '1'] = process.argv.slice(2);
const count = Number(countText);
let state = Number(seedText) >>> 0 || 1;

function chance(limit: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  state >>>= 0;
  return state % limit;
}

function pick<T>(list: readonly T[]): T {
  return list[chance(list.length)]!;
}

function bytes(length: number): Buffer {
  const buffer = Buffer.alloc(length);
  // The high bit is set in every byte: no process has memory at an address made of such bytes.
  for (let i = 0; i < length; i++) buffer[i] = 0x80 | chance(256);
  return buffer;
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function fail(message: string): never {
  console.error(`${what} ${countText} ${seedText}: ${message}`);
  process.exit(1);
}

const refused = new Map<string, number>();

/** What `act` returns; undefined where it is refused, by an error that has a code. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || (code === 'EFAULT' && what === 'messages')) fail(String((error as Error).stack));
    refused.set(code, (refused.get(code) ?? 0) + 1);
    return undefined;
  }
}

const CANARY = 0x5a;
const AROUND = 64;

/** A view with canaries around it. */
function guarded(length: number): { view: Buffer; check: () => void } {
  const memory = Buffer.alloc(length + 2 * AROUND, CANARY);
  const view = memory.subarray(AROUND, AROUND + length);
  const check = (): void => {
    for (let i = 0; i < AROUND; i++) {
      if (memory[i] !== CANARY || memory[AROUND + length + i] !== CANARY)
        fail(`a byte beside a view of ${length} changed`);
    }
  };
  return { view, check };
}

/** A network namespace begins with its loopback interface down: SIOCSIFFLAGS, IFF_UP. */
function loopbackUp(): void {
  const request = Buffer.alloc(40);
  request.write('lo');
  request.set(new Uint8Array(Uint16Array.of(1).buffer), 16);
  const fd = sys.socket('ipv4', 'dgram');
  attempt(() => sys.ioctl(fd, 0x8914, request));
  sys.close(fd);
}

function udpPair(family: 'ipv4' | 'ipv6'): [a: number, b: number] {
  const host = family === 'ipv4' ? '127.0.0.1' : '::1';
  const ends = [sys.socket(family, 'dgram'), sys.socket(family, 'dgram')] as const;
  for (const fd of ends) sys.bind(fd, { host });
  sys.connect(ends[0], sys.localAddress(ends[1]));
  sys.connect(ends[1], sys.localAddress(ends[0]));
  // IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RETOPTS; IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVHOPOPTS.
  for (const name of family === 'ipv4' ? [12, 13, 6, 7] : [51, 66, 53]) {
    sys.setOption(ends[1], { level: family === 'ipv4' ? 0 : 41, name }, 1);
  }
  return [ends[0], ends[1]];
}

function messages(): void {
  loopbackUp();
  const pairs = [...(['dgram', 'seqpacket', 'stream'] as const).map((type) => sys.socketPair(type))];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const pair = attempt(() => udpPair(family));
    if (pair !== undefined) pairs.push(pair);
  }
  const [readEnd, writeEnd] = sys.pipe();
  for (const [, b] of pairs) {
    attempt(() => sys.setOption(b, 'timestamps', true));
    attempt(() => sys.setOption(b, 'packetInfo', true));
    // SO_PASSPIDFD
    attempt(() => sys.setOption(b, { level: 1, name: 76 }, 1));
  }
  const before = openDescriptors();
  for (let i = 0; i < count; i++) {
    const [a, b] = pick(pairs);
    if (chance(64) === 0) attempt(() => sys.setOption(b, 'passCredentials', chance(2) === 0));
    const control = {
      ...(chance(2) === 0 && {
        descriptors: Array.from({ length: chance(12) }, () => pick([a, b, readEnd, writeEnd, 999])),
      }),
      ...(chance(8) === 0 && { credentials: { pid: pick([process.pid, 1, 77]), uid: pick([0, 77]), gid: 0 } }),
      ...(chance(8) === 0 && { packetInfo: { interface: chance(3), address: pick(['127.0.0.1', '::1', '0.0.0.0']) } }),
      ...(chance(4) === 0 && {
        raw: Array.from({ length: chance(5) }, () => ({
          level: pick([0, 1, 1, 6, 17, 41, chance(300)]),
          type: pick([1, 2, 4, 8, 29, 37, 50, chance(200), 103]),
          data: chance(2) === 0 ? bytes(chance(80)) : Buffer.from(Int32Array.of(pick([a, b, readEnd, -1])).buffer),
        })),
      }),
    };
    attempt(() => sys.sendMessage(a, [bytes(chance(40)), bytes(chance(3))], { control }));
    for (let more = 0; more < 2; more++) {
      const parts = [guarded(chance(30)), guarded(chance(30))];
      const room = chance(3) === 0 ? chance(200) : 4096;
      const views = parts.map(({ view }) => view);
      const flags = chance(8) === 0 ? sys.MSG_PEEK : 0;
      const received = attempt(() => sys.receiveMessage(b, views, { control: room, flags }));
      for (const { check } of parts) check();
      if (received === undefined || received === sys.WOULD_BLOCK) break;
      for (const fd of received.control.descriptors) sys.close(fd);
      if (received.control.processFd !== undefined) sys.close(received.control.processFd);
    }
    if (i % 1000 === 999) {
      for (const [, end] of pairs) while (drained(end));
      if (openDescriptors() !== before) fail(`${openDescriptors() - before} descriptors more after ${i + 1} messages`);
    }
  }
}

/** Takes what is left in a queue, with descriptors; false where nothing is. */
function drained(fd: number): boolean {
  const left = attempt(() => sys.receiveMessage(fd, [Buffer.alloc(65536)], { control: 0 }));
  return left !== undefined && left !== sys.WOULD_BLOCK;
}

/**
 * Requests that are left out (asm-generic/ioctls.h, linux/sockios.h): FIOASYNC, FIOSETOWN, SIOCSPGRP, TIOCSPGRP,
 * TIOCSIG, and those that wait for output.
 */
const AVOIDED = new Set([0x5452, 0x8901, 0x8902, 0x5410, 0x5436, 0x5409, 0x5425, 0x540a, 0x5427, 0x5428]);

function ioctls(): void {
  const open = (): number[] => {
    loopbackUp();
    const pty = sys.openPty();
    const other = sys.open(pty.path, 'r+');
    return [...sys.pipe(), ...sys.socketPair('dgram'), ...udpPair('ipv4'), sys.socket('ipv4'), pty.fd, other];
  };
  let fds = open();
  const before = openDescriptors();
  for (let i = 0; i < count; i++) {
    const size = chance(3) === 0 ? 0 : chance(600);
    const request =
      (((size === 0 ? 0 : pick([1, 2, 3])) << 30) |
        (size << 16) |
        (pick([0x54, 0x54, 0x89, 0x54, chance(256)]) << 8) |
        chance(256)) >>>
      0;
    if (AVOIDED.has(request & 0xffff)) continue;
    const fd = pick(fds);
    const length = chance(2) === 0 ? size : chance(300);
    let result: number | undefined;
    if (chance(4) === 0) {
      result = attempt(() => sys.ioctl(fd, request, pick([0, 1, chance(65536), -1, chance(2 ** 32)])));
    } else {
      const { view, check } = guarded(length);
      if (chance(2) === 0) bytes(length).copy(view);
      else view.fill(0);
      result = attempt(() => sys.ioctl(fd, request, view));
      check();
    }
    // TIOCGPTPEER and SIOCGSKNS answer with a new descriptor.
    if (result !== undefined && result > 2 && openDescriptors() > before) sys.close(result);
    if (i % 1000 !== 999) continue;
    if (openDescriptors() !== before) fail(`${openDescriptors() - before} descriptors more after ${i + 1} requests`);
    fds.forEach((old) => sys.close(old));
    fds = open();
  }
}

if (what === 'messages') messages();
else ioctls();
console.log(
  `${what} ${count}: ${[...refused]
    .sort()
    .map(([code, times]) => `${code} ${times}`)
    .join(', ')}`,
);
