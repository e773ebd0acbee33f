import { type Command, LabError, parse, printable } from './commands.js';
import { Experiment, type Step } from './experiment.js';
import { seenIn } from './text.js';

/** One line of a script that means something. */
export type Line =
  | { readonly at: number; readonly comment: string }
  /** `seen`: what the comment after the command says that was seen when it was recorded. */
  | { readonly at: number; readonly command: Command; readonly seen?: string };

/** A comment that begins with the name of a mode. */
const SEEN = /\s#\s*((?:LEVEL|EDGE|ONESHOT|EXCLUSIVE)\b.*\S)/;

/** The lines of a script. Throws a LabError that names `file` and the line. */
export function linesOf(text: string, file: string): Line[] {
  return printable(text)
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line, index): Line[] => {
      const at = index + 1;
      const comment = /^\s*#\s?(.*)$/.exec(line)?.[1];
      if (comment !== undefined) return [{ at, comment: comment.trimEnd() }];
      const command = located(file, at, () => parse(line));
      const seen = SEEN.exec(line)?.[1];
      return command === undefined ? [] : [{ at, command, ...(seen !== undefined && { seen }) }];
    });
}

/** What running a script showed. */
export interface Run {
  readonly title: string;
  /** Comments and steps, in the order of the script. */
  readonly parts: ReadonlyArray<string | Step>;
  /** How many lines say what was seen when they were recorded. */
  readonly compared: number;
  /** A line for each of them that says something else than what was seen now. */
  readonly differences: readonly string[];
}

/**
 * Runs a script. `onPart` gets each comment and each step when it is there. Rejects with a LabError that names `file`
 * and the line.
 */
export async function runScript(text: string, file: string, onPart?: (part: string | Step) => void): Promise<Run> {
  const lines = linesOf(text, file);
  const parts: Array<string | Step> = [];
  const differences: string[] = [];
  const experiment = new Experiment();
  try {
    for (const line of lines) {
      const part =
        'comment' in line ? line.comment : await locatedLate(file, line.at, experiment.perform(line.command));
      if (part === undefined) continue;
      parts.push(part);
      onPart?.(part);
      const now = typeof part === 'string' ? '' : seenIn(part);
      if ('command' in line && line.seen !== undefined && line.seen !== now)
        differences.push(`${file}:${line.at}: ${line.command.text}: recorded ${line.seen}; now ${now}`);
    }
    const compared = lines.filter((line) => 'command' in line && line.seen !== undefined).length;
    return { title: experiment.title, parts, compared, differences };
  } finally {
    await experiment.end();
  }
}

function located<Result>(file: string, at: number, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw withPlace(file, at, error);
  }
}

async function locatedLate<Result>(file: string, at: number, result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    throw withPlace(file, at, error);
  }
}

function withPlace(file: string, at: number, error: unknown): unknown {
  return error instanceof LabError ? new LabError(`${file}:${at}: ${error.message}`) : error;
}
