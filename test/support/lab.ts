// The rooms of the command `pollux lab`, which the package does not export.
import { backends } from 'pollux';
import type * as commandsModule from '../../src/lab/commands.js';
import type { Step } from '../../src/lab/experiment.js';
import type * as lessonsModule from '../../src/lab/lessons.js';
import type * as scriptModule from '../../src/lab/script.js';
import type * as sessionModule from '../../src/lab/session.js';
import type * as svgModule from '../../src/lab/svg.js';
import type * as textModule from '../../src/lab/text.js';
import type * as threadsModule from '../../src/lab/threads.js';
import { moduleOfPackage } from './paths.js';

export type { Command } from '../../src/lab/commands.js';
export type { Step } from '../../src/lab/experiment.js';

export const { FORMS, NAMES, parse, wordsAfter } = load('commands') as typeof commandsModule;
export const { LESSONS, lessonNamed } = load('lessons') as typeof lessonsModule;
export const { linesOf, runScript } = load('script') as typeof scriptModule;
export const { Session } = load('session') as typeof sessionModule;
export const { svgOf } = load('svg') as typeof svgModule;
export const { PLAIN, TextTimeline } = load('text') as typeof textModule;
export const { endThreads } = load('threads') as typeof threadsModule;

/** Why the events of an edge registration are not the same here; undefined on epoll. */
export const EXTRA_EDGES =
  backends()[0] === 'epoll' ? undefined : 'kqueue adds an edge where something happened to the file, such as a read';

const LETTERS: Readonly<Record<string, string>> = {
  READABLE: 'R',
  WRITABLE: 'W',
  PRIORITY: 'P',
  READ_CLOSED: 'C',
  HANGUP: 'H',
  ERROR: 'E',
};

/** A step in short: `read 1 → WOULD_BLOCK | R · ·`; an event is the first letters of its bits, C is READ_CLOSED. */
export function inShort({ command, result, cells }: Step): string {
  const said = cells.map(
    ({ bits, error, silence }) =>
      `${error === undefined ? '' : `${error} `}${bits.map((bit) => LETTERS[bit]).join('') || (silence ?? '·')}`,
  );
  return `${command.text}${result === '' ? '' : ` → ${result}`} | ${said.join(' ')}`;
}

/** The steps of a script, in short. */
export async function stepsOf(...lines: string[]): Promise<string[]> {
  const { parts } = await runScript(lines.join('\n'), 'script');
  await endThreads();
  return parts.filter((part): part is Step => typeof part !== 'string').map(inShort);
}

function load(name: string): unknown {
  return require(moduleOfPackage(`lab/${name}.js`));
}
