import { binding } from '../addon/binding.js';

/**
 * Raises `error` as an uncaught exception, without unwinding who calls this. Where nobody listens that ends the process.
 *
 * In Bun and Deno the loop goes on for a while after napi_fatal_exception(), and Deno prints "Uncaught null".
 */
export function raise(error: unknown): void {
  const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  const isFatal = (bun !== undefined || deno !== undefined) && process.listenerCount('uncaughtException') === 0;
  if (isFatal && deno !== undefined) console.error('error: Uncaught', error);
  else binding().raise(error);
  if (isFatal) process.exit(1);
}
