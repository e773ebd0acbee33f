import { didYouMean } from '../did-you-mean.js';
import { EDGE, EXCLUSIVE, LEVEL, ONESHOT, PRIORITY, READABLE, READ_CLOSED, WRITABLE } from '../interest.js';

/** A line that the lab does not understand, or a command that cannot be performed now. The message says why. */
export class LabError extends Error {}

/** The kinds of descriptors that `open` makes. */
export const KINDS = ['pipe', 'fifo', 'socketpair', 'tcp', 'pty', 'listener'] as const;
export type LabKind = (typeof KINDS)[number];

/** The descriptors of an experiment: the one that is watched, its other end, a duplicate of the first. */
export const ENDS = ['fd', 'peer', 'dup'] as const;
export type End = (typeof ENDS)[number];

export interface LabMode {
  readonly name: string;
  readonly mode: number;
}

export const LAB_MODES: readonly LabMode[] = [
  { name: 'LEVEL', mode: LEVEL },
  { name: 'EDGE', mode: EDGE },
  { name: 'ONESHOT', mode: ONESHOT },
  { name: 'EDGE|ONESHOT', mode: EDGE | ONESHOT },
  { name: 'EXCLUSIVE', mode: EXCLUSIVE },
];

const INTERESTS: Readonly<Record<string, number>> = { READABLE, WRITABLE, PRIORITY, READ_CLOSED, nothing: 0 };
/** A picture has no more columns than fit beside each other. */
const MOST_MODES = 4;
export const MOST_BYTES = 65536;

/** What a word after the name of a command can be. */
type Slot = 'bytes' | 'end' | 'kind' | 'side' | 'direction' | 'interest' | 'modes';

const WORDS: Readonly<Record<Slot, readonly string[]>> = {
  bytes: [],
  end: ENDS,
  kind: KINDS,
  side: ['reader', 'writer'],
  direction: ['read', 'write', 'both'],
  interest: Object.keys(INTERESTS),
  modes: LAB_MODES.map(({ name }) => name),
};

interface Form {
  /** The arguments as the help shows them. */
  readonly shown: string;
  readonly help: string;
  readonly slots: readonly Slot[];
  readonly needs?: Slot;
}

/** The commands of a script. */
export const FORMS = {
  open: {
    shown: 'KIND [writer]',
    help: 'pipe, fifo, socketpair, tcp, pty, listener; "fd" is watched',
    slots: ['kind', 'side'],
    needs: 'kind',
  },
  watch: {
    shown: 'INTEREST...',
    help: 'READABLE, WRITABLE, PRIORITY, READ_CLOSED, or nothing: a pause',
    slots: ['interest'],
    needs: 'interest',
  },
  modes: {
    shown: 'MODE...',
    help: 'the columns of the next "open": LEVEL, EDGE, ONESHOT, EDGE|ONESHOT, EXCLUSIVE',
    slots: ['modes'],
    needs: 'modes',
  },
  write: { shown: '[N] [END]', help: 'writes N bytes, 1 without N: the peer, for fd to read', slots: ['bytes', 'end'] },
  read: { shown: '[N] [END]', help: 'reads at most N bytes', slots: ['bytes', 'end'] },
  fill: { shown: '[END]', help: 'writes until WOULD_BLOCK', slots: ['end'] },
  drain: { shown: '[END]', help: 'reads until WOULD_BLOCK or the end', slots: ['end'] },
  wait: { shown: '', help: 'does nothing: each poller is asked once more', slots: [] },
  rearm: { shown: '', help: 'modify() with the same interest and mode', slots: [] },
  shutdown: {
    shown: '[DIRECTION] [END]',
    help: 'read, write (default) or both; the peer',
    slots: ['direction', 'end'],
  },
  close: { shown: '[END]', help: 'closes the peer, or the END that is named', slots: ['end'] },
  reset: { shown: '[END]', help: 'closes a TCP connection with a reset', slots: ['end'] },
  connect: { shown: '', help: 'a peer connects to the listener', slots: [] },
  accept: { shown: '', help: 'accepts one connection of the listener', slots: [] },
  dup: { shown: '', help: 'duplicates fd: "dup" is the same open file', slots: [] },
  remove: { shown: '', help: 'ends the registrations of fd', slots: [] },
  add: { shown: '', help: 'registers fd again', slots: [] },
  block: { shown: '', help: 'during the next command each poller waits in a thread', slots: [] },
  title: { shown: 'TEXT', help: 'the title of the picture', slots: [] },
} as const satisfies Record<string, Form>;

export type CommandName = keyof typeof FORMS;
export const NAMES = Object.keys(FORMS) as readonly CommandName[];

