import type { FaultKind } from '../kit/setup.js';

const FAULTS: Readonly<Record<FaultKind, string>> = {
  crash: 'fault of the driver: it ends',
  hang: 'fault of the driver: it does not answer',
  nonsense: 'fault of the driver: it answers nonsense',
  leak: 'fault of the driver: it leaves descriptors open',
};

/** What a reason says, whatever the clause and the numbers are; the first pattern that matches counts. */
const PATTERNS: ReadonlyArray<readonly [RegExp, (...parts: string[]) => string]> = [
  [/does not return from a wait|\bstopped after \d+ ms/, () => 'a call does not return'],
  [/the process that ran it was ended by (\w+)/, (signal) => `the process is ended by ${signal}`],
  [/the process that ran it ended with status/, () => 'the process ends'],
  [/left over: descriptor/, () => 'descriptors are left open'],
  [/(?:iterated )?events: expected (\[[^]*\]), got (\[[^]*\])$/, differenceOfEvents],
  [/expected an error, nothing was thrown/, () => 'a call succeeds that should fail'],
  [/expected (?:\w*Error )?(E[A-Z_]+)\b[^,]*, got (?:\w*Error )?undefined\b/, () => 'an error has no code'],
  [
    /expected (?:\w*Error )?(E[A-Z_]+)\b[^,]*, got (?:\w*Error )?([A-Z]\w+)/,
    (code, got) => `an error is ${got}, and not ${code}`,
  ],
  [/ended after [\d.]+ ms/, () => 'a wait ends early'],
  [/ms of processor time/, () => 'a wait spins'],
  [/woken/, () => 'a wake is lost, or seen more than once'],
  [/in another thread: /, () => 'a call fails in another thread'],
  [/^(?:[^:]*: )?(E[A-Z]+|\w+Error): /, (code) => `a call fails with ${code}`],
];

/** Why clauses with `reason` and `fault` have failed, in words that are the same for all failures of one cause. */
export function causeOf(reason: string, fault?: FaultKind): string {
  if (fault !== undefined) return FAULTS[fault];
  for (const [pattern, words] of PATTERNS) {
    const match = pattern.exec(reason);
    if (match !== null) return words(...match.slice(1).map((part) => part ?? ''));
  }
  const [line] = reason.split('\n');
  return line!.replace(/\d+(\.\d+)?/g, 'N');
}

/** How the events that came differ from those that were expected: both are lists of `'19 READABLE'`. */
function differenceOfEvents(expected: string, got: string): string {
  const [wanted, seen] = [eventsOf(expected), eventsOf(got)];
  const missing = new Set<string>();
  const extra = new Set<string>();
  for (const [fd, bits] of wanted) {
    if (!seen.has(fd)) return `an event is missing: ${shown(bits)}`;
    for (const bit of bits) if (!seen.get(fd)!.includes(bit)) missing.add(bit);
  }
  for (const [fd, bits] of seen) {
    if (!wanted.has(fd)) return `an event comes that should not: ${shown(bits)}`;
    for (const bit of bits) if (!wanted.get(fd)!.includes(bit)) extra.add(bit);
  }
  const parts = [
    ...(missing.size > 0 ? [`without ${[...missing].join('|')}`] : []),
    ...(extra.size > 0 ? [`with ${[...extra].join('|')}`] : []),
  ];
  return parts.length > 0 ? `an event comes ${parts.join(' and ')}` : 'an event has the wrong data';
}

function shown(bits: readonly string[]): string {
  return bits.length === 0 ? 'without a bit' : bits.join('|');
}

function eventsOf(list: string): Map<string, string[]> {
  const items = [...list.matchAll(/['"](\d+) ([A-Z_|]+|0)\b/g)];
  return new Map(items.map(([, fd, bits]) => [fd!, bits! === '0' ? [] : bits!.split('|')]));
}
