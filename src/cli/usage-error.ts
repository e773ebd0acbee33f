import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command line cannot be understood: the usage is shown and the exit status is 2. */
export class UsageError extends Error {}

/** `parseArgs` of node:util, strict; what it refuses is a UsageError. */
export function parseOptions<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The value of an option that allows some words only. */
export function oneOf<T extends string>(option: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new UsageError(`--${option} must be one of ${words.join(', ')}, not "${value}"`);
  return found;
}
