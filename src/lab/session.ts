import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { didYouMean } from '../did-you-mean.js';
import { messageOf } from '../errors.js';
import { RUNTIME } from '../runtime.js';
import { type Command, FORMS, LabError, NAMES, parse, printable, usageOf, wordsAfter } from './commands.js';
import { Experiment, type Step } from './experiment.js';
import { LESSONS, lessonNamed, listOfLessons } from './lessons.js';
import { type Line, linesOf } from './script.js';
import { svgOf } from './svg.js';
import { type Paints, seenIn, TextTimeline, wrapped } from './text.js';

/** The commands of a session that no script has. */
const OWN = {
  help: ['[COMMAND]', 'this list, or one command'],
  undo: ['', 'takes back the last command: all others are performed again'],
  history: ['', 'the commands so far: a script'],
  show: ['', 'the timeline so far'],
  save: ['FILE', 'the timeline as FILE.svg or FILE.txt, the script as FILE.lab'],
  lessons: ['', 'the lessons'],
  lesson: ['NAME', 'begins a lesson; Enter performs its next command'],
  quit: ['', 'ends the session, as Ctrl-D does'],
} as const;
type OwnName = keyof typeof OWN;
const OWN_NAMES = Object.keys(OWN) as OwnName[];

const USAGE_WIDTH = 28;
const WIDTH = 80;

interface Entry {
  /** A comment has a text, and is no command. */
  readonly text: string;
  readonly command: Command | undefined;
  /** The command came from a lesson: `undo` puts it back there. */
  readonly isOfLesson?: boolean;
  readonly step: Step | undefined;
}

export interface SessionOptions {
  /** Gets each line that is to be shown. */
  readonly tell: (line: string) => void;
  readonly paints: Paints;
  /** Where the script is written after each command. */
  readonly record?: string | undefined;
}

/** A dialogue: takes lines, and tells what came of them. */
export class Session {
  readonly #tell: (line: string) => void;
  readonly #paints: Paints;
  readonly #record: string | undefined;
  #experiment = new Experiment();
  #timeline: TextTimeline;
  #entries: Entry[] = [];
  /** What is left of the lesson. */
  #lesson: Line[] = [];

  constructor({ tell, paints, record }: SessionOptions) {
    this.#tell = tell;
    this.#paints = paints;
    this.#record = record;
    this.#timeline = new TextTimeline(paints);
    if (record !== undefined) this.#write(record, this.script);
  }

