import { onceAborted } from '../arguments.js';
import { abortError, invalidReturn, invalidValue, timedOut, withFields } from '../errors.js';
import { sysBinding } from '../addon/binding.js';
import { clearTimer, MOST_TIMER_MS, setTimer } from '../host.js';

/**
 * Resolves with the addresses of a name, in the order in which to try them. A function of the form of `dns.lookup()`
 * serves as well: it gets `{ all: true }` and the family, and calls back.
 */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** A family of addresses, in the words of Node and of `pollux/sys`; 0: any. */
export type Family = 0 | 4 | 6 | 'IPv4' | 'IPv6' | 'ipv4' | 'ipv6' | 'unix';

const FAMILY_NUMBERS: ReadonlyMap<unknown, 0 | 4 | 6> = new Map<unknown, 0 | 4 | 6>([
  [0, 0],
  [4, 4],
  [6, 6],
  ['ipv4', 4],
  ['ipv6', 6],
  // What `sys.localAddress()` says of a unix socket, which has a path and no name.
  ['unix', 0],
]);

function familyNumber(family: unknown): 0 | 4 | 6 | undefined {
  return FAMILY_NUMBERS.get(typeof family === 'string' ? family.toLowerCase() : family);
}

/** Throws unless `family` is undefined or a Family. */
export function checkFamily(family: unknown): void {
  if (family !== undefined && familyNumber(family) === undefined)
    throw invalidValue('options.family', "must be 0, 4, 6, 'ipv4' or 'ipv6'", family);
}

/** How many parameters `dns.lookup()` has. It returns an object that says nothing. */
const CALLBACK_LENGTH = 3;

type Found = string | { readonly address: string };
/** The form of `dns.lookup()`. */
type CallbackLookup = (
  host: string,
  options: { readonly all: true; readonly family: number },
  callback: (error: Error | null, found: Found | readonly Found[]) => void,
) => unknown;

/**
 * The numeric addresses of `host`: itself, or what `lookup` finds, of one family unless that is 0.
 *
 * @throws (rejects) what `lookup` rejects with; `ENOTFOUND`: there is no address; TypeError `ERR_INVALID_RETURN_VALUE`:
 *   not an array of strings; `ETIMEDOUT`; `AbortError`.
 */
export async function addressesOf(
  host: string,
  lookup: Lookup,
  family: Family,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (isNumeric(host)) return [host];
  const wanted = familyNumber(family)!;
  const addresses: unknown = await withLimits(asked(host, lookup, wanted), timeoutMs, signal);
  if (!isListOfStrings(addresses))
    throw invalidReturn('options.lookup', 'an array of addresses, each a string', addresses);
  if (addresses.length === 0) throw notFound(host, 'no address');
  if (wanted === 0) return addresses;
  const fitting = addresses.filter((address) => address.includes(':') === (wanted === 6));
  if (fitting.length === 0) throw notFound(host, 'no address of the family');
  return fitting;
}

/** What `lookup` finds, by its promise or, where it takes one, by a callback. */
async function asked(host: string, lookup: Lookup, family: 0 | 4 | 6): Promise<unknown> {
  const { length } = lookup;
  return new Promise((resolve, reject) => {
    const returned: unknown = (lookup as CallbackLookup)(host, { all: true, family }, (error, found) => {
      if (error === null || error === undefined) resolve(textsOf(found));
      else reject(error);
    });
    const isPromise = typeof (returned as { readonly then?: unknown } | undefined)?.then === 'function';
    if (isPromise || length < CALLBACK_LENGTH) resolve(returned);
  });
}

function textsOf(found: Found | readonly Found[]): unknown {
  const textOf = (each: Found): string => (typeof each === 'object' && each !== null ? each.address : each);
  return Array.isArray(found) ? found.map(textOf) : [textOf(found as Found)];
}

/** RFC 8305, 4: the families take turns, the family of the first address first. */
export function interleaved(addresses: readonly string[]): string[] {
  const isFirstFamily = (address: string): boolean => address.includes(':') === addresses[0]?.includes(':');
  const first = addresses.filter(isFirstFamily);
  const second = addresses.filter((address) => !isFirstFamily(address));
  const turns = Array.from({ length: Math.max(first.length, second.length) }, (_, turn) => [first[turn], second[turn]]);
  return turns.flat().filter((address) => address !== undefined);
}

/**
 * The same at once, by the system's resolver and in its order: the thread waits for it.
 *
 * @throws Error `ENOTFOUND`: there are none.
 */
export function addressesNow(host: string, ipv6Only = false): readonly string[] {
  if (isNumeric(host)) return [host];
  const found = sysBinding().resolve(Buffer.from(`${host}\0`));
  if (typeof found === 'string') throw notFound(host, found);
  const addresses = [...new Set(found)].filter((address) => !ipv6Only || address.includes(':'));
  if (addresses.length === 0) throw notFound(host, 'no address of the family');
  return addresses;
}

function notFound(host: string, reason: string): Error {
  return withFields(new Error(`ENOTFOUND: ${reason}, getaddrinfo ${host}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: host,
  });
}

/** The addresses that the system's resolver finds, in its order. */
export async function systemLookup(host: string): Promise<readonly string[]> {
  // Loaded on first use: programs that connect to numeric addresses do not need the module.
  const { lookup } = await import('node:dns/promises');
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A name has no colon, and is not four numbers. */
export function isNumeric(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** Settles as `promise`, unless the time or the signal ends the wait first; its outcome is then ignored. */
async function withLimits<T>(promise: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let forgetSignal: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    // Node's timers count whole milliseconds, and may fire one early. A resolver gives up before the longest timer
    // ends.
    const wholeMs = Math.ceil(timeoutMs) + 1;
    if (wholeMs <= MOST_TIMER_MS)
      timer = setTimer(() => reject(timedOut('getaddrinfo', -1, 'answer', timeoutMs)), wholeMs);
    if (signal?.aborted === true) reject(abortError(signal));
    else if (signal !== undefined) forgetSignal = onceAborted(signal, () => reject(abortError(signal)));
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimer(timer);
    forgetSignal?.();
  }
}
