import { onceAborted } from '../arguments.js';
import { abortError, invalidReturn, timedOut, withFields } from '../errors.js';
import { sysBinding } from '../addon/binding.js';
import { clearTimer, MOST_TIMER_MS, setTimer } from '../host.js';

/** Resolves with the addresses of a name, in the order in which to try them. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * The numeric addresses of `host`, as `lookup` has them.
 *
 * @throws (rejects) what `lookup` rejects with; `ENOTFOUND`: there are none; TypeError `ERR_INVALID_RETURN_VALUE`: it
 *   has no strings; `ETIMEDOUT`; `AbortError`.
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

/** The system's resolver, and its order. */
export async function systemLookup(host: string): Promise<readonly string[]> {
  // Loaded here: whoever connects to numbers does without.
  const { lookup } = await import('node:dns/promises');
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A name has no colon, and is no four numbers. */
function isNumeric(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** `promise`, unless the time or the signal ends the wait; what it settles to then is lost. */
async function withLimits<T>(promise: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let forgetSignal: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    // Node's timers are whole milliseconds, and up to one early; a resolver gives up sooner than the longest.
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