  /** The commands so far as a script, each with what was seen. */
  get script(): string {
    const { version } = require('../../package.json') as { version: string };
    const lines = this.#entries.map(({ text, step }) =>
      step === undefined ? text : `${text.padEnd(20)} # ${seenIn(step)}`,
    );
    return [`# pollux ${version}, ${RUNTIME}, ${process.platform} ${release()} ${process.arch}`, ...lines, ''].join(
      '\n',
    );
  }

  /** What an empty line does now; undefined: nothing. */
  get next(): string | undefined {
    const commands = this.#lesson.flatMap((line) => ('comment' in line ? [] : [line.command]));
    return commands.find(({ name }) => name !== 'title' && name !== 'modes')?.text;
  }

  /** Takes one line. Resolves with false where it ends the session. */
  async enter(typed: string): Promise<boolean> {
    const line = printable(typed);
    try {
      const [name = '', ...words] = line.trim().split(/\s+/);
      if (name === 'quit' || name === 'exit') return false;
      if (name === '') await this.#goOn();
      else if (name.startsWith('#')) this.#keep({ text: line.trim(), command: undefined, step: undefined });
      else if (OWN_NAMES.includes(name as OwnName)) await this.#perform(name as OwnName, words);
      else await this.#try(parse(line, OWN_NAMES));
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      for (const part of wrapped(error.message.split(' '), WIDTH)) this.#tell(this.#paints.error(part));
    }
    return true;
  }

  async end(): Promise<void> {
    await this.#experiment.end();
  }

  /** Begins a lesson: performs its `title`, and tells what comes before the next command. */
  async begin(name: string): Promise<void> {
    const { title, script } = lessonNamed(name);
    this.#tell(this.#paints.heading(title));
    this.#lesson = linesOf(script, name);
    const first = this.#lesson.shift();
    if (first !== undefined && 'command' in first) await this.#try(first.command, true);
    this.#tellComments();
  }

  /** The words that can end `line`, and the part of the line that they replace. */
  complete(line: string): [string[], string] {
    const words = line.trimStart().split(/\s+/);
    const last = words.at(-1)!;
    const candidates = words.length === 1 ? [...NAMES, ...OWN_NAMES] : candidatesAfter(words[0]!.toLowerCase());
    return [
      candidates.filter((word) => word.toLowerCase().startsWith(last.toLowerCase())).map((word) => `${word} `),
      last,
    ];
  }

  /** Performs a command. Resolves with whether there was something to show. */
  async #try(command: Command | undefined, isOfLesson = false): Promise<boolean> {
    if (command === undefined) return false;
    const step = await this.#experiment.perform(command);
    if (step !== undefined) this.#show(step);
    else if (command.name === 'modes' && !isOfLesson) this.#tell('The next "open" has these columns.');
    this.#keep({ text: command.text, command, step, isOfLesson });
    return step !== undefined;
  }

  #keep(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#record !== undefined) this.#write(this.#record, this.script);
  }

  /** Performs the next command of the lesson, and those before it that show nothing. */
  async #goOn(): Promise<void> {
    let isShown = false;
    while (!isShown && this.#lesson.length > 0) {
      const line = this.#lesson.shift()!;
      if ('comment' in line) this.#show(line.comment);
      else isShown = await this.#try(line.command, true);
    }
    this.#tellComments();
  }

  #tellComments(): void {
    for (let line = this.#lesson[0]; line !== undefined && 'comment' in line; line = this.#lesson[0]) {
      this.#show(line.comment);
      this.#lesson.shift();
    }
  }

  async #perform(name: OwnName, words: readonly string[]): Promise<void> {
    const [word] = words;
    const most = OWN[name][0] === '' ? 0 : 1;
    if (words.length > most) throw new LabError(`"${name}" takes no "${words[most]}"`);
    if (name === 'help') this.#help(word);
    else if (name === 'undo') await this.#undo();
    else if (name === 'history') for (const { text } of this.#entries) this.#tell(text);
    else if (name === 'show') this.#showAll();
    else if (name === 'save') this.#save(word);
    else if (name === 'lessons') for (const line of listOfLessons()) this.#tell(line);
    else if (word === undefined)
      throw new LabError(`"lesson" needs a name: ${LESSONS.map((each) => each.name).join(', ')}`);
    else await this.begin(word);
  }

  async #undo(): Promise<void> {
    const taken = this.#entries.at(-1);
    if (taken === undefined) throw new LabError('there is nothing to take back');
    await this.#experiment.end();
    this.#experiment = new Experiment();
    const before = this.#entries.slice(0, -1);
    // Where a command fails this time, what precedes it stays.
    this.#entries = [];
    for (const { command, ...entry } of before)
      this.#entries.push({ ...entry, command, step: command && (await this.#experiment.perform(command)) });
    if (taken.isOfLesson && taken.command !== undefined) this.#lesson.unshift({ at: 0, command: taken.command });
    this.#tell(`taken back: ${taken.text}`);
    const last = this.#entries.at(-1)?.step;
    if (last !== undefined) this.#show(last);
    if (this.#record !== undefined) this.#write(this.#record, this.script);
  }

  #help(word: string | undefined): void {
    const forms: ReadonlyArray<readonly [usage: string, help: string]> = [
      ...NAMES.map((name) => [usageOf(name), FORMS[name].help] as const),
      ...OWN_NAMES.map((name) => [`${name} ${OWN[name][0]}`.trim(), OWN[name][1]] as const),
    ];
    const shown = word === undefined ? forms : forms.filter(([usage]) => usage.split(' ')[0] === word.toLowerCase());
    if (shown.length === 0)
      throw new LabError(`there is no command "${word}"${didYouMean(word!, [...NAMES, ...OWN_NAMES])}`);
    for (const [usage, help] of shown)
      for (const [index, line] of wrapped(help.split(' '), WIDTH - USAGE_WIDTH).entries())
        this.#tell(`${(index === 0 ? usage : '').padEnd(USAGE_WIDTH)}${line}`);
    if (word === undefined) this.#tell('END is fd, peer or dup. Tab completes a word, Enter goes on with a lesson.');
  }

  #showAll(): void {
    this.#timeline = new TextTimeline(this.#paints);
    for (const { step } of this.#entries) if (step !== undefined) this.#show(step);
  }

  #save(file: string | undefined): void {
    if (file === undefined) throw new LabError('"save" needs a file: save FILE.svg, FILE.txt or FILE.lab');
    const parts = this.#entries.flatMap(({ step }) => (step === undefined ? [] : [step]));
    const timeline = new TextTimeline();
    if (file.endsWith('.svg')) this.#write(file, svgOf({ title: this.#experiment.title, parts }));
    else if (file.endsWith('.txt'))
      this.#write(file, `${parts.flatMap((part) => timeline.linesOf(part)).join('\n')}\n`);
    else if (file.endsWith('.lab')) this.#write(file, this.script);
    else throw new LabError(`"save" needs a name that ends in .svg, .txt or .lab, not "${file}"`);
    this.#tell(`written: ${file}`);
  }

  #show(part: string | Step): void {
    for (const line of this.#timeline.linesOf(part)) this.#tell(line);
  }

  #write(file: string, text: string): void {
    try {
      writeFileSync(file, text);
    } catch (error) {
      throw new LabError(`${file} cannot be written: ${messageOf(error)}`);
    }
  }
}

function candidatesAfter(name: string): readonly string[] {
  if (name === 'help') return [...NAMES, ...OWN_NAMES];
  if (name === 'lesson') return LESSONS.map((lesson) => lesson.name);
  const command = NAMES.find((known) => known === name);
  return command === undefined ? [] : wordsAfter(command);
}
