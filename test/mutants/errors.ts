/** The code of an error, if it has one. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

export function coded(code: string): Error {
  return Object.assign(new Error(`${code}: said wrongly`), { code });
}

/** Runs `act`; an error with one of `codes` is as if nothing had happened. */
export function forgiving(act: () => void, ...codes: string[]): void {
  try {
    act();
  } catch (error) {
    if (!codes.includes(String(codeOf(error)))) throw error;
  }
}

/** `error`, or where it has the code `from`, one with the code `to`. */
export function recoded(error: unknown, from: string, to: string): unknown {
  return codeOf(error) === from ? coded(to) : error;
}

/** Runs `act`; an error of the system has a code and nothing else. */
export function withoutDetails(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    throw Object.assign(new Error('failed'), { code: codeOf(error) });
  }
}
