import { onceAborted } from '../arguments.js';
import { abortError, invalidReturn, timedOut, withFields } from '../errors.js';
import { sysBinding } from '../addon/binding.js';
import { clearTimer, MOST_TIMER_MS, setTimer } from '../host.js';

/** Resolves with the addresses of a name, in the order in which to try them. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * The numeric addresses of `host`: itself, or what `lookup` resolves to.
 *
 * @throws (rejects) what `lookup` rejects with; `ENOTFOUND`: there is no address; TypeError `ERR_INVALID_RETURN_VALUE`:
 *   not an array of strings; `ETIMEDOUT`; `AbortError`.
 */
export async function addressesOf(
  host: string,
  lookup: Lookup,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  if (isNumeric(host)) return [host];
  const addresses: unknown = await withLimits(lookup(host), timeoutMs, signal);
  if (!isListOfStrings(addresses))
    throw invalidReturn('options.lookup', 'an array of addresses, each a string', addresses);
  if (addresses.length > 0) return addresses;
  throw notFound(host, 'no address');
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
function isNumeric(host: string): boolean {
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
