/** The code of an error, if it has one. */
export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
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
  return codeOf(error) === from ? Object.assign(new Error(`${to}: said wrongly`), { code: to }) : error;
}
