import { binding } from '../binding.js';

/**
 * Raises `error` as an uncaught exception, without unwinding who calls this.
 *
 * Where nobody listens it has to end the process, with its stack. After napi_fatal_exception() Bun's loop goes on for a
 * while, and Deno prints "Uncaught null": there a microtask throws it, save where `isBlocking`, since then none runs.
 */
export function raise(error: unknown, isBlocking: boolean): void {
  const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  const isFatal = (bun !== undefined || deno !== undefined) && process.listenerCount('uncaughtException') === 0;
  if (isFatal && deno !== undefined && !isBlocking) {
    queueMicrotask(() => {
      throw error;
    });
    return;
  }
  binding().raise(error);
  if (isFatal) process.exit(1);
}
