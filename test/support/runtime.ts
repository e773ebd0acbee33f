export type RuntimeName = 'node' | 'bun' | 'deno';

const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;

export const RUNTIME: RuntimeName = bun !== undefined ? 'bun' : deno !== undefined ? 'deno' : 'node';

/** Where the host's loop is not libuv's, only a thread can wait for a reactor. */
export const HAS_LIBUV = RUNTIME === 'node';

/** `reason` on the runtimes of that name, for `unless()` of a suite; undefined elsewhere. */
export function on(names: RuntimeName | readonly RuntimeName[], reason: string): string | undefined {
  return names.includes(RUNTIME) ? reason : undefined;
}
