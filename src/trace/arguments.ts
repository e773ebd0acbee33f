/** The arguments of a call at its top level: structures, arrays, strings and decoded descriptors stay whole. */
export function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22 /* " */:
        at = endOfString(text, at);
        break;
      case 0x3c /* < */:
        if (isDigit(text.charCodeAt(at - 1))) at = endOfDecoration(text, at);
        break;
      case 0x28 /* ( */:
      case 0x5b /* [ */:
      case 0x7b /* { */:
        depth++;
        break;
      case 0x29 /* ) */:
      case 0x5d /* ] */:
      case 0x7d /* } */:
        depth--;
        break;
      case 0x2c /* , */:
        if (depth > 0) break;
        parts.push(text.slice(from, at).trim());
        from = at + 1;
        break;
      default:
    }
  }
  const last = text.slice(from).trim();
  if (last !== '' || parts.length > 0) parts.push(last);
  return parts;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
  return at;
}

/** `5<TCP:[127.0.0.1:80->127.0.0.1:99]>`, `0</dev/pts/0<char 136:0>>`: the arrow of a socket ends nothing. */
function endOfDecoration(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3c) depth++;
    else if (code === 0x3e && text.charCodeAt(at - 1) !== 0x2d && --depth === 0) break;
  }
  return at;
}

/** A descriptor as strace shows it: its number, and with -y or -yy what it is. */
export interface ShownFd {
  readonly fd: number;
  readonly shown: string | undefined;
}

const FD = /^(-?\d+)(?:<(.*)>)?/;

/** undefined: the text shows no descriptor (AT_FDCWD, NULL, an address that strace could not read). */
export function fdOf(text: string | undefined): ShownFd | undefined {
  const match = text === undefined ? null : FD.exec(text);
  if (match === null || text!.startsWith('0x')) return undefined;
  const fd = Number(match[1]);
  return fd < 0 ? undefined : { fd, shown: match[2] };
}

/** The descriptors of a list: `[4<pipe:[1]>, 5<pipe:[1]>]`. */
export function fdsOf(list: string): ShownFd[] {
  const inside = /^\[(.*)\]$/.exec(list)?.[1];
  if (inside === undefined) return [];
  return splitArguments(inside)
    .map(fdOf)
    .filter((each) => each !== undefined);
}

/** The number that a call returned; undefined: it failed, or was interrupted. */
export function numberOf(result: string): number | undefined {
  const match = /^(0x[0-9a-f]+|\d+)/.exec(result);
  return match === null ? undefined : Number(match[1]);
}

/** `EAGAIN` of `-1 EAGAIN (Resource temporarily unavailable)`; undefined: the call did not fail. */
export function errorOf(result: string): string | undefined {
  return /^(?:-1|\?) (E[A-Z0-9_]+)/.exec(result)?.[1];
}

/** The sum of the lengths of an iovec, whichever structure it is in; undefined: strace shows none. */
export function iovecLength(text: string): number | undefined {
  let sum: number | undefined;
  for (const [, length] of text.matchAll(/\biov_len=(\d+)/g)) sum = (sum ?? 0) + Number(length);
  return sum;
}

/** Descriptors that a message brought, or took along (SCM_RIGHTS). */
export function passedFds(text: string): ShownFd[] {
  if (!text.includes('SCM_RIGHTS')) return [];
  return [...text.matchAll(/SCM_RIGHTS, (?:cmsg_data=)?(\[.*?\])\}/g)].flatMap(([, list]) => fdsOf(list!));
}

/** One `struct epoll_event`: its bits, and its data as text, which is the same for a registration and its events. */
export interface ShownEvent {
  readonly bits: string;
  readonly data: string;
}

const EVENT =
  /\{(?:events=)?([A-Z0-9x|]+)(?: \/\*.*?\*\/)?, (?:data=)?(?:\{u32=\d+, u64=(\d+)\}|(0x[0-9a-f]+|\d+|NULL))\}/g;

/** The events of `{events=EPOLLIN, data={u32=5, u64=5}}`, of an array of these, and of the forms of other versions. */
export function eventsOf(text: string): ShownEvent[] {
  return [...text.matchAll(EVENT)].map(([, bits, u64, data]) => ({
    bits: bits!,
    data: u64 ?? (data === 'NULL' ? '0' : String(BigInt(data!))),
  }));
}

/** The address in a `struct sockaddr`: `127.0.0.1:80`, `[::1]:80`, a path; undefined: strace shows none. */
export function addressOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const path = /sun_path=(@?)"([^"]*)"/.exec(text);
  if (path !== null) return `${path[1]}${path[2]}`;
  const port = /sin6?_port=htons\((\d+)\)/.exec(text)?.[1];
  if (port === undefined) return undefined;
  const host = /inet_addr\("([^"]+)"\)/.exec(text)?.[1];
  if (host !== undefined) return `${host}:${port}`;
  const host6 = /inet_pton\(AF_INET6, "([^"]+)"/.exec(text)?.[1];
  return host6 === undefined ? undefined : `[${host6}]:${port}`;
}
