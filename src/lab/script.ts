import { type Command, LabError, parse } from './commands.js';
import { Experiment, type Step } from './experiment.js';

/** One line of a script that means something. */
export type Line =
  | { readonly at: number; readonly comment: string }
  | { readonly at: number; readonly command: Command };

/** The lines of a script. Throws a LabError that names `file` and the line. */
export function linesOf(text: string, file: string): Line[] {
  return text.split(/\r?\n/).flatMap((line, index): Line[] => {
    const at = index + 1;
    const comment = /^\s*#\s?(.*)$/.exec(line)?.[1];
    if (comment !== undefined) return [{ at, comment: comment.trimEnd() }];
    const command = located(file, at, () => parse(line));
    return command === undefined ? [] : [{ at, command }];
  });
}

/** What running a script showed. */
export interface Run {
  readonly title: string;
  /** Comments and steps, in the order of the script. */
  readonly parts: ReadonlyArray<string | Step>;
}

/**
 * Runs a script. `onPart` gets each comment and each step when it is there. Rejects with a LabError that names `file`
 * and the line.
 */
export async function runScript(text: string, file: string, onPart?: (part: string | Step) => void): Promise<Run> {
  const lines = linesOf(text, file);
  const parts: Array<string | Step> = [];
  const experiment = new Experiment();
  try {
    for (const line of lines) {
      const part =
        'comment' in line ? line.comment : await locatedLate(file, line.at, experiment.perform(line.command));
      if (part === undefined) continue;
      parts.push(part);
      onPart?.(part);
    }
    return { title: experiment.title, parts };
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
