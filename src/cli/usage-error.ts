import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = Record<string, { readonly type: 'string'; readonly default: string } | { readonly type: 'boolean'; readonly default: boolean }>;

/** Every option has a value: its own or the default. */
type Values<T extends Options> = { [Name in keyof T]: T[Name]['type'] extends 'boolean' ? boolean : string };

/** The command line cannot be understood: one line says why, one where the usage is, and the exit status is 2. */
export class UsageError extends Error {}

/** Says on stderr why a command ended, and returns the exit status that goes with it. */
export function tellFailure(error: unknown): number {
  console.error(`pollux: ${error instanceof Error ? error.message : String(error)}`);
  if (!(error instanceof UsageError)) return 1;
  console.error('npx pollux --help shows the usage');
  return 2;
}

/** `parseArgs` of node:util, strict; what it refuses is a UsageError. */
export function parseOptions<const T extends Options>(args: string[], options: T): Values<T> {
  try {
    const config: ParseArgsConfig = { args, options, strict: true, allowPositionals: false };
    return parseArgs(config).values as Values<T>;
  } catch (error) {
    // Some of its messages have several lines.
    throw new UsageError((error instanceof Error ? error.message : String(error)).replaceAll('\n', ' '));
  }
}

/** The value of an option that allows some words only. */
export function oneOf<T extends string>(option: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new UsageError(`--${option} must be one of ${words.join(', ')}, not "${value}"`);
  return found;
}
