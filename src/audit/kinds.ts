import { readlinkSync } from 'node:fs';
import { sysBinding } from '../addon/binding.js';
import type { AnyAddress } from '../sys-types.js';

/** What `fd` is, in words: `TCP 127.0.0.1:80 → 127.0.0.1:1234`, `pipe`, `pty /dev/pts/3`, `closed`. Never throws. */
export function kindInWords(fd: number): string {
  try {
    const kind = sysBinding().kindOf(fd);
    return kind === 'socket' ? socketInWords(fd) : fileInWords(kind, linkOf(fd));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EBADF' ? 'closed' : 'unknown';
  }
}

/** The file behind a descriptor, as Linux shows it; empty elsewhere. */
function linkOf(fd: number): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

const KERNEL_OBJECTS: Readonly<Record<string, string>> = { eventpoll: 'epoll instance', pidfd: 'process' };

function fileInWords(kind: string, link: string): string {
  const path = link.startsWith('/') ? ` ${link}` : '';
  const object = /^anon_inode:\[?(\w+)\]?$/.exec(link)?.[1];
  if (object !== undefined) return KERNEL_OBJECTS[object] ?? object;
  if (kind === 'pipe') return path === '' ? 'pipe' : `FIFO${path}`;
  if (kind === 'terminal' || /^\/dev\/(ptmx|pts\/)/.test(link)) {
    if (/^\/dev\/(pts\/)?ptmx/.test(link)) return 'pty';
    return `${link.startsWith('/dev/pts/') ? 'pty' : 'terminal'}${path}`;
  }
  return `${kind.replace('-', ' ')}${path}`;
}

const TYPES: Readonly<Record<string, string>> = { stream: 'TCP', dgram: 'UDP' };

function socketInWords(fd: number): string {
  const local = addressOf(() => sysBinding().localAddress(fd));
  const peer = addressOf(() => sysBinding().peerAddress(fd));
  const family = local?.family ?? peer?.family;
  const type = tryTo(() => sysBinding().getOption(fd, 'type'));
  if (family === 'unix') return unixInWords(type, local, peer);
  if (family !== 'ipv4' && family !== 'ipv6') return `socket of family ${String(family)}`;
  const name = TYPES[String(type)] ?? `${String(type)} socket`;
  const here = local === undefined ? '' : ` ${internet(local)}`;
  if (peer !== undefined) return `${name}${here} → ${internet(peer)}`;
  return `${name}${isListening(fd) ? ' listener' : ''}${here}`;
}

function unixInWords(type: unknown, local: AnyAddress | undefined, peer: AnyAddress | undefined): string {
  const name = `unix ${type === 'stream' ? '' : `${String(type)} `}socket`;
  const path = pathOf(local) || pathOf(peer);
  return path === '' ? name : `${name} ${path.replace('\0', '@')}`;
}

function pathOf(address: AnyAddress | undefined): string {
  return address?.family === 'unix' && 'path' in address ? address.path : '';
}

function internet(address: AnyAddress): string {
  if (!('host' in address)) return '?';
  return address.family === 'ipv6' ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

function isListening(fd: number): boolean {
  return tryTo(() => sysBinding().getOption(fd, 'acceptConnections')) === true;
}

/** undefined: the socket has no such address. */
function addressOf(ask: () => AnyAddress): AnyAddress | undefined {
  return tryTo(ask);
}

function tryTo<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
