import { parseArgs, type ParseArgsConfig } from 'node:util';
import { didYouMean } from '../did-you-mean.js';
import { messageOf } from '../errors.js';
import { complain, OutputError } from './output.js';

type Options = Record<
  string,
  | { readonly type: 'string'; readonly default: string }
  | { readonly type: 'string'; readonly multiple: true; readonly default: string[] }
  | { readonly type: 'boolean'; readonly default: boolean }
>;

/** The values of the options: what the command line says, or the default. */
type Values<T extends Options> = {
  [Name in keyof T]: T[Name]['type'] extends 'boolean'
    ? boolean
    : T[Name] extends { multiple: true }
      ? string[]
      : string;
};

/** The command line is invalid: one line says why, another one where the usage is, and the exit status is 2. */
export class UsageError extends Error {}

/** Prints on stderr why a command failed, and returns the exit status for that. */
export function tellFailure(error: unknown): number {
  const message = messageOf(error);
  // `pollux conformance | head`: a reader that has closed the pipe needs no message.
  if (!(error instanceof OutputError) || message !== '') complain(`pollux: ${message}`);
  if (!(error instanceof UsageError)) return 1;
  complain('npx pollux --help shows the usage');
  return 2;
}

/**
 * The values of `options` in `args`. Words that are no options are appended to `words`. Throws a UsageError where
 * `args` contain anything else.
 */
export function parseOptions<const T extends Options>(args: string[], options: T, words?: string[]): Values<T> {
  const config = {
    args,
    options: options as NonNullable<ParseArgsConfig['options']>,
    strict: false,
    tokens: true,
  } as const;
  const { values, tokens } = parseArgs(config);
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (words === undefined) throw new UsageError(`unexpected argument '${token.value}'`);
      words.push(token.value);
    }
    if (token.kind === 'option') checkToken(token, options);
  }
  return values as Values<T>;
}

/** The same of a command that takes a file, too: one argument that belongs to no option. */
export function parseOptionsAndFile<const T extends Options>(
  args: string[],
  options: T,
): { options: Values<T>; file: string | undefined } {
  const words: string[] = [];
  const values = parseOptions(args, options, words);
  const [file, second] = words;
  if (second !== undefined) throw new UsageError(`unexpected argument '${second}'`);
  return { options: values, file };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function checkToken({ name, rawName, value, inlineValue }: OptionToken, options: Options): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const known = [...Object.keys(options), 'help'].map((other) => `--${other}`);
    throw new UsageError(`unknown option '${rawName}'${didYouMean(`--${name}`, known)}`);
  }
  if (option.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`'${rawName}' takes no value, and was given "${value}"`);
  } else if (value === undefined) {
    throw new UsageError(`'${rawName}' needs a value`);
  } else if (inlineValue !== true && value.startsWith('-')) {
    throw new UsageError(
      `'${rawName}' needs a value, and "${value}" looks like an option: to mean it, write ${rawName}=${value}`,
    );
  }
}

/** Returns `value`, which must be one of `words`. */
export function oneOf<T extends string>(option: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined)
    throw new UsageError(`--${option} must be one of ${words.join(', ')}, not "${value}"${didYouMean(value, words)}`);
  return found;
}
