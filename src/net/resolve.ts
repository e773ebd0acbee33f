import { abortError, timedOut } from '../errors.js';

/** What Node's timers can wait for; a resolver gives up sooner. */
const MOST_TIMER_MS = 2 ** 31 - 1;

/**
 * The numeric addresses of `host`, as the system's resolver has them, in its order.
 *
 * @throws (rejects) `ENOTFOUND`, `EAI_AGAIN`, whatever `dns.lookup()` says; `ETIMEDOUT`; `AbortError`.
 */
export async function addressesOf(host: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<string[]> {
  if (isNumeric(host)) return [host];
  // Loaded here: whoever connects to numbers does without.
  const { lookup } = await import('node:dns/promises');
  return withLimits(lookup(host, { all: true }).then((found) => found.map(({ address }) => address)), timeoutMs, signal);
}

/** A name has no colon, and is no four numbers. */
function isNumeric(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** `promise`, unless the time or the signal ends the wait; what it settles to then is lost. */
async function withLimits<T>(promise: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    // Node's timers are whole milliseconds, and up to one early.
    const wholeMs = Math.ceil(timeoutMs) + 1;
    if (wholeMs <= MOST_TIMER_MS) timer = setTimeout(() => reject(timedOut('getaddrinfo', -1)), wholeMs);
    onAbort = () => reject(abortError(signal!));
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort!);
  }
}
