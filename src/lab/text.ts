import type { Cell } from './registrations.js';
import type { Step } from './experiment.js';

/** The widths of the columns: the step, and each poller. Four pollers fit into 80 columns. */
const STEP_WIDTH = 26;
const CELL_WIDTH = 13;
const WIDTH = 80;

/** Paints a text. */
export type Paint = (text: string) => string;
export interface Paints {
  readonly event: Paint;
  readonly silent: Paint;
  readonly error: Paint;
  readonly heading: Paint;
  readonly comment: Paint;
}

const plain: Paint = (text) => text;
export const PLAIN: Paints = { event: plain, silent: plain, error: plain, heading: plain, comment: plain };

const colour =
  (code: number): Paint =>
  (text) =>
    `\x1b[${code}m${text}\x1b[0m`;
export const COLOURED: Paints = {
  event: colour(32),
  silent: colour(2),
  error: colour(31),
  heading: colour(1),
  comment: colour(36),
};

/** Makes lines of comments and steps. What is opened has a heading. */
export class TextTimeline {
  readonly #paints: Paints;
  #isAfterStep = false;

  constructor(paints: Paints = PLAIN) {
    this.#paints = paints;
  }

  linesOf(part: string | Step): string[] {
    const isFirstComment = typeof part === 'string' && this.#isAfterStep;
    this.#isAfterStep = typeof part !== 'string';
    if (typeof part !== 'string') return [...this.#heading(part), ...this.#row(part)];
    const lines = wrapped(part.split(' '), WIDTH - 2).map((line) => this.#paints.comment(`# ${line}`.trimEnd()));
    return isFirstComment ? ['', ...lines] : lines;
  }

  #heading({ opened, modes }: Step): string[] {
    if (opened === undefined) return [];
    const line = `${''.padEnd(STEP_WIDTH)}${modes.map(({ name }) => name.padEnd(CELL_WIDTH)).join('')}`.trimEnd();
    return [...wrapped(opened.split(' '), WIDTH), this.#paints.heading(line)];
  }

  #row(step: Step): string[] {
    const { event, silent, error } = this.#paints;
    const label = wrapped(labelOf(step).split(' '), STEP_WIDTH - 3);
    const columns: Array<ReadonlyArray<readonly [text: string, paint: Paint]>> = [
      label.map((line, index) => [index > 0 ? `  ${line}` : line, plain]),
      ...step.cells.map((cell): Array<readonly [string, Paint]> => {
        const refused: Array<readonly [string, Paint]> = cell.error === undefined ? [] : [[cell.error, error]];
        if (cell.bits.length === 0) return [...refused, [silenceOf(cell), silent]];
        return [...refused, ...cell.bits.map((bit) => [bit, event] as const)];
      }),
    ];
    const height = Math.max(...columns.map((column) => column.length));
    return Array.from({ length: height }, (_, line) => {
      const cells = columns.map((column, index) => {
        const [text, paint] = column[line] ?? ['', plain];
        const padding = (index === 0 ? STEP_WIDTH : CELL_WIDTH) - text.length;
        return `${text === '' ? '' : paint(text)}${' '.repeat(Math.max(0, padding))}`;
      });
      return cells.join('').trimEnd();
    });
  }
}

/** The command, what the system answered, and what waits. */
export function labelOf({ command, result, state }: Step): string {
  return `${command.text}${result === '' ? '' : ` → ${result}`}${state === '' ? '' : ` (${state})`}`;
}

/** What each poller said, in one line: `LEVEL READABLE+HANGUP, ONESHOT · disarmed`. */
export function seenIn({ modes, cells }: Step): string {
  return cells
    .map((cell, index) => {
      const said = [...(cell.error === undefined ? [] : [cell.error]), ...cell.bits];
      return `${modes[index]!.name} ${said.length > 0 ? said.join('+') : silenceOf(cell)}`;
    })
    .join(', ');
}

/** What is shown where a poller reported nothing. */
export function silenceOf({ silence }: Cell): string {
  return silence === undefined ? '·' : `· ${silence}`;
}

/** Lines of at most `columns` characters, unless one word is longer. */
export function wrapped(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