export interface Command {
  readonly name: CommandName;
  /** The line, in the spelling of the help. */
  readonly text: string;
  readonly bytes: number;
  readonly end: End | undefined;
  readonly kind: LabKind | undefined;
  readonly isWriter: boolean;
  readonly direction: 'read' | 'write' | 'both';
  readonly interest: number;
  readonly modes: readonly LabMode[];
}

/** `text` without what neither a terminal nor a picture may be given: control characters, but for tab and newline. */
export function printable(text: string): string {
  return text.replace(/[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
}

/**
 * The command in `line`; undefined where it holds a comment or nothing. Throws a LabError. A misspelt name may also be
 * meant to be one of `others`.
 */
export function parse(line: string, others: readonly string[] = []): Command | undefined {
  const [first, ...rest] = line
    .replace(/(^|\s)#.*/, '')
    .trim()
    .split(/\s+/);
  if (first === undefined || first === '') return undefined;
  const name = NAMES.find((known) => known === first.toLowerCase());
  if (name === undefined) throw new LabError(`unknown command "${first}"${didYouMean(first, [...NAMES, ...others])}`);
  if (name === 'title') return { ...NOTHING, name, text: ['title', ...rest].join(' ') };
  const form: Form = FORMS[name];
  const given = new Map<Slot, string[]>();
  for (const word of rest.flatMap((each) => partsOf(each, form))) {
    const [slot, known] = slotOf(word, name, form);
    const words = given.get(slot) ?? [];
    if (words.length > 0 && slot !== 'interest' && slot !== 'modes')
      throw new LabError(`"${name}" takes no second word such as "${word}": ${usageOf(name)}`);
    given.set(slot, [...words, known]);
  }
  if (form.needs !== undefined && !given.has(form.needs)) throw new LabError(`"${name}" needs more: ${usageOf(name)}`);
  const modes = (given.get('modes') ?? []).map((word) => LAB_MODES.find((mode) => mode.name === word)!);
  if (modes.length > MOST_MODES) throw new LabError(`"modes" takes at most ${MOST_MODES} modes, not ${modes.length}`);
  const interests = given.get('interest') ?? [];
  if (interests.includes('nothing') && interests.length > 1)
    throw new LabError('"watch nothing" takes no other interest');
  return {
    name,
    text: [name, ...[...given.values()].flat()].join(' '),
    bytes: Number(given.get('bytes')?.[0] ?? 1),
    end: given.get('end')?.[0] as End | undefined,
    kind: given.get('kind')?.[0] as LabKind | undefined,
    isWriter: given.get('side')?.[0] === 'writer',
    direction: (given.get('direction')?.[0] ?? 'write') as Command['direction'],
    interest: interests.reduce((bits, word) => bits | INTERESTS[word]!, 0),
    modes,
  };
}

const NOTHING = {
  bytes: 1,
  end: undefined,
  kind: undefined,
  isWriter: false,
  direction: 'write',
  interest: 0,
  modes: [],
} as const;

/** `name ARGUMENTS`, as the help shows it. */
export function usageOf(name: CommandName): string {
  return `${name} ${FORMS[name].shown}`.trim();
}

/** The words that can follow the name of a command. */
export function wordsAfter(name: CommandName): string[] {
  return FORMS[name].slots.flatMap((slot) => WORDS[slot]);
}

/** `READABLE|WRITABLE` is two interests, and `EDGE|ONESHOT` one mode. */
function partsOf(word: string, form: Form): string[] {
  return form.slots.includes('interest') ? word.split(/[|,]/).filter((part) => part !== '') : [word];
}

/** What `word` is to the command, and its usual spelling. */
function slotOf(word: string, name: CommandName, form: Form): readonly [Slot, string] {
  if (/^[-+\d]/.test(word) && form.slots.includes('bytes')) {
    if (/^\d+$/.test(word) && Number(word) >= 1 && Number(word) <= MOST_BYTES) return ['bytes', String(Number(word))];
    throw new LabError(`"${name}" takes 1 … ${MOST_BYTES} bytes, not "${word}"`);
  }
  for (const slot of form.slots) {
    const known = WORDS[slot].find((each) => each.toLowerCase() === word.toLowerCase());
    if (known !== undefined) return [slot, known];
  }
  const meant = didYouMean(word, wordsAfter(name));
  if (form.slots.length === 0) throw new LabError(`"${name}" takes no words, and was given "${word}"`);
  throw new LabError(`"${name}" does not know "${word}"${meant || `: ${usageOf(name)}, ${FORMS[name].help}`}`);
}
