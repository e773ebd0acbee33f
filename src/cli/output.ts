/** Standard output cannot be written to; the message says why. */
export class OutputError extends Error {}

let failure: NodeJS.ErrnoException | undefined;

/**
 * From now on an error of stdout is kept for `checkOutput()`, and an error of stderr is ignored, because there is
 * nowhere to report it.
 */
export function watchOutput(): void {
  process.stdout.on('error', keep);
  process.stderr.on('error', () => {});
}

/** Writes a line to stdout. */
export function print(line: string): void {
  write(`${line}\n`);
}

/** Writes a line to stderr. A failure is ignored, because there is nowhere to report it. */
export function complain(line: string): void {
  try {
    process.stderr.write(`${line}\n`);
  } catch {
    // Deno throws where Node emits an error.
  }
}

/** Writes to stdout. */
export function write(text: string): void {
  try {
    process.stdout.write(text);
  } catch (error) {
    keep(error as NodeJS.ErrnoException);
  }
}

/** Throws if something that was printed could not be written. */
export function checkOutput(): void {
  if (failure === undefined) return;
  throw new OutputError(failure.code === 'EPIPE' ? '' : `standard output cannot be written to: ${failure.message}`);
}

/** Resolves when everything that was printed is written; rejects with what `checkOutput()` throws. */
export async function outputWritten(): Promise<void> {
  if (failure === undefined) {
    await new Promise<void>((resolve) => {
      try {
        process.stdout.write('', () => resolve());
      } catch (error) {
        keep(error as NodeJS.ErrnoException);
        resolve();
      }
    });
    // A stream emits an error in a tick after the callbacks of its writes.
    await new Promise((resolve) => setImmediate(resolve));
  }
  checkOutput();
}

function keep(error: NodeJS.ErrnoException): void {
  failure ??= error;
}
