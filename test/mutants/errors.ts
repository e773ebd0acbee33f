/** The code of an error, if it has one. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

export function coded(code: string): Error {
  return Object.assign(new Error(`${code}: said wrongly`), { code });
}

/** Runs `act` and ignores an error with one of `codes`. */
export function forgiving(act: () => void, ...codes: string[]): void {
  try {
    act();
  } catch (error) {
    if (!codes.includes(String(codeOf(error)))) throw error;
  }
}

/** `error`, or an error with the code `to` if the code of `error` is `from`. */
export function recoded(error: unknown, from: string, to: string): unknown {
  return codeOf(error) === from ? coded(to) : error;
}

/** Runs `act`; an error of the system is replaced by one that has only a code. */
export function withoutDetails(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
    throw Object.assign(new Error('failed'), { code: codeOf(error) });
  }
}
